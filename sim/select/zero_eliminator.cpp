#include "sim/select/zero_eliminator.hpp"

#include <array>
#include <numeric>
#include <span>

namespace weft::sim::select {
namespace {

enum class ZeroCount : std::uint8_t { beats, zeros, kept };
constexpr std::array<CounterDeclaration, 3> kZeroCounters{{
    {"beats", "beats", "compacted"},
    {"zeros", "places", "that were dropped"},
    {"kept", "places", "that were kept"},
}};
constexpr UnitClass kZeroClass{"zero_eliminator", kZeroCounters};

constexpr std::size_t at(ZeroCount count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& ZeroEliminator::unit_class() const { return kZeroClass; }

void ZeroEliminator::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

Cycle ZeroEliminator::take(const RowBeat& beat) {
  if (beat.count == 0) return 1;  // of a row that is kept whole
  check(beat.count <= config_.places, "a beat has more values than a zero eliminator has places");
  QueryRow& row = *beat.row;
  if (beat.first == 0) row.kept.clear();
  const auto count = static_cast<std::size_t>(beat.count);
  positions_.resize(count);
  std::iota(positions_.begin(), positions_.end(), std::int64_t{beat.first});
  const auto slots = weft::select::eliminate_zeros(
      std::span<const std::int64_t>(positions_),
      std::span<const std::uint8_t>(row.keep).subspan(static_cast<std::size_t>(beat.first), count));
  std::size_t kept = 0;
  for (; kept < slots.size() && slots[kept].valid; ++kept) row.kept.push_back(slots[kept].value);
  ++activity_.counter(at(ZeroCount::beats));
  activity_.counter(at(ZeroCount::kept)) += kept;
  activity_.counter(at(ZeroCount::zeros)) += count - kept;
  return 1;
}

bool ZeroEliminator::give(Cycle now, const RowBeat& beat) {
  return !beat.last || out_.offer(now, {beat.row});
}

}  // namespace weft::sim::select
