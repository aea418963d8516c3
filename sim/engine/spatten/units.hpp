// The classes of units that a SpAtten engine's assembly is made of, by their names in its file.
#pragma once

#include <cstdint>

#include "models/engine/architecture/architecture.hpp"
#include "sim/assembly/assembly_file.hpp"
#include "sim/engine/spatten/controller.hpp"
#include "sim/memory/gather_fetcher.hpp"
#include "sim/memory/stall.hpp"

namespace weft::sim::engine::spatten {

// What the units of one run share; outlives them. Units that are one of a kind are noted as they
// are made.
struct Shared {
  const weft::engine::Architecture& arch;
  Program& program;
  const Layout& layout;
  std::int64_t side_by_side = 1;
  Controller::Tensors tensors;
  std::uint64_t seed = 0;
  memory::Stalls stalls{};
  std::int64_t longest = 0;  // keys of a row

  Controller* controller = nullptr;
  memory::GatherFetcher* fetcher = nullptr;
  std::int64_t fetcher_queue = 0;  // accesses of a channel under way, and what its memory takes
  std::int64_t memory_queue = 0;
  std::int64_t comparators = 0;  // of the top-k engine, and places of what compacts behind it
  std::int64_t places = 0;
};

UnitFactories unit_factories(Shared& shared);

}  // namespace weft::sim::engine::spatten
