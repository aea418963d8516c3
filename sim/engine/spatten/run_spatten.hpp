// Runs a workload on a SpAtten engine: docs/units/engine/spatten.md.
#pragma once

#include <cstdint>
#include <optional>

#include "models/engine/run/run_point.hpp"
#include "sim/memory/gather_fetcher.hpp"

namespace weft::sim::engine::spatten {

// For tests: who is told of every access to memory, before it goes out; and links that are late.
struct Watch {
  memory::GatherFetcher::Notice on_access = nullptr;
  void* context = nullptr;
  std::optional<std::uint64_t> late_links{};  // seed
};
void run_watched(const weft::engine::Design& design, const workload::Workload& workload,
                 const weft::engine::RunOptions& options, weft::engine::Result& result,
                 const Watch& watch);

// An AssembledRunner.
void run(const weft::engine::Design& design, const workload::Workload& workload,
         const weft::engine::RunOptions& options, weft::engine::Result& result);

}  // namespace weft::sim::engine::spatten
