#include "sim/select/row_top_k.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "sim/select/select_timing.hpp"

namespace weft::sim::select {
namespace {

enum class RowCount : std::uint8_t { rows, rounds, compared, round_cycles, filter_cycles };
constexpr std::array<CounterDeclaration, 5> kRowCounters{{
    {"rows", "rows", "selected from, those that are kept whole not among them"},
    {"rounds", "rounds", "of quick-select"},
    {"compared", "values", "candidates of all rounds"},
    {"round_cycles", "cycles", "of rounds"},
    {"filter_cycles", "cycles", "in which buffered values went to the filter"},
}};
constexpr UnitClass kRowClass{"top_k", kRowCounters};

constexpr std::size_t at(RowCount count) { return static_cast<std::size_t>(count); }

bool is_whole(const QueryRow& row) { return row.values_kept >= row.keys_seen(); }

}  // namespace

const UnitClass& RowTopK::unit_class() const { return kRowClass; }

void RowTopK::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

void RowTopK::take(Cycle now) {
  if (!in_.ready(now)) return;
  const bool begins = held_.empty() || held_.back().stage != Stage::coming;
  if (begins && held_.size() >= static_cast<std::size_t>(config_.buffers)) return;
  const RowBeat beat = in_.pop(now);
  if (begins) held_.push_back({beat.row});
  if (beat.last) held_.back() = {beat.row, Stage::complete, now + 1};
}

void RowTopK::select(Held& held, Cycle now) {
  QueryRow& row = *held.row;
  const std::span<const std::int32_t> values(row.probabilities);
  const std::uint64_t seed = weft::select::seed_of(seed_, static_cast<std::uint64_t>(row.number));
  row.selection = weft::select::quick_select(values, row.values_kept, seed, fifos_);
  const Cycle cycles = rounds_cycles(row.selection, config_.comparators);
  held.stage = Stage::selecting;
  held.until = now + cycles;
  if (is_whole(row)) {
    row.kept.resize(static_cast<std::size_t>(row.keys_seen()));
    std::iota(row.kept.begin(), row.kept.end(), 0);
  }
  if (cycles == 0) return;
  ++activity_.counter(at(RowCount::rows));
  activity_.counter(at(RowCount::rounds)) += row.selection.rounds.size();
  activity_.counter(at(RowCount::compared)) += static_cast<std::uint64_t>(row.selection.elements());
  activity_.counter(at(RowCount::round_cycles)) += static_cast<std::uint64_t>(cycles);
}

// An engine that is free takes the next row that is complete.
void RowTopK::go_on(Cycle now) {
  std::int64_t selecting = 0;
  for (Held& held : held_) {
    if (held.stage == Stage::selecting && held.until <= now) held.stage = Stage::selected;
    selecting += held.stage == Stage::selecting ? 1 : 0;
  }
  for (Held& held : held_) {
    if (held.stage != Stage::complete || held.until > now || selecting >= config_.engines) continue;
    select(held, now);
    if (held.until <= now) held.stage = Stage::selected;
    selecting += held.stage == Stage::selecting ? 1 : 0;
  }
}

// Sends a beat of the oldest row, where it is selected from; false where that has no room. A row
// that is kept whole goes as one empty beat.
bool RowTopK::send(Cycle now) {
  if (held_.empty() || held_.front().stage != Stage::selected) return true;
  QueryRow& row = *held_.front().row;
  const std::int64_t items = is_whole(row) ? 0 : row.keys_seen();
  const std::int64_t count = std::min(config_.comparators, items - sent_);
  const bool last = sent_ + count == items;
  if (!out_.offer(now,
                  {&row, static_cast<std::int32_t>(sent_), static_cast<std::int32_t>(count), last}))
    return false;
  activity_.counter(at(RowCount::filter_cycles)) += count > 0 ? 1 : 0;
  sent_ += count;
  if (last) {
    sent_ = 0;
    held_.pop_front();
  }
  return true;
}

void RowTopK::fingerprint(StateWords& out) const {
  ActiveUnit::fingerprint(out);
  out.word(sent_);
  out.word(static_cast<std::int64_t>(held_.size()));
  for (const Held& held : held_) {
    out.word(held.row->age());
    out.word(static_cast<std::int64_t>(held.stage));
    out.recent_time(held.until, 0);
  }
}

void RowTopK::advance(Cycle cycles) {
  ActiveUnit::advance(cycles);
  for (Held& held : held_) held.until += cycles;
}

Cycle RowTopK::step(Cycle now) {
  take(now);
  go_on(now);
  const bool sent = send(now);
  bool works = false;  // a row is selected from
  Cycle next = kNever;
  for (const Held& held : held_) {
    works = works || held.stage == Stage::selecting;
    if (held.stage == Stage::coming) continue;
    if (held.stage != Stage::selected && held.until > now) next = std::min(next, held.until);
  }
  // Another beat of a row, or of the next one.
  if (sent && !held_.empty() && held_.front().stage == Stage::selected) next = now + 1;
  const bool room = held_.empty() || held_.back().stage == Stage::coming ||
                    held_.size() < static_cast<std::size_t>(config_.buffers);
  if (!in_.empty() && room) next = std::min(next, now + 1);
  activity_.is(now, works           ? Doing::work
                    : !sent         ? Doing::wait_out
                    : held_.empty() ? Doing::nothing
                                    : Doing::wait_in);
  return next;
}

}  // namespace weft::sim::select
