#include "sim/memory/hbm/dram_counts.hpp"

namespace weft::sim::memory {
namespace {

constexpr std::array kCounts{&DramCounts::reads,
                             &DramCounts::writes,
                             &DramCounts::hits,
                             &DramCounts::misses,
                             &DramCounts::conflicts,
                             &DramCounts::forwarded_reads,
                             &DramCounts::absorbed_writes,
                             &DramCounts::activates,
                             &DramCounts::precharges,
                             &DramCounts::auto_precharges,
                             &DramCounts::refreshes,
                             &DramCounts::turnarounds,
                             &DramCounts::clock_starts,
                             &DramCounts::urgent,
                             &DramCounts::row_bus_ticks,
                             &DramCounts::read_queue_ticks,
                             &DramCounts::busy_ticks,
                             &DramCounts::write_queue_ticks,
                             &DramCounts::refused};
static_assert(sizeof(DramCounts) == (kCounts.size() + kDramWaits) * sizeof(std::uint64_t),
              "every count is in the list");

}  // namespace

void DramCounts::add(const DramCounts& o) {
  for (const auto count : kCounts) this->*count += o.*count;
  for (std::size_t i = 0; i < kDramWaits; ++i) wait_ticks[i] += o.wait_ticks[i];
}

void DramCounts::grow(const DramCounts& before, std::uint64_t periods) {
  for (const auto count : kCounts) this->*count += (this->*count - before.*count) * periods;
  for (std::size_t i = 0; i < kDramWaits; ++i)
    wait_ticks[i] += (wait_ticks[i] - before.wait_ticks[i]) * periods;
}

weft::memory::DramUse use_of(const DramCounts& counts, const weft::memory::DramPart& part,
                             double ticks) {
  weft::memory::DramUse use;
  if (ticks <= 0) return use;
  const auto accesses = static_cast<double>(counts.reads + counts.writes);
  const auto clock = static_cast<double>(part.ticks_per_clock());
  use.data_bus = accesses * clock * static_cast<double>(part.clocks.burst) /
                 (ticks * static_cast<double>(part.organisation.pseudochannels));
  use.row_bus = static_cast<double>(counts.row_bus_ticks) / ticks;
  use.column_bus = accesses * clock / ticks;
  use.one_bus = part.commands.shared;
  if (use.one_bus) use.row_bus = use.column_bus += use.row_bus;
  for (std::size_t i = 0; i < kDramWaits; ++i)
    use.waits[i] = static_cast<double>(counts.wait_ticks[i]) / ticks;
  use.queue_full = counts.refused > 0;
  return use;
}

}  // namespace weft::sim::memory
