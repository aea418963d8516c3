#include "sim/memory/hbm/dram_memory.hpp"

#include <algorithm>
#include <cmath>

namespace weft::sim::memory {

using weft::engine::UnitKind;

TickClock::TickClock(double tick_ps, double clock_hz) {
  // Ticks in whole 10⁻¹⁵ s, clocks in whole 10⁻³ Hz.
  ticks_ = static_cast<Wide>(1'000'000'000'000'000) * 1000;
  cycles_ = static_cast<Wide>(std::llround(tick_ps * 1000)) *
            static_cast<Wide>(std::llround(clock_hz * 1000));
  check(cycles_ > 0, "a part and a memory have clocks");
}

Cycle TickClock::tick_at(Cycle cycle) const {
  return static_cast<Cycle>(static_cast<Wide>(cycle) * ticks_ / cycles_);
}

Cycle TickClock::cycle_of(Cycle tick) const {
  return static_cast<Cycle>((static_cast<Wide>(tick) * cycles_ + ticks_ - 1) / ticks_);
}

DramMemory::DramMemory(const Config& config)
    : Memory(
          {{.unit_bytes = static_cast<std::uint64_t>(config.system->part.organisation.access_bytes),
            .most_bytes = static_cast<std::uint64_t>(config.most_bytes)},
           config.ports,
           config.tags}),
      system_(config.system),
      channels_(system_->channels, system_->interleave_bytes),
      clock_(system_->part.tick_ps(), config.clock_hz),
      stalls_(config.stalls),
      queue_(config.queue),
      tags_(config.tags),
      pending_(config.ports * config.queue),
      order_(config.ports),
      requests_(config.ports),
      tag_waits_(config.tags) {
  for (std::int64_t c = 0; c < system_->channels; ++c) {
    lanes_.push_back({DramChannel({system_->part, system_->control}), {}, 0, 0});
    lanes_.back().next = lanes_.back().channel.step(0);
  }
  for (std::size_t slot = pending_.size(); slot-- > 0;)
    free_.push_back(static_cast<std::uint32_t>(slot));
}

const UnitClass& DramMemory::unit_class() const { return *UnitKind::dram_with_state.declared; }

void DramMemory::collect(Lane& lane, Cycle tick) {
  for (const DramChannel::Done& done : lane.channel.done()) {
    Pending& pending = pending_[done.id];
    if (--pending.left == 0) pending.ready = clock_.cycle_of(tick) + pending.stall;
  }
  lane.channel.clear_done();
}

void DramMemory::offer(Lane& lane, Cycle tick) {
  bool any = false;
  while (!lane.waiting.empty() && lane.channel.offer(tick, lane.waiting.front())) {
    lane.writes_waiting -= lane.waiting.front().write ? 1 : 0;
    lane.waiting.pop_front();
    any = true;
  }
  if (!any) return;
  lane.next = tick + 1;
  collect(lane, tick);  // writes that were absorbed
}

// Its ticks up to this one; what waits before it goes in where there is a place.
void DramMemory::run_to(Lane& lane, Cycle tick) {
  while (lane.next <= tick) {
    const Cycle at = lane.next;
    lane.next = lane.channel.step(at);
    collect(lane, at);
    if (!lane.waiting.empty()) offer(lane, at);
  }
}

void DramMemory::take(Cycle now, const Request& request) {
  count(request, counts_.counters);
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  order_[request.port].push_back(slot);
  const auto access = static_cast<std::uint64_t>(takes().unit_bytes);
  const auto bytes = static_cast<std::uint64_t>(request.bytes);
  pending_[slot] = {{request.write, request.tag},
                    bytes / access,
                    kNever,
                    stalls_.cycles(StallPort::response, requests_[request.port]++, request.port)};
  for (std::uint64_t at = request.address; at < request.address + bytes; at += access) {
    Lane& lane = lanes_[channels_.channel(at)];
    const std::uint64_t within = channels_.within(at);
    const weft::memory::Place place = system_->mapping.place(within);
    lane.waiting.push_back({within, slot, place.bank, place.row, request.write});
    lane.writes_waiting += request.write ? 1 : 0;
  }
  static_cast<void>(now);
}

// In the order of requests, past those that wait for data or for an earlier one of their tag.
void DramMemory::respond_all(Cycle now) {
  for (std::size_t port = 0; port < order_.size(); ++port) {
    std::vector<std::uint32_t>& order = order_[port];
    if (order.empty()) continue;
    std::fill(tag_waits_.begin(), tag_waits_.end(), false);
    std::size_t kept = 0;
    bool room = true;
    for (const std::uint32_t slot : order) {
      const Pending& pending = pending_[slot];
      const bool may = room && pending.ready <= now && !tag_waits_[pending.response.tag];
      if (may && respond(port, now, pending.response)) {
        free_.push_back(slot);
        continue;
      }
      if (may) room = false;
      tag_waits_[pending.response.tag] = true;
      order[kept++] = slot;
    }
    order.resize(kept);
  }
}

// The first cycle in which one of its accesses could be done.
Cycle DramMemory::wake_at(const Lane& lane, Cycle now) const {
  if (lane.waiting.empty() && lane.channel.idle()) return kNever;
  const Cycle tick = lane.writes_waiting > 0
                         ? lane.next
                         : lane.channel.earliest_done(lane.next, !lane.waiting.empty());
  return std::max(now + 1, clock_.cycle_of(tick));
}

Cycle DramMemory::step(Cycle now) {
  const Cycle tick = clock_.tick_at(now);
  for (Lane& lane : lanes_) run_to(lane, tick);
  const auto room = [&](std::size_t port) { return order_[port].size() < queue_; };
  while (take_next(now, room, [&](const Request& request) { take(now, request); })) {
  }
  for (Lane& lane : lanes_) {
    if (!lane.waiting.empty()) offer(lane, tick);
  }
  respond_all(now);
  Cycle next = kNever;
  for (const Lane& lane : lanes_) next = std::min(next, wake_at(lane, now));
  for (std::size_t port = 0; port < order_.size(); ++port) {
    for (const std::uint32_t slot : order_[port]) {
      if (pending_[slot].ready != kNever && pending_[slot].ready > now)
        next = std::min(next, pending_[slot].ready);
    }
    if (waits(port, now) && room(port)) next = now + 1;
  }
  return next;
}

DramCounts DramMemory::dram_counts() const {
  DramCounts all;
  for (const Lane& lane : lanes_) all.add(lane.channel.counts());
  return all;
}

void DramMemory::settle(Cycle now) {
  for (Lane& lane : lanes_) run_to(lane, clock_.tick_at(now));
}

weft::memory::DramUse DramMemory::use(Cycle cycles) const {
  return use_of(dram_counts(), system_->part,
                static_cast<double>(clock_.tick_at(cycles)) * static_cast<double>(lanes_.size()));
}

UnitCounts* DramMemory::counts() {
  using weft::engine::DramStateCounter;
  const DramCounts all = dram_counts();
  const auto put = [&](DramStateCounter counter, std::uint64_t value) {
    counts_.counters[static_cast<std::size_t>(counter)] = value;
  };
  put(DramStateCounter::activates, all.activates);
  put(DramStateCounter::precharges, all.precharges + all.auto_precharges);
  put(DramStateCounter::refreshes, all.refreshes);
  put(DramStateCounter::row_hits, all.hits);
  put(DramStateCounter::row_conflicts, all.conflicts);
  put(DramStateCounter::turnarounds, all.turnarounds);
  counts_.busy_cycles = static_cast<std::uint64_t>(
      clock_.cycle_of(static_cast<Cycle>(all.busy_ticks / lanes_.size())));
  return &counts_;
}

}  // namespace weft::sim::memory
