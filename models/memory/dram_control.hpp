// What a controller may be asked to do differently: pages, refresh, which request goes first.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "models/common/fields.hpp"

namespace weft::memory {

// A row stays open until another one of its bank is needed, or closes with the last access to it
// that waits.
enum class Page : std::uint8_t { open, closed };
constexpr auto names(config::Tag<Page>) {
  return std::array<std::pair<std::string_view, Page>, 2>{
      {{"open", Page::open}, {"closed", Page::closed}}};
}

enum class Refresh : std::uint8_t { all_bank, per_bank, none };
constexpr auto names(config::Tag<Refresh>) {
  return std::array<std::pair<std::string_view, Refresh>, 3>{
      {{"all-bank", Refresh::all_bank}, {"per-bank", Refresh::per_bank}, {"none", Refresh::none}}};
}

// The oldest request whose command may go in this cycle; or the same, but no row closes that an
// older request still hits.
enum class Scheduler : std::uint8_t { fr_fcfs, row_hit_first };
constexpr auto names(config::Tag<Scheduler>) {
  return std::array<std::pair<std::string_view, Scheduler>, 2>{
      {{"fr-fcfs", Scheduler::fr_fcfs}, {"row-hit-first", Scheduler::row_hit_first}}};
}

struct DramControl {
  Page page = Page::open;
  Refresh refresh = Refresh::all_bank;
  Scheduler scheduler = Scheduler::fr_fcfs;
  std::int64_t read_queue = 32;
  std::int64_t write_queue = 32;
  // Writes go first when more wait than this share of their queue, until fewer than that.
  double write_high = 0.8;
  double write_low = 0.2;
  // A request that has waited so many clocks goes before all others. Far above what any stream of
  // ours waits: it only ends what would otherwise have no end.
  std::int64_t patience_clocks = 16384;
};

constexpr std::int64_t kMostQueue = 64;  // entries of a queue

}  // namespace weft::memory
