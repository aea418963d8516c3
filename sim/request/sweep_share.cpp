#include "sim/request/sweep_share.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "models/engine/run/run_point.hpp"
#include "sim/request/row_maker.hpp"

namespace weft::request {

using sweep::Row;

std::vector<std::uint64_t> pending_points(const SweepPoints& points, const sweep::Store& store,
                                          SweepCounts* counts) {
  const sweep::Store::Statuses known = store.statuses();
  RowMaker maker(points, &known);
  std::vector<std::uint64_t> left;
  for (std::uint64_t i = 0; i < points.grid().size(); ++i) {
    if (maker.begin(i)) left.push_back(i);
  }
  if (counts != nullptr) *counts = maker.counts();
  return left;
}

std::vector<sweep::Key> keys_of(const SweepPoints& points) {
  RowMaker maker(points, nullptr);
  std::vector<sweep::Key> keys;
  for (std::uint64_t i = 0; i < points.grid().size(); ++i) {
    if (maker.begin(i)) keys.push_back(maker.key());
  }
  return keys;
}

std::vector<SharedRow> rows_of(const SweepPoints& points, std::span<const std::uint64_t> which,
                               const std::optional<double>& timeout_s,
                               const std::stop_token& stop) {
  RowMaker maker(points, nullptr);
  std::vector<SharedRow> rows;
  const auto run = [&](std::uint64_t point) {
    check(maker.begin(point), "a point that is left out");
    return sweep::packed(maker.run(stop));
  };
  if (points.is_analytic() && !timeout_s) {
    for (const std::uint64_t point : which) rows.push_back({point, run(point)});
    return rows;
  }
  sim::ProcessPool pool(1, run);
  RowMaker answering(points, nullptr);
  std::size_t given = 0;
  const auto next = [&]() -> std::optional<std::uint64_t> {
    if (given == which.size()) return std::nullopt;
    return which[given++];
  };
  const auto take = [&](std::uint64_t point, const sim::Outcome& outcome) {
    rows.push_back({point, sweep::packed(answering.answered(point, outcome, timeout_s))});
  };
  std::optional<std::chrono::duration<double>> limit;
  if (timeout_s) limit = std::chrono::duration<double>(*timeout_s);
  if (!pool.run(next, take, stop, limit)) throw engine::Cancelled();
  return rows;
}

SweepCounts keep_rows(const SweepPoints& points, sweep::Store& store,
                      std::span<const SharedRow> rows) {
  RowMaker maker(points, nullptr);
  std::vector<Row> kept;
  for (const SharedRow& shared : rows) {
    if (shared.point >= points.grid().size() || !maker.begin(shared.point))
      throw ConfigError(Problem{{}, "worker", std::to_string(shared.point), "is no point of it"});
    Row row = sweep::unpacked(shared.bytes);
    if (row.key != maker.key())
      throw ConfigError(Problem{
          {},
          "worker",
          fmt::format("point {}", shared.point),
          "another configuration than here: workers need the same version of Weft, and the same "
          "files where they run as this sweep names"});
    kept.push_back(maker.named(std::move(row)));
    maker.count(kept.back().status);
  }
  store.add(kept);
  return maker.counts();
}

void keep_failed(const SweepPoints& points, sweep::Store& store, std::uint64_t point,
                 const std::string& reason) {
  RowMaker maker(points, nullptr);
  check(maker.begin(point), "a point that is left out");
  const Row row = maker.unrun(engine::Status::failed, reason);
  store.add({&row, 1});
}

}  // namespace weft::request
