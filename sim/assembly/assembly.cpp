#include "sim/assembly/assembly.hpp"

#include <algorithm>
#include <numeric>

#include "models/common/count.hpp"

namespace weft::sim {
namespace {

constexpr const char* kCount = "operations, rows or bytes of a unit";

Port& port_of(Assembly::Member& member, std::string_view name, bool sends) {
  const auto found = std::find_if(member.ports.begin(), member.ports.end(),
                                  [&](const Port& p) { return p.name == name; });
  check(found != member.ports.end(), "a unit has no port of that name");
  check(found->sends == sends, "a channel goes from a port that sends to one that takes in");
  check(found->channel == nullptr, "a port is joined twice");
  return *found;
}

void list_declared(const UnitClass& declared, Counters& counters,
                   std::vector<std::uint64_t*>& sums) {
  for (std::size_t i = 0; i < declared.counters.size(); ++i) {
    if (declared.counters[i].merges == Merge::sum) sums.push_back(&counters[i]);
  }
}

}  // namespace

std::int64_t ticks_per_cycle(std::span<const ClockRatio> others) {
  std::int64_t ticks = 1;
  for (const ClockRatio& ratio : others) {
    const std::int64_t cycles = ratio.cycles / std::gcd(ratio.cycles, ratio.of);
    if (cycles > kMostTicksPerCycle) return 0;
    ticks = std::lcm(ticks, cycles);
    if (ticks > kMostTicksPerCycle) return 0;
  }
  return ticks;
}

std::vector<Cycle> periods_of(std::span<const ClockRatio> others) {
  for (const ClockRatio& ratio : others) {
    check(ratio.cycles > 0 && ratio.of > 0 && ratio.of <= kMostTicksPerCycle,
          "a clock's ratio is of whole numbers from 1 to a million");
  }
  const std::int64_t ticks = ticks_per_cycle(others);
  check(ticks > 0, "the clocks' ratios have no common tick within a millionth of a cycle");
  std::vector<Cycle> periods{ticks};
  for (const ClockRatio& ratio : others) {
    const std::int64_t common = std::gcd(ratio.cycles, ratio.of);
    periods.push_back(ticks / (ratio.cycles / common) * (ratio.of / common));
  }
  return periods;
}

std::size_t Assembly::add(std::string path, std::unique_ptr<Unit> unit, std::size_t clock) {
  check(index_.emplace(path, members_.size()).second, "two units have the same path");
  check(clock < periods_.size(), "a unit is on a clock that there is not");
  PortList ports;
  unit->list_ports(ports);
  if (driver_ == nullptr) driver_ = dynamic_cast<Driver*>(unit.get());
  members_.push_back({std::move(path), std::move(unit), periods_[clock], ports.take()});
  return members_.size() - 1;
}

Assembly::Member* Assembly::find(std::string_view path) {
  const auto found = index_.find(path);
  return found == index_.end() ? nullptr : &members_[found->second];
}

AnyChannel& Assembly::join(std::string_view from, std::string_view from_port, std::string_view to,
                           std::string_view to_port, std::size_t depth) {
  Member* sender = find(from);
  Member* receiver = find(to);
  check(sender != nullptr && receiver != nullptr, "a channel goes from unit to unit");
  Port& out = port_of(*sender, from_port, true);
  Port& in = port_of(*receiver, to_port, false);
  check(*out.type == *in.type, "a channel's ends carry the same message");
  Join& made = joins_.emplace_back(
      Join{sender->path + "." + out.name, receiver->path + "." + in.name, out.make(depth)});
  made.channel->set_periods(sender->period, receiver->period);
  for (Port* port : {&out, &in}) {
    port->channel = made.channel.get();
    port->bind(port->end, *made.channel);
  }
  return *made.channel;
}

void Assembly::check_joined() const {
  for (const Member& member : members_) {
    for (const Port& port : member.ports) {
      check(port.channel != nullptr,
            "port " + member.path + "." + port.name + " is joined to nothing");
    }
  }
}

bool Assembly::advances() const {
  return driver_ != nullptr && std::all_of(members_.begin(), members_.end(), [](const Member& m) {
           return recurs(m.unit->timing_depends_on());
         });
}

std::vector<std::int64_t> Assembly::ordinals() const {
  std::vector<std::int64_t> all;
  for (const Member& member : members_) member.unit->list_ordinals(all);
  return all;
}

const std::vector<std::uint64_t*>& Assembly::sums() {
  if (!sums_.empty()) return sums_;
  for (Member& member : members_) {
    if (UnitCounts* counts = member.unit->counts(); counts != nullptr) {
      sums_.insert(sums_.end(),
                   {&counts->busy_cycles, &counts->stall_in_cycles, &counts->stall_out_cycles});
      list_declared(member.unit->unit_class(), counts->counters, sums_);
    }
    member.unit->list_sums(sums_);
  }
  for (Join& join : joins_) list_declared(kChannelClass, join.channel->counters(), sums_);
  return sums_;
}

SteadyState::Snapshot Assembly::snapshot(Cycle tick, int level) {
  StateWords words(tick, level);
  for (const Cycle period : periods_) words.word(tick % period);
  for (const Member& member : members_) {
    words.in_clock(member.period);
    member.unit->fingerprint(words);
  }
  for (const Join& join : joins_) join.channel->fingerprint(words);
  SteadyState::Snapshot made;
  made.now = tick;
  made.phase = driver_->phase();
  made.at = driver_->position();
  made.words = words.take();
  made.ordinals = ordinals();
  for (const std::uint64_t* sum : sums()) made.sums.push_back(*sum);
  return made;
}

Assembly::Leap Assembly::plan(const SteadyState::Found& found, Cycle tick) {
  constexpr Cycle kMost = Cycle{1} << 62;                  // room for what lies ahead
  constexpr std::uint64_t kRoom = std::uint64_t{1} << 60;  // for what is stepped after it
  Leap leap{.jump = found.period, .sums = {}, .grown = ordinals()};
  for (std::size_t i = 0; i < leap.grown.size(); ++i) leap.grown[i] -= found.before->ordinals[i];
  std::int64_t periods = Unit::kAnyNumber;
  std::size_t first = 0;
  std::vector<std::int64_t> own;
  for (const Member& member : members_) {
    own.clear();
    member.unit->list_ordinals(own);
    periods = std::min(
        periods,
        member.unit->periods_left(found.period, std::span(leap.grown).subspan(first, own.size())));
    first += own.size();
  }
  leap.jump.periods = periods;
  if (periods == 0) return leap;
  leap.jump.cycles = times(found.period.cycles, periods, "cycles");
  if (leap.jump.cycles > kMost - tick) {
    throw TooLarge("cycles", static_cast<double>(tick) + static_cast<double>(leap.jump.cycles),
                   static_cast<double>(kMost));
  }
  for (std::size_t i = 0; i < sums().size(); ++i) {
    const std::uint64_t now = *sums()[i];
    const std::uint64_t more =
        times(now - found.before->sums[i], static_cast<std::uint64_t>(periods), kCount);
    leap.sums.push_back(plus(now, more, kCount));
    static_cast<void>(plus(leap.sums.back(), kRoom, kCount));
  }
  for (std::int64_t& grown : leap.grown) grown = times(grown, periods, "iterations");
  return leap;
}

void Assembly::jump(const Leap& leap) {
  std::size_t first = 0;
  std::vector<std::int64_t> own;
  for (Member& member : members_) {
    own.clear();
    member.unit->list_ordinals(own);
    Jump jump = leap.jump;
    jump.cycles /= member.period;
    member.unit->jump(jump, std::span(leap.grown).subspan(first, own.size()));
    first += own.size();
  }
  for (Join& join : joins_) join.channel->advance(leap.jump.cycles);
  for (std::size_t i = 0; i < sums().size(); ++i) *sums()[i] = leap.sums[i];
}

}  // namespace weft::sim
