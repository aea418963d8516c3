// When the SystemC unit of heads' importance is done with each of some rows, between links of two
// places: what benches of RTL beside it are held to.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/prune/importance.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {

struct NoImportanceStore final : sim::prune::ImportanceStore {
  void add_probabilities(const sim::QueryRow& /*row*/, std::int64_t /*first*/,
                         std::int64_t /*count*/) override {}
  void add_output(const sim::QueryRow& /*row*/) override {}
};

// Row r comes in cycle `cycles[r]` at the soonest; `ready` is whoever hears of the ends. Cycles in
// which that hears.
template <class Rows, class Ready>
std::vector<sim::Cycle> importance_cycles(const Rows& rows, const std::vector<std::int64_t>& cycles,
                                          std::size_t lanes, std::size_t latency_cycles,
                                          Ready ready) {
  NoImportanceStore store;
  sim::Assembly assembly;
  auto& feed = assembly.emplace<sim::test::Feed<sim::RowBeat>>("feed");
  assembly.emplace<sim::prune::Importance>(
      "unit",
      sim::prune::Importance::Config{.of = sim::prune::ImportanceOf::heads,
                                     .parallelism = static_cast<std::int64_t>(lanes),
                                     .latency_cycles = static_cast<std::int64_t>(latency_cycles)},
      &store);
  auto& take = assembly.emplace<sim::test::Take<sim::RowToken>>("take");
  assembly.join("feed", "out", "unit", "in", 2);
  assembly.join("unit", "done", "take", "in", 2);
  for (std::size_t r = 0; r < rows.size(); ++r)
    feed.messages.push_back({cycles[r], {&rows[r]->row, 0, 1, true}});
  take.ready = ready;
  sim::test::run_to_end(assembly);
  std::vector<sim::Cycle> heard;
  for (const auto& taken : take.taken) heard.push_back(taken.first);
  return heard;
}

}  // namespace weft::test
