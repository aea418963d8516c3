#include "models/engine/analytic/part_memory.hpp"

#include <algorithm>
#include <cmath>

#include "models/common/error.hpp"
#include "models/memory/dram_gaps.hpp"
#include "models/memory/dram_system.hpp"
#include "models/memory/stream.hpp"
#include "models/memory/stream_estimate.hpp"

namespace weft::engine {
namespace {

// Consecutive accesses of a channel: rows and refreshes enough.
constexpr std::int64_t kAccesses = 4096;
// In flight in a channel: so many at least, since what fewer cost is latency; and no more, since
// its queue holds no more.
constexpr double kFewestInFlight = 16, kMostInFlight = 64;
// Of closed pages, and where transfers of several tensors, reads and writes, keep changing rows: of
// the bandwidth of consecutive accesses and the latency of a row in conflict. Measured, not proven
// (docs/units/memory/hbm.md).
constexpr double kSlow = 0.5, kSlowLatency = 3;

memory::StreamEstimate consecutive(const memory::DramSystem& system, const char* pattern,
                                   std::int64_t outstanding) {
  memory::DramControl control = system.control;
  control.page = memory::Page::open;
  const auto stream = memory::make_stream({.pattern = pattern,
                                           .bytes_per_row = memory::kStreamAccess,
                                           .requests = kAccesses,
                                           .seed = 1,
                                           .access_bytes = system.part.organisation.access_bytes});
  const auto estimate =
      memory::estimate_stream(system.part, system.mapping, control, outstanding, stream);
  check(estimate.has_value(), "a stream of one kind on open pages has an estimate");
  return *estimate;
}

// Ticks of a channel for an access: the slower of reads and writes.
double ticks_per_access(const memory::DramSystem& system, double in_flight) {
  const auto outstanding = static_cast<std::int64_t>(in_flight);
  return std::max(consecutive(system, "seq_read", outstanding).ticks_per_access,
                  consecutive(system, "seq_write", outstanding).ticks_per_access);
}

}  // namespace

PartMemory part_memory(const Dram& dram, double clock_hz) {
  check(dram.system != nullptr, "memory without a part is what it says");
  const memory::DramSystem& system = *dram.system;
  const memory::DramGaps gaps = memory::gaps_of(system.part);
  const double access = static_cast<double>(system.part.organisation.access_bytes);
  const double tick_s = system.part.tick_ps() * 1e-12;
  const double cycles_per_tick = tick_s * clock_hz;
  const auto channels = static_cast<double>(system.channels);
  const double in_flight = static_cast<double>(dram.outstanding) *
                           static_cast<double>(dram.burst_bytes) / access / channels;
  const auto stream = [&](double most_in_flight) {
    return channels * access / (ticks_per_access(system, most_in_flight) * tick_s);
  };

  const auto of = [&](double bytes_per_s, double latency_cycles) {
    Dram made = dram;
    made.part.reset();
    made.system = nullptr;
    made.channels.reset();
    made.interleave_bytes.reset();
    made.mapping.reset();
    made.page.reset();
    made.refresh.reset();
    made.scheduler.reset();
    made.bus_bytes.reset();
    made.access_bytes.reset();
    made.latency_s.reset();
    made.bandwidth_bytes_per_s = bytes_per_s;
    made.latency_cycles = std::max<std::int64_t>(1, std::llround(latency_cycles));
    return made;
  };
  // A request is seen in one cycle and offered in its tick; the first access follows it.
  const auto after = [&](double ticks) { return (ticks + 1) * cycles_per_tick + 1; };
  const double hit = after(static_cast<double>(gaps.read_latency));
  const double told = after(consecutive(system, "seq_read", 1).latency);
  const double conflict =
      after(static_cast<double>(gaps.read_latency + gaps.act_rd + gaps.pre_act));
  return {of(system.peak_bytes_per_s(), std::floor(hit)),
          of(stream(std::clamp(in_flight, kFewestInFlight, kMostInFlight)), told),
          of(kSlow * stream(std::clamp(in_flight, 1.0, kMostInFlight)), kSlowLatency * conflict)};
}

}  // namespace weft::engine
