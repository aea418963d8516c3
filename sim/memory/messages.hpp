// What the memory side says to each other. Requests have addresses; responses come in order.
#pragma once

#include <cstdint>
#include <string_view>

#include "models/engine/schedule/schedule.hpp"
#include "sim/common/state_words.hpp"
#include "sim/common/time.hpp"

namespace weft::sim::memory {

// One request to memory: address, bytes, direction, tensor. `tag` orders responses: here all of a
// fetcher's.
struct Request {
  static constexpr std::string_view kName = "request";

  std::uint64_t address = 0;
  std::int32_t bytes = 0;
  bool write = false;
  std::int16_t tensor = 0;

  void fingerprint(StateWords& out) const { out.word(bytes * 2 + (write ? 1 : 0)); }
  void advance(Cycle /*cycles*/) {}
};

struct Response {
  static constexpr std::string_view kName = "response";

  bool write = false;

  void fingerprint(StateWords& out) const { out.word(write ? 1 : 0); }
  void advance(Cycle /*cycles*/) {}
};

// A tile to bring in or to take out, as the sequencer orders it.
struct Transfer {
  static constexpr std::string_view kName = "transfer";

  int group = 0;
  int step = 0;
  std::int64_t bytes = 0;
  bool write = false;
  std::int16_t tensor = 0;
  std::uint64_t address = 0;
  weft::engine::Coordinates at{};

  void fingerprint(StateWords& out) const {
    out.word(step);
    out.word(bytes);
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
