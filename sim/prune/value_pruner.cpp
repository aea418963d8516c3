#include "sim/prune/value_pruner.hpp"

#include <algorithm>
#include <array>

namespace weft::sim::prune {
namespace {

enum class PrunerCount : std::uint8_t { rows, values_seen, values_kept, room_waits };
constexpr std::array<CounterDeclaration, 4> kPrunerCounters{{
    {"rows", "rows", "of probabilities"},
    {"values_seen", "values", "whose probability there was"},
    {"values_kept", "values", "that count"},
    {"room_waits", "times", "that a row found no room for its values"},
}};
constexpr UnitClass kPrunerClass{"value_pruner", kPrunerCounters};

constexpr std::size_t at(PrunerCount count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& ValuePruner::unit_class() const { return kPrunerClass; }

void ValuePruner::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("released", released_);
  ports.add("done", done_);
  ports.add("orders", orders_);
  ports.add("out", out_);
}

// More values than half of the room pass through it: they are of one query, and read once.
std::int64_t ValuePruner::bytes_on_chip(const QueryRow& row) const {
  if (row.values != nullptr) return 0;
  return std::min(static_cast<std::int64_t>(row.kept.size()) * row.own_values.stored_bytes,
                  config_.store_bytes / 2);
}

// Asks for the values of the row in hand and passes it on; false where one of them has no room.
bool ValuePruner::prune(Cycle now) {
  QueryRow& row = *row_;
  if (!ordered_) {
    const std::int64_t bytes = bytes_on_chip(row);
    if (used_ > 0 && used_ + bytes > config_.store_bytes) {
      ++activity_.counter(at(PrunerCount::room_waits));
      return false;
    }
    if (row.values == nullptr) {
      row.kept_tokens.clear();
      for (const std::int64_t position : row.kept)
        row.kept_tokens.push_back(row.tokens[static_cast<std::size_t>(position)]);
      row.own_values.tokens = row.kept_tokens;
      row.own_values.resident = 0;
      const auto count = static_cast<std::int32_t>(row.kept.size());
      if (count > 0 && !orders_.offer(now, {&row.own_values, 0, count})) return false;
      row.own_values.asked = count;
    }
    used_ += bytes;
    ordered_ = true;
    ++activity_.counter(at(PrunerCount::rows));
    activity_.counter(at(PrunerCount::values_seen)) += static_cast<std::uint64_t>(row.keys_seen());
    activity_.counter(at(PrunerCount::values_kept)) += row.kept.size();
  }
  if (!out_.offer(now, {&row})) return false;
  row_ = nullptr;
  ordered_ = false;
  return true;
}

Cycle ValuePruner::step(Cycle now) {
  Cycle next = kNever;
  if (released_.ready(now) && done_.offer(now, released_.front(now))) {  // one a cycle
    used_ -= bytes_on_chip(*released_.pop(now).row);
    if (!released_.empty()) next = now + 1;
  }
  if (row_ == nullptr && in_.ready(now)) row_ = in_.pop(now).row;
  if (row_ == nullptr) {
    activity_.is(now, Doing::nothing);
    return in_.empty() ? next : now + 1;
  }
  const bool passed = prune(now);
  activity_.is(now, passed ? Doing::work : Doing::wait_out);
  return passed ? now + 1 : next;
}

}  // namespace weft::sim::prune
