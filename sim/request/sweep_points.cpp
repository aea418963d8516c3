#include "sim/request/sweep_points.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "models/common/fields.hpp"
#include "models/common/sha256.hpp"
#include "models/engine/design/assembled.hpp"
#include "models/engine/run/provenance.hpp"

namespace weft::request {
namespace {

using sweep::Block;
using sweep::Choice;
using sweep::Text;

bool is_setting(std::string_view key) {
  return key.starts_with("arch.") || key.starts_with("binding.");
}

void apply(PointOptions& options, const std::string& key, const std::string& text) {
  if (is_setting(key)) {
    options.sets.push_back(key + "=" + text);
    return;
  }
  set_option(options, key, text);
}

// One of the problems of several points is said once.
class Distinct {
 public:
  explicit Distinct(Problems& into) : into_(into) {}
  // `of`: behind the message, whose first time alone counts.
  void add(Problem problem, const std::string& of = "") {
    const std::string text = problem.text();
    if (std::find(said_.begin(), said_.end(), text) != said_.end()) return;
    said_.push_back(text);
    problem.message += of;
    into_.add(std::move(problem));
  }

 private:
  Problems& into_;
  std::vector<std::string> said_;
};

}  // namespace

SweepPoints::SweepPoints(const sweep::SweepFile& file, const engine::Catalog& catalog,
                         std::string fidelity)
    : file_(file), catalog_(catalog), fidelity_(std::move(fidelity)), grid_(file) {
  Problems problems;
  check_keys(problems);
  load_designs(problems);
  problems.finish();
  check_settings(problems);
  check_points(problems);
  check_fidelity(problems);
  problems.finish();
  if (grid_.count_wanted() == 0)
    throw ConfigError(Problem{file_.conditions.front().written.where, "where",
                              file_.conditions.front().written.text,
                              "no point is left of " + std::to_string(grid_.size())});
}

void SweepPoints::check_keys(Problems& problems) const {
  const std::vector<std::string> known = option_names();
  for (const Block& block : file_.blocks) {
    for (const Text& key : block.keys) {
      if (is_setting(key.text) || std::find(known.begin(), known.end(), key.text) != known.end())
        continue;
      const std::string near = nearest_name(key.text, known);
      problems.add(Problem{key.where, key.text, "",
                           "unknown key; " + (near.empty() ? "" : "did you mean '" + near + "'? ") +
                               "Allowed: the long options of 'weft run' (" + one_of(known) +
                               "), and paths as for --set (arch. …, binding. …)"});
    }
  }
}

void SweepPoints::load_designs(Problems& problems) {
  for (const Text& name : file_.designs) {
    try {
      designs_.push_back(engine::Design::load(catalog_, name.text));
    } catch (const ConfigError& error) {
      for (Problem problem : error.problems()) {
        if (problem.where.file.empty() || problem.where.line == 0) problem.where = name.where;
        if (problem.field.empty()) problem.field = "designs";
        problems.add(std::move(problem));
      }
    }
  }
}

// Each by itself, over every design: what they are together, their points say.
void SweepPoints::check_settings(Problems& problems) const {
  Distinct distinct(problems);
  for (const Block& block : file_.blocks) {
    for (std::size_t c = 0; c < block.keys.size(); ++c) {
      if (!is_setting(block.keys[c].text)) continue;
      for (const auto& row : block.rows) {
        if (!row[c]) continue;
        for (const engine::Design& design : designs_) {
          try {
            static_cast<void>(design.with({{block.keys[c].text, row[c]->text}}));
          } catch (const ConfigError& error) {
            for (Problem problem : error.problems()) {
              if (problem.where.line == 0 || problem.where.file == "--set")
                problem.where = row[c]->where;
              distinct.add(problem, " (design " + design.name() + ")");
            }
          }
        }
      }
    }
  }
}

// Every combination but those of designs and settings.
void SweepPoints::check_points(Problems& problems) {
  Distinct distinct(problems);
  Choice choice;
  std::uint64_t step = 1;  // inner blocks that only set values need not vary
  for (std::size_t b = file_.blocks.size(); b-- > 0;) {
    const Block& block = file_.blocks[b];
    if (!std::all_of(block.keys.begin(), block.keys.end(),
                     [](const Text& key) { return is_setting(key.text); }))
      break;
    step *= block.rows.size();
  }
  const std::uint64_t of_design = grid_.size() / file_.designs.size();
  for (std::uint64_t i = 0; i < of_design; i += step) {
    grid_.choose(i, choice);
    if (!grid_.wanted(choice)) continue;
    try {
      const Point point = resolve(options_of(choice), catalog_, loaded_);
      is_analytic_ = is_analytic_ && point.run.fidelity == engine::Fidelity::analytic;
    } catch (const ConfigError& error) {
      for (const Problem& problem : error.problems()) distinct.add(placed(problem, choice));
      if (problems.full()) return;
    }
  }
}

// Designs of which no point could run. Where the fidelity is varied, their points say it.
void SweepPoints::check_fidelity(Problems& problems) const {
  if (!is_analytic_) return;
  for (std::size_t d = 0; d < designs_.size(); ++d) {
    const engine::Assembled* assembled = designs_[d].assembled();
    if (assembled == nullptr || !engine::is_simulated(assembled->arch.engine)) continue;
    problems.add(Problem{file_.designs[d].where, "designs", file_.designs[d].text,
                         "an assembly of units has no closed form: give the sweep 'fidelity: "
                         "systemc', or leave the design out"});
  }
}

PointOptions SweepPoints::options_of(const Choice& choice) const {
  PointOptions options;
  options.fidelity = file_.fidelity.text;
  if (!file_.workloads.empty()) options.workload = file_.workloads[choice.workload].text;
  for (std::size_t b = 0; b < file_.blocks.size(); ++b) {
    const Block& block = file_.blocks[b];
    const auto& row = block.rows[choice.rows[b]];
    for (std::size_t c = 0; c < block.keys.size(); ++c) {
      if (row[c]) apply(options, block.keys[c].text, row[c]->text);
    }
  }
  if (!fidelity_.empty()) options.fidelity = fidelity_;
  return options;
}

// A problem of an option, at the line where the sweep gives it.
Problem SweepPoints::placed(Problem problem, const Choice& choice) const {
  const bool own = problem.where.line != 0 && problem.where.file != "--set";
  if (own) return problem;  // in a file
  const std::string said = problem.where.file.empty() ? problem.field : problem.where.file;
  const std::string option = said.starts_with("--") ? said.substr(2) : said;
  // "kv_heads" is of the option kv-heads, and the catalog speaks of a cost table.
  std::string extent = problem.field == "cost table" ? "cost" : problem.field;
  std::replace(extent.begin(), extent.end(), '_', '-');
  for (std::size_t b = 0; b < file_.blocks.size(); ++b) {
    const Block& block = file_.blocks[b];
    for (std::size_t c = 0; c < block.keys.size(); ++c) {
      const std::string& key = block.keys[c].text;
      const auto& value = block.rows[choice.rows[b]][c];
      if (value && value->text == problem.where.file) {  // of a file that the sweep names
        if (!problem.field.empty()) problem.message = problem.field + ": " + problem.message;
        return {value->where, key, value->text, problem.message};
      }
      if (!value ||
          (key != option && key != problem.field && key != extent && "no-" + key != option))
        continue;
      problem.where = value->where;
      problem.field = key;
      return problem;
    }
  }
  if (option == "fidelity") {
    problem.where = fidelity_.empty() ? file_.fidelity.where : Location{"--fidelity", 0, 0};
    problem.field = "fidelity";
    return problem;
  }
  const bool named = choice.workload < file_.workloads.size();
  problem.where = named ? file_.workloads[choice.workload].where : Location{file_.file, 0, 0};
  if (problem.field.empty() || problem.field.starts_with("--")) problem.field = "workloads";
  // Of the shape as a whole: the first key of it that is varied says where.
  if (said.ends_with("with the options")) {
    for (std::size_t b = 0; b < file_.blocks.size(); ++b) {
      const auto& value = file_.blocks[b].rows[choice.rows[b]].front();
      if (value && !is_setting(file_.blocks[b].keys.front().text)) {
        problem.where = value->where;
        break;
      }
    }
    problem.message +=
        " (" +
        (named ? "workload " + file_.workloads[choice.workload].text : std::string("a trace")) +
        "; leave such points out with 'where')";
  }
  return problem;
}

void PointMaker::make(const Choice& choice) {
  point_ = resolve(points_->options_of(choice), points_->catalog_, loaded_);
  const engine::Design& base = points_->designs_[choice.design];
  if (point_.settings.empty()) {
    design_ = &base;
    return;
  }
  if (held_ == nullptr || held_base_ != choice.design || held_settings_ != point_.settings) {
    walks_.forget();
    held_.reset();
    design_ = nullptr;
    held_ = std::make_unique<engine::Design>(base.with(point_.settings));
    held_base_ = choice.design;
    held_settings_ = point_.settings;
  }
  design_ = held_.get();
}

engine::RunOptions PointMaker::options() const {
  engine::RunOptions options = point_.run;
  options.trace = point_.trace ? &*point_.trace : nullptr;
  options.walks = design_ == held_.get() ? &walks_ : &base_walks_;
  return options;
}

sweep::Key PointMaker::key() const {
  return sweep::key_of(engine::config_sha256(*design_, point_.workload, options()));
}

const engine::Design& PointMaker::base(const Choice& choice) const {
  return points_->designs_[choice.design];
}

sweep::Key PointMaker::refused_key(const Choice& choice) const {
  std::string text =
      "refused\n" + engine::config_sha256(base(choice), point_.workload, options()) + "\n";
  for (const auto& [path, value] : point_.settings) text += path + "=" + value + "\n";
  return sweep::key_of(sha256_hex(text));
}

}  // namespace weft::request
