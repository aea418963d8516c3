#include "sim/select/list_top_k.hpp"

#include <array>

#include "sim/select/select_timing.hpp"

namespace weft::sim::select {
namespace {

enum class ListCount : std::uint8_t { selections, rounds, compared, round_cycles, filter_cycles };
constexpr std::array<CounterDeclaration, 5> kListCounters{{
    {"selections", "selections", "of tokens or heads"},
    {"rounds", "rounds", "of quick-select"},
    {"compared", "values", "candidates of all rounds"},
    {"round_cycles", "cycles", "of rounds"},
    {"filter_cycles", "cycles", "of filter passes, their compaction among them"},
}};
constexpr UnitClass kListClass{"list_top_k", kListCounters};

constexpr std::size_t at(ListCount count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& ListTopK::unit_class() const { return kListClass; }

void ListTopK::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

Cycle ListTopK::step(Cycle now) {
  if (works_ && until_ <= now) {
    if (!out_.offer(now, held_)) {
      activity_.is(now, Doing::wait_out);
      return kNever;
    }
    works_ = false;
  }
  if (!works_ && in_.ready(now)) {
    held_ = in_.pop(now);
    works_ = true;
    Cycle rounds = 0;
    for (const std::int64_t candidates : held_.rounds) {
      rounds += round_cycles(candidates, config_.comparators);
      activity_.counter(at(ListCount::compared)) += static_cast<std::uint64_t>(candidates);
    }
    const Cycle filter = filter_cycles(held_.items, config_.comparators);
    until_ = now + rounds + filter;
    ++activity_.counter(at(ListCount::selections));
    activity_.counter(at(ListCount::rounds)) += held_.rounds.size();
    activity_.counter(at(ListCount::round_cycles)) += static_cast<std::uint64_t>(rounds);
    activity_.counter(at(ListCount::filter_cycles)) += static_cast<std::uint64_t>(filter);
  }
  activity_.is(now, works_ ? Doing::work : Doing::nothing);
  return works_ ? until_ : kNever;
}

}  // namespace weft::sim::select
