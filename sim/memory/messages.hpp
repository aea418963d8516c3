// What the memory side says to each other. Requests have addresses; responses come in the order of
// the requests of their tag, and in no other.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "models/engine/schedule/schedule.hpp"
#include "sim/common/state_words.hpp"
#include "sim/common/time.hpp"

namespace weft::sim::memory {

// One request to memory. What is of one tag and port is answered in order.
struct Request {
  static constexpr std::string_view kName = "request";

  std::uint64_t address = 0;
  std::int32_t bytes = 0;
  bool write = false;
  std::int16_t tensor = 0;
  std::uint16_t tag = 0;
  std::uint8_t port = 0;  // of the memory, which fills it in

  void fingerprint(StateWords& out) const {
    out.word(bytes * 2 + (write ? 1 : 0));
    out.word(tag);
  }
  void advance(Cycle /*cycles*/) {}
};

struct Response {
  static constexpr std::string_view kName = "response";

  bool write = false;
  std::uint16_t tag = 0;

  void fingerprint(StateWords& out) const { out.word(tag * 2 + (write ? 1 : 0)); }
  void advance(Cycle /*cycles*/) {}
};

// A tile to bring in or to take out, as the sequencer orders it: a contiguous run, or the rows of a
// list, which lives as long as the transfer is under way.
struct Transfer {
  static constexpr std::string_view kName = "transfer";

  int group = 0;
  int step = 0;
  std::int64_t bytes = 0;  // of the run, or of each row
  bool write = false;
  std::int16_t tensor = 0;
  std::uint64_t address = 0;
  weft::engine::Coordinates at{};
  // Of a gather or a scatter: row r begins at address + r · pitch_bytes, which is at least `bytes`;
  // each row once. Empty: a run.
  std::span<const std::int64_t> rows{};
  std::int64_t pitch_bytes = 0;

  std::size_t row_count() const { return rows.empty() ? 1 : rows.size(); }
  std::uint64_t row_address(std::size_t i) const {
    return rows.empty() ? address : address + static_cast<std::uint64_t>(rows[i] * pitch_bytes);
  }
  std::int64_t bytes_needed() const { return static_cast<std::int64_t>(row_count()) * bytes; }

  void fingerprint(StateWords& out) const {
    out.word(step);
    out.word(bytes);
    for (const std::int64_t row : rows) out.word(row);
  }
  void advance(Cycle /*cycles*/) {}
};

// A transfer of this step is complete; those of one step complete in order.
struct Completion {
  static constexpr std::string_view kName = "completion";

  int step = 0;

  void fingerprint(StateWords& out) const { out.word(step); }
  void advance(Cycle /*cycles*/) {}
};

}  // namespace weft::sim::memory
