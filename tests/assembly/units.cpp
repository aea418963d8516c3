#include "tests/assembly/units.hpp"

#include <algorithm>

namespace weft::sim::test {
namespace {

constexpr std::array<CounterDeclaration, 1> kItems{{{"items", "items", "sent, or taken in"}}};
constexpr std::array<CounterDeclaration, 2> kFiltered{
    {{"passed", "items", "not below the threshold"}, {"dropped", "items", "below it"}}};
constexpr UnitClass kSource{"source", kItems};
constexpr UnitClass kStage{"stage", kItems};
constexpr UnitClass kFilter{"filter", kFiltered};
constexpr UnitClass kJitter{"jitter"};
constexpr UnitClass kDeal{"deal"};
constexpr UnitClass kGather{"gather"};
constexpr UnitClass kSink{"sink", kItems};

}  // namespace

const UnitClass& Source::unit_class() const { return kSource; }

std::int64_t Source::row_items(std::int64_t row) const {
  return config_.masked ? std::min(row + 1, config_.window) : config_.window;
}

Cycle Source::step(Cycle now) {
  if (done()) return kNever;
  if (now < state_.free_at) return state_.free_at;
  const std::size_t of = config_.values.size();
  const std::int64_t value =
      of == 0 ? 0 : config_.values[static_cast<std::size_t>(state_.sent) % of];
  if (!out_.offer(now, {value})) return kNever;
  ++counts_.counters[0];
  ++counts_.busy_cycles;
  ++state_.sent;
  ++state_.at[1];
  state_.free_at = now + config_.interval_cycles;
  if (state_.at[1] == row_items(state_.at[0])) {
    ++state_.at[0];
    state_.at[1] = 0;
    state_.free_at += config_.gap_cycles;
    done() ? notify() : begin_iteration(0);
  } else {
    begin_iteration(1);
  }
  return done() ? kNever : state_.free_at;
}

void Source::fingerprint(StateWords& out) const {
  out.recent_time(state_.free_at, 0);
  out.word(row_items(state_.at[0]));  // the row's class
  out.word(state_.at[1]);
}

// The row that is begun is of the class that those passed over have, and so must the one after them
// be. By its own rows: where another source drives the assembly, they are not the period's
// iterations.
std::int64_t Source::periods_left(const Jump& /*period*/,
                                  std::span<const std::int64_t> grown) const {
  return grown[0] == 0 ? kAnyNumber : (config_.rows - 1 - state_.at[0]) / grown[0];
}

void Source::jump(const Jump& jump, std::span<const std::int64_t> grown) {
  state_.at[0] += grown[0];
  state_.sent += grown[1];
  state_.free_at += jump.cycles;
}

const UnitClass& Stage::unit_class() const { return kStage; }

void Stage::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

// A place that an item leaves in this cycle is free in the next.
Cycle Stage::step(Cycle now) {
  const auto places = static_cast<std::size_t>(config_.places);
  const bool place = state_.flights.size() < places;
  bool acted = false;
  if (!state_.flights.empty() && state_.flights.front().ready_at <= now &&
      out_.offer(now, state_.flights.front().item)) {
    state_.flights.pop_front();
    acted = true;
  }
  if (place && state_.free_at <= now && in_.ready(now)) {
    state_.flights.push_back({now + config_.latency_cycles, in_.pop(now)});
    state_.free_at = now + config_.interval_cycles;
    ++counts_.counters[0];
    counts_.busy_cycles += static_cast<std::uint64_t>(config_.interval_cycles);
    acted = true;
  }
  if (acted) return now + 1;
  Cycle next = kNever;
  if (!state_.flights.empty() && state_.flights.front().ready_at > now)
    next = state_.flights.front().ready_at;
  if (in_.ready(now) && state_.free_at > now) next = std::min(next, state_.free_at);
  return next;
}

void Stage::fingerprint(StateWords& out) const {
  out.recent_time(state_.free_at, 0);
  out.word(static_cast<std::int64_t>(state_.flights.size()));
  for (const StageState::Flight& flight : state_.flights) out.recent_time(flight.ready_at, 0);
}

void Stage::advance(Cycle cycles) {
  state_.free_at += cycles;
  for (StageState::Flight& flight : state_.flights) flight.ready_at += cycles;
}

const UnitClass& Filter::unit_class() const { return kFilter; }

void Filter::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

Cycle Filter::step(Cycle now) {
  if (!in_.ready(now)) return kNever;
  const bool passes = in_.front(now).value >= config_.threshold;
  if (passes && !out_.offer(now, in_.front(now))) return kNever;
  in_.pop(now);
  ++counts_.counters[passes ? 0 : 1];
  return now + 1;
}

const UnitClass& Jitter::unit_class() const { return kJitter; }

void Jitter::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

Cycle Jitter::step(Cycle now) {
  if (state_.item) {
    if (now < state_.ready_at) return state_.ready_at;
    if (!out_.offer(now, *state_.item)) return kNever;
    state_.item.reset();
    return now + 1;
  }
  if (!in_.ready(now)) return kNever;
  state_.item = in_.pop(now);
  state_.ready_at = now + 1 + stalls_.cycles(memory::StallPort::response, state_.taken++);
  return state_.ready_at;
}

const UnitClass& Deal::unit_class() const { return kDeal; }

void Deal::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", outs_);
}

Cycle Deal::step(Cycle now) {
  if (!in_.ready(now) || !outs_[state_.turn].offer(now, in_.front(now))) return kNever;
  in_.pop(now);
  state_.turn = (state_.turn + 1) % outs_.size();
  return now + 1;
}

void Deal::fingerprint(StateWords& out) const { out.word(static_cast<std::int64_t>(state_.turn)); }

const UnitClass& Gather::unit_class() const { return kGather; }

void Gather::list_ports(PortList& ports) {
  ports.add("in", ins_);
  ports.add("out", out_);
}

Cycle Gather::step(Cycle now) {
  In<Item>& in = ins_[state_.turn];
  if (!in.ready(now) || !out_.offer(now, in.front(now))) return kNever;
  in.pop(now);
  state_.turn = (state_.turn + 1) % ins_.size();
  return now + 1;
}

void Gather::fingerprint(StateWords& out) const {
  out.word(static_cast<std::int64_t>(state_.turn));
}

const UnitClass& Sink::unit_class() const { return kSink; }

Cycle Sink::step(Cycle now) {
  if (in_.empty()) return kNever;
  if (now < state_.free_at) return state_.free_at;
  if (!in_.ready(now)) return kNever;
  taken_.push_back({now, in_.pop(now).value});
  ++counts_.counters[0];
  counts_.busy_cycles += static_cast<std::uint64_t>(config_.interval_cycles);
  state_.last = now;
  state_.free_at = now + config_.interval_cycles;
  return in_.empty() ? kNever : state_.free_at;
}

void Sink::jump(const Jump& jump, std::span<const std::int64_t> grown) {
  state_.free_at += jump.cycles;
  state_.last += grown[0];
}

}  // namespace weft::sim::test
