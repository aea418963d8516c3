#include "sim/select/comparator_array.hpp"

#include <array>

namespace weft::sim::select {
namespace {

enum class ComparatorCount : std::uint8_t { compared, kept, ties };
constexpr std::array<CounterDeclaration, 3> kComparatorCounters{{
    {"compared", "values", "with the k-th largest"},
    {"kept", "values", "that are as large, ties that stay among them"},
    {"ties", "values", "that were equal to it and stayed"},
}};
constexpr UnitClass kComparatorClass{"comparator_array", kComparatorCounters};

constexpr std::size_t at(ComparatorCount count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& ComparatorArray::unit_class() const { return kComparatorClass; }

void ComparatorArray::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

Cycle ComparatorArray::take(const RowBeat& beat) {
  QueryRow& row = *beat.row;
  if (beat.first == 0) {
    filter_.emplace(row.selection);
    row.keep.assign(row.probabilities.size(), 0);
  }
  const std::int64_t ties = filter_->ties_left();
  for (auto i = static_cast<std::size_t>(beat.first);
       i < static_cast<std::size_t>(beat.first + beat.count); ++i) {
    row.keep[i] = static_cast<std::uint8_t>(filter_->keep(row.probabilities[i]));
    activity_.counter(at(ComparatorCount::kept)) += row.keep[i];
  }
  activity_.counter(at(ComparatorCount::compared)) += static_cast<std::uint64_t>(beat.count);
  activity_.counter(at(ComparatorCount::ties)) +=
      static_cast<std::uint64_t>(ties - filter_->ties_left());
  return 1;
}

}  // namespace weft::sim::select
