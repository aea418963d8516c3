#include "sim/memory/row_store.hpp"

#include <algorithm>

namespace weft::sim::memory {
namespace {

enum class StoreCount : std::uint8_t { rows_filled, rows_read, queries };
constexpr std::array<CounterDeclaration, 3> kStoreCounters{{
    {"rows_filled", "rows", "that came from memory"},
    {"rows_read", "rows", "read for a query"},
    {"queries", "queries", "served, each pass by itself"},
}};
constexpr UnitClass kStoreClass{"row_store", kStoreCounters};

constexpr std::size_t at(StoreCount count) { return static_cast<std::size_t>(count); }

}  // namespace

RowStore::RowStore(const Config& config)
    : config_(config),
      arrived_(static_cast<std::size_t>(config.sources)),
      rows_(static_cast<std::size_t>(config.queues)) {}

const UnitClass& RowStore::unit_class() const { return kStoreClass; }

void RowStore::list_ports(PortList& ports) {
  ports.add("arrived", arrived_);
  ports.add("rows", rows_);
  ports.add("beats", beats_);
}

std::int64_t RowStore::rows_of(const QueryRow& row) const {
  return config_.of == StoreOf::keys ? row.keys_seen() : static_cast<std::int64_t>(row.kept.size());
}

std::int64_t RowStore::width_of(const QueryRow& row) const {
  return config_.of == StoreOf::keys ? row.width_qk : row.width_v;
}

// Whether the first `count` rows of what the query needs are there.
bool RowStore::there(const QueryRow& row, std::int64_t count) const {
  if (count == 0) return true;
  if (config_.of == StoreOf::keys)
    return row.keys->resident >= count && (row.pass == 0 || row.lower->resident >= count);
  if (row.values == nullptr) return row.own_values.resident >= count;
  return row.values->resident > row.kept[static_cast<std::size_t>(count - 1)];
}

void RowStore::take_row(Cycle now) {
  for (In<RowToken>& queue : rows_) {
    if (!queue.ready(now)) continue;
    row_ = queue.pop(now).row;
    next_ = 0;
    ++activity_.counter(at(StoreCount::queries));
    return;
  }
}

Cycle RowStore::step(Cycle now) {
  for (In<FetchPart>& arrived : arrived_) {
    while (arrived.ready(now)) {
      const FetchPart part = arrived.pop(now);
      part.fetch->resident += part.count;
      part.fetch->resident_at = now;
      activity_.counter(at(StoreCount::rows_filled)) += static_cast<std::uint64_t>(part.count);
    }
  }
  if (row_ == nullptr) take_row(now);
  if (row_ == nullptr) {
    activity_.is(now, Doing::nothing);
    return kNever;
  }
  const std::int64_t rows = rows_of(*row_);
  const std::int64_t most = std::max<std::int64_t>(1, config_.elements_per_cycle / width_of(*row_));
  const std::int64_t count = std::min(most, rows - next_);
  if (!there(*row_, next_ + count)) {
    activity_.is(now, Doing::wait_in);
    return kNever;
  }
  const bool last = next_ + count == rows;
  if (!beats_.offer(
          now, {row_, static_cast<std::int32_t>(next_), static_cast<std::int32_t>(count), last})) {
    activity_.is(now, Doing::wait_out);
    return kNever;
  }
  activity_.is(now, Doing::work);
  activity_.counter(at(StoreCount::rows_read)) += static_cast<std::uint64_t>(count);
  next_ += count;
  if (last) row_ = nullptr;
  return now + 1;
}

}  // namespace weft::sim::memory
