// A sweep run into its store, and read out of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "models/sweep/store.hpp"
#include "sim/common/process_pool.hpp"
#include "sim/request/sweep_points.hpp"

namespace weft::request {

// Points by their status (engine::Status), and those that have none yet.
struct SweepCounts {
  std::uint64_t total = 0;
  std::array<std::uint64_t, 4> by_status{};
  std::uint64_t pending() const;
  void add(engine::Status status) { ++by_status[static_cast<std::size_t>(status)]; }
  std::uint64_t of(engine::Status status) const {
    return by_status[static_cast<std::size_t>(status)];
  }
};

// What of a sweep is in a store.
SweepCounts count_points(const SweepPoints& points, const sweep::Store& store);

struct SweepOptions {
  unsigned jobs = 1;
  std::optional<double> timeout_s;  // of a point
};

// Runs what a store has not: on threads where all points are of the closed form and there is no
// time-out, on processes otherwise.
class SweepRunner {
 public:
  using Progressed = std::function<void(std::uint64_t done, std::uint64_t total)>;

  // Forks the processes, before the caller starts any thread. The points outlive it.
  SweepRunner(const SweepPoints& points, SweepOptions options);

  // Counts what the store has at the end of it: all points, unless `stop` asked for an end before.
  SweepCounts run(sweep::Store& store, const Progressed& progress, const std::stop_token& stop);

 private:
  SweepCounts run_on_processes(sweep::Store& store, const Progressed& progress,
                               const std::stop_token& stop);

  const SweepPoints& points_;
  SweepOptions options_;
  std::optional<sim::ProcessPool> pool_;
};

// Each point that is stored as weft-result/1 on a line, or as CSV with a header, in the order of
// the points. What was not stored is computed again. ConfigError where that gives other cycles.
enum class ExportFormat : std::uint8_t { csv, jsonl };
void export_sweep(const SweepPoints& points, const sweep::Store& store, ExportFormat format,
                  const std::stop_token& stop, const std::function<void(std::string)>& write);

}  // namespace weft::request
