// A sweep in shares, for whoever has several machines: which points are left, rows of some of them
// in bytes, and rows into the store. Whoever makes rows holds no state, and one alone writes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "models/sweep/store.hpp"
#include "sim/request/sweep_points.hpp"
#include "sim/request/sweep_run.hpp"

namespace weft::request {

// A point by its number among all of the grid, and its row in bytes (sweep::packed).
struct SharedRow {
  std::uint64_t point = 0;
  std::string bytes;
};

// Those that the store has not, in order. `counts` of the others are added where it is given.
std::vector<std::uint64_t> pending_points(const SweepPoints& points, const sweep::Store& store,
                                          SweepCounts* counts = nullptr);

// Keys of all points, in order.
std::vector<sweep::Key> keys_of(const SweepPoints& points);

// Runs points one by one; in a process of its own, forked by this call, where they are simulated or
// have a time-out. Throws engine::Cancelled at `stop`.
std::vector<SharedRow> rows_of(const SweepPoints& points, std::span<const std::uint64_t> which,
                               const std::optional<double>& timeout_s, const std::stop_token& stop);

// Takes rows that others made. ConfigError where a point of theirs is another than the one here:
// their version, or files that it names, differ.
SweepCounts keep_rows(const SweepPoints& points, sweep::Store& store,
                      std::span<const SharedRow> rows);
// A point that nobody could run.
void keep_failed(const SweepPoints& points, sweep::Store& store, std::uint64_t point,
                 const std::string& reason);

}  // namespace weft::request
