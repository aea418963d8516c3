// What a channel of DRAM counts.
#pragma once

#include <array>
#include <cstdint>

#include "models/memory/dram_part.hpp"
#include "models/memory/dram_use.hpp"

namespace weft::sim::memory {

using weft::memory::DramWait;
using weft::memory::kDramWaits;

struct DramCounts {
  std::uint64_t reads = 0, writes = 0;  // column commands
  std::uint64_t hits = 0;               // accesses that found their row open
  std::uint64_t misses = 0;             // their bank closed
  std::uint64_t conflicts = 0;          // another row open
  std::uint64_t forwarded_reads = 0;    // answered by a write that waited
  std::uint64_t absorbed_writes = 0;    // replaced one that waited
  std::uint64_t activates = 0;
  std::uint64_t precharges = 0;        // commands, of one bank or all
  std::uint64_t auto_precharges = 0;   // with an access
  std::uint64_t refreshes = 0;         // commands, of all banks of a pseudo-channel or of one
  std::uint64_t turnarounds = 0;       // of a pseudo-channel's data pins
  std::uint64_t clock_starts = 0;      // of the data clock, each by a command
  std::uint64_t urgent = 0;            // accesses out of patience
  std::uint64_t row_bus_ticks = 0;     // taken by commands
  std::uint64_t read_queue_ticks = 0;  // sums over ticks of what waits
  std::uint64_t write_queue_ticks = 0;
  std::array<std::uint64_t, kDramWaits> wait_ticks{};  // in which no command went, by what waited
  std::uint64_t busy_ticks = 0;  // in which an access waits, or a command goes
  std::uint64_t refused = 0;     // accesses that found their queue full, however often

  void add(const DramCounts& other);
  // By so many periods more, of which one made it from `before` what it is.
  void grow(const DramCounts& before, std::uint64_t periods);
};

// Of channels of a part that had so many ticks together.
weft::memory::DramUse use_of(const DramCounts& counts, const weft::memory::DramPart& part,
                             double ticks);

}  // namespace weft::sim::memory
