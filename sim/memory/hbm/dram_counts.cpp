#include "sim/memory/hbm/dram_counts.hpp"

namespace weft::sim::memory {

void DramCounts::add(const DramCounts& o) {
  reads += o.reads;
  writes += o.writes;
  hits += o.hits;
  misses += o.misses;
  conflicts += o.conflicts;
  forwarded_reads += o.forwarded_reads;
  absorbed_writes += o.absorbed_writes;
  activates += o.activates;
  precharges += o.precharges;
  auto_precharges += o.auto_precharges;
  refreshes += o.refreshes;
  turnarounds += o.turnarounds;
  urgent += o.urgent;
  row_bus_ticks += o.row_bus_ticks;
  read_queue_ticks += o.read_queue_ticks;
  write_queue_ticks += o.write_queue_ticks;
  for (std::size_t i = 0; i < kDramWaits; ++i) wait_ticks[i] += o.wait_ticks[i];
  busy_ticks += o.busy_ticks;
  refused_offers += o.refused_offers;
}

}  // namespace weft::sim::memory
