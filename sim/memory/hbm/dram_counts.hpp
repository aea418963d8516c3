// What a channel of DRAM counts, and why what waited did not go.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace weft::sim::memory {

// Why nothing went in a tick.
enum class DramWait : std::uint8_t {
  nothing,     // nothing waits: what is under way is all that was asked for
  bank,        // a bank's own times: tRCD, tRP, tRAS, tRC, tWR
  bank_group,  // tCCDL, tRRDL, tWTRL
  data_bus,    // accesses of a pseudo-channel one behind the other: tCCDS, tCCDR
  turnaround,  // from reads to writes or back
  activates,   // tRRD, tFAW
  row_bus,     // a command on it
  refresh      // a refresh waits or is under way
};
constexpr std::size_t kDramWaits = 8;
// Words for the one that held a stream up most.
constexpr std::array<std::string_view, kDramWaits> kDramWaitNames{
    "outstanding requests", "bank",          "bank group", "data bus",
    "turnaround",           "tFAW and tRRD", "row bus",    "refresh"};

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
  std::uint64_t urgent = 0;            // accesses out of patience
  std::uint64_t row_bus_ticks = 0;     // taken by commands
  std::uint64_t read_queue_ticks = 0;  // sums over ticks of what waits
  std::uint64_t write_queue_ticks = 0;
  std::array<std::uint64_t, kDramWaits> wait_ticks{};  // in which no command went, by what waited
  std::uint64_t busy_ticks = 0;      // in which an access waits, or a command goes
  std::uint64_t refused_offers = 0;  // that found their queue full; made again, they count again

  void add(const DramCounts& other);
};

}  // namespace weft::sim::memory
