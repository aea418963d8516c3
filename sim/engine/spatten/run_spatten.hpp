// Runs a workload on a SpAtten engine: docs/units/engine/spatten.md.
#pragma once

#include "models/engine/run/run_point.hpp"
#include "sim/memory/gather_fetcher.hpp"

namespace weft::sim::engine::spatten {

// Who is told of every access to memory, before it goes out.
struct Watch {
  memory::GatherFetcher::Notice on_access = nullptr;
  void* context = nullptr;
};
void run_watched(const weft::engine::Design& design, const workload::Workload& workload,
                 const weft::engine::RunOptions& options, weft::engine::Result& result,
                 const Watch& watch);

// An AssembledRunner.
void run(const weft::engine::Design& design, const workload::Workload& workload,
         const weft::engine::RunOptions& options, weft::engine::Result& result);

}  // namespace weft::sim::engine::spatten
