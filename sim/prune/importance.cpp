#include "sim/prune/importance.hpp"

#include <algorithm>

#include "models/common/count.hpp"

namespace weft::sim::prune {
namespace {

enum class ImportanceCount : std::uint8_t { additions, rows };
constexpr std::array<CounterDeclaration, 2> kImportanceCounters{{
    {"additions", "operations", "of probabilities, or of magnitudes"},
    {"rows", "rows", "added in full"},
}};
constexpr UnitClass kImportanceClass{"importance", kImportanceCounters};

constexpr std::size_t at(ImportanceCount count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& Importance::unit_class() const { return kImportanceClass; }

void Importance::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("done", done_);
}

Cycle Importance::take(const RowBeat& beat) {
  const bool tokens = config_.of == ImportanceOf::tokens;
  const std::int64_t additions = tokens ? beat.count : beat.row->width_v;
  activity_.counter(at(ImportanceCount::additions)) += static_cast<std::uint64_t>(additions);
  if (beat.last) ++activity_.counter(at(ImportanceCount::rows));
  if (tokens) {
    store_->add_probabilities(*beat.row, beat.first, beat.count);
  } else {
    store_->add_output(*beat.row);
  }
  return std::max<std::int64_t>(1, ceil_div(additions, config_.parallelism));
}

bool Importance::give(Cycle now, const RowBeat& beat) {
  return !beat.last || done_.offer(now, {beat.row});
}

}  // namespace weft::sim::prune
