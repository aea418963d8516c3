#include "sim/request/row_maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/common/fields.hpp"
#include "models/engine/run/result_json.hpp"
#include "sim/engine/run.hpp"

namespace weft::request {

using engine::Status;
using sweep::Row;

namespace {

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ';');
  return text;
}

}  // namespace

bool RowMaker::begin(std::uint64_t index) {
  points_.grid().choose(index, choice_);
  if (!points_.grid().wanted(choice_)) return false;
  refused_.clear();
  try {
    maker_.make(choice_);
    key_ = maker_.key();
  } catch (const ConfigError& error) {
    refused_ = one_line(error.what());
    key_ = maker_.refused_key(choice_);
  }
  ++counts_.total;
  if (known_ == nullptr) return true;
  const auto found = known_->find(key_);
  if (found == known_->end()) return true;
  counts_.add(found->second);
  return false;
}

Row RowMaker::run(const std::stop_token& stop) {
  if (!refused_.empty()) return unrun(Status::failed, refused_);
  engine::RunOptions options = maker_.options();
  options.stop = stop;
  const engine::Design& design = maker_.design();
  try {
    const engine::Result result = sim::engine::run(design, maker_.point().workload, options);
    // What its settings ask for together cannot be run: a mistake to mend, no constraint.
    if (!result.problems.empty()) return unrun(Status::failed, one_line(result.reason));
    Row row = sweep::row_of(design, result, options.cost);
    // What is told of another's figures, or measured, need not come again.
    if (options.fidelity != engine::Fidelity::analytic || design.assembled() != nullptr)
      row.json = sweep::compressed(
          engine::result_json(engine::report_of(design, maker_.point().workload, options, result),
                              json::Layout::compact));
    return named(std::move(row));
  } catch (const engine::Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    return unrun(Status::failed, one_line(error.what()));
  }
}

Row RowMaker::unrun(Status status, std::string reason) const {
  return named(sweep::row_of(maker_.base(choice_),
                             engine::not_run(maker_.base(choice_), maker_.point().workload.shape(),
                                             maker_.point().run, status, std::move(reason)),
                             nullptr));
}

Row RowMaker::answered(std::uint64_t index, const sim::Outcome& outcome,
                       const std::optional<double>& timeout_s) {
  using Kind = sim::Outcome::Kind;
  check(begin(index), "a point that is left out");
  switch (outcome.kind) {
    case Kind::answered: return named(sweep::unpacked(outcome.text));
    case Kind::timed_out:
      return unrun(Status::timed_out, fmt::format("took longer than the {} s of --timeout",
                                                  config::number_text(timeout_s.value())));
    default: return unrun(Status::failed, one_line(outcome.text));
  }
}

Row RowMaker::named(Row row) const {
  row.key = key_;
  row.design = points_.file().designs[choice_.design].text;
  row.workload = points_.file().workloads.empty() ? maker_.point().workload.name
                                                  : points_.file().workloads[choice_.workload].text;
  if (row.settings.empty()) row.settings = sweep::settings_text(maker_.point().settings);
  return row;
}

}  // namespace weft::request
