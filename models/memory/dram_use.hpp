// How channels of DRAM spent their time, and what bound what they were asked for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft::memory {

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

// Shares of the time of all channels.
struct DramUse {
  double data_bus = 0, row_bus = 0, column_bus = 0;  // busy
  std::array<double, kDramWaits> waits{};  // no command goes, by what the next one waits for
  bool queue_full = false;                 // some found no place in a queue
  bool one_bus = false;                    // row and column bus are one, for all commands
};

// "row bus: busy 90.2 % of the time": what held them up most. A bus that is busy three quarters of
// the time, else what was waited for most, if that is a seventh of the time, else the busiest bus.
std::string bound_words(const DramUse& use);

}  // namespace weft::memory
