#include "sim/memory/hbm/dram_memory.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft::sim::memory {

using weft::engine::UnitKind;

TickClock::TickClock(double tick_ps, double clock_hz) {
  // Ticks in whole 10⁻¹⁵ s, clocks in whole 10⁻³ Hz.
  ticks_ = static_cast<Wide>(1'000'000'000'000'000) * 1000;
  cycles_ = static_cast<Wide>(std::llround(tick_ps * 1000)) *
            static_cast<Wide>(std::llround(clock_hz * 1000));
  check(cycles_ > 0, "a part and a memory have clocks");
  Wide divisor = ticks_;
  for (Wide rest = cycles_; rest != 0;) divisor = std::exchange(rest, divisor % rest);
  ticks_ /= divisor;
  cycles_ /= divisor;
  constexpr Wide kMost = Wide{1} << 62;
  narrow_ = static_cast<std::int64_t>(kMost / std::max(ticks_, cycles_) - 1);
}

Cycle TickClock::tick_at(Cycle cycle) const {
  if (cycle <= narrow_)
    return cycle * static_cast<std::int64_t>(ticks_) / static_cast<std::int64_t>(cycles_);
  return static_cast<Cycle>(static_cast<Wide>(cycle) * ticks_ / cycles_);
}

Cycle TickClock::cycle_of(Cycle tick) const {
  if (tick <= narrow_) {
    const auto ticks = static_cast<std::int64_t>(ticks_);
    return (tick * static_cast<std::int64_t>(cycles_) + ticks - 1) / ticks;
  }
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
      responses_(config.ports, config.tags, config.queue),
      requests_(config.ports) {
  for (std::int64_t c = 0; c < system_->channels; ++c) {
    lanes_.push_back({DramChannel({system_->part, system_->control}), {}, 0, 0});
    lanes_.back().next = lanes_.back().channel.step(0);
  }
}

const UnitClass& DramMemory::unit_class() const { return *UnitKind::dram_with_state.declared; }

void DramMemory::collect(Lane& lane, Cycle tick) {
  if (lane.channel.done().empty()) return;
  const Cycle at = clock_.cycle_of(tick);
  for (const DramChannel::Done& done : lane.channel.done())
    responses_.done(static_cast<std::uint32_t>(done.id), at);
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

void DramMemory::take(const Request& request) {
  count(request, counts_.counters);
  const auto access = static_cast<std::uint64_t>(takes().unit_bytes);
  const auto bytes = static_cast<std::uint64_t>(request.bytes);
  const Cycle stall = stalls_.cycles(StallPort::response, requests_[request.port]++, request.port);
  const std::uint32_t slot = responses_.add(request, bytes / access, stall);
  for (std::uint64_t at = request.address; at < request.address + bytes; at += access) {
    Lane& lane = lanes_[channels_.channel(at)];
    const std::uint64_t within = channels_.within(at);
    const weft::memory::Place place = system_->mapping.place(within);
    lane.waiting.push_back({within, slot, place.bank, place.row, request.write});
    lane.writes_waiting += request.write ? 1 : 0;
  }
}

// The first cycle in which an access could be done.
Cycle DramMemory::wake_at() const {
  Cycle tick = kNever;
  for (const Lane& lane : lanes_) {
    if (lane.waiting.empty() && lane.channel.idle()) continue;
    tick = std::min(tick, lane.writes_waiting > 0
                              ? lane.next
                              : lane.channel.earliest_done(lane.next, !lane.waiting.empty()));
  }
  return tick == kNever ? kNever : clock_.cycle_of(tick);
}

Cycle DramMemory::step(Cycle now) {
  const Cycle tick = tick_ = clock_.tick_at(now);
  for (Lane& lane : lanes_) run_to(lane, tick);
  const auto room = [&](std::size_t port) { return responses_.room(port); };
  while (take_next(now, room, [&](const Request& request) { take(request); })) {
  }
  for (Lane& lane : lanes_) {
    if (!lane.waiting.empty()) offer(lane, tick);
  }
  responses_.give(now, [&](std::size_t port, const Response& response) {
    return respond(port, now, response);
  });
  const Cycle next = std::min(std::max(wake_at(), now + 1), responses_.next_behind(now));
  for (std::size_t port = 0; port < ports(); ++port) {
    if (waits(port, now) && room(port)) return now + 1;
  }
  return next;
}

void DramMemory::fingerprint(StateWords& out) const {
  const bool rests =
      responses_.empty() && std::all_of(lanes_.begin(), lanes_.end(), [](auto& lane) {
        return lane.waiting.empty() && lane.channel.idle();
      });
  out.word(rests ? -1 : out.tick());
  out.word(turn());
  // Between two states that are alike nothing was asked for.
  for (const std::uint64_t requests : requests_) out.word(static_cast<std::int64_t>(requests));
}

DramCounts DramMemory::dram_counts() const {
  DramCounts all;
  for (const Lane& lane : lanes_) all.add(lane.channel.counts(tick_));
  return all;
}

void DramMemory::settle(Cycle now) {
  tick_ = clock_.tick_at(now);
  for (Lane& lane : lanes_) run_to(lane, tick_);
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
