// One query of one head on its way through an engine that prunes: what its units make of it, and
// what they say to one another about it. Rows and fetches belong to the engine's controller, which
// outlives all messages about them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/select/quick_select.hpp"
#include "sim/common/state_words.hpp"
#include "sim/common/time.hpp"

namespace weft::sim {

// Rows of a tensor to be brought in, asked for in parts, in order. Token t's begins at address + t
// · pitch_bytes.
struct Fetch {
  std::uint64_t number = 0;  // of all of the run, from 1
  std::int16_t tensor = 0;
  std::uint64_t address = 0;
  std::int64_t pitch_bytes = 0;
  std::int64_t row_bytes = 0;              // of a token
  std::int64_t stored_bytes = 0;           // of a token, on chip
  std::span<const std::int64_t> tokens{};  // ascending; lives as long as the fetch is under way
  // Whoever stores them: rows that are there, of those in order. Its own to write, and to read for
  // what it does in time.
  std::int64_t resident = 0;
  Cycle resident_at = 0;  // when some came last
  // Whoever asks: rows that were asked for, each time anew.
  std::int64_t asked = 0;

  // Whether units still hold messages about it, as known behind the cycle before: it must not go
  // before. What comes in this cycle is not seen, since units of a cycle step in any order.
  bool under_way(Cycle now) const { return resident < asked || (asked > 0 && resident_at >= now); }
};

struct QueryRow {
  std::int64_t number = 0;  // of all rows of the run
  // Rows made so far, of whoever makes them: a row is known by how many came behind it.
  const std::int64_t* made = nullptr;
  std::int32_t slot = 0;  // the controller's
  std::int32_t step = 0;
  std::int32_t layer = 0;
  std::int32_t head = 0;
  std::int32_t query = 0;
  std::int32_t width_qk = 1;
  std::int32_t width_v = 1;
  std::span<const std::int64_t> tokens{};  // whose keys it sees, ascending

  Fetch* keys = nullptr;
  Fetch* lower = nullptr;  // of the keys' lower bits; null: there are none
  Fetch* values =
      nullptr;            // shared by the queries of a head; null: its own, when it is known which
  std::int32_t pass = 0;  // 1: with the lower bits
  bool recomputes = false;  // as the pass before found

  std::int64_t values_kept = 0;                       // how many of the values are fetched
  std::vector<float> scores{};                        // by position among tokens
  std::vector<std::int32_t> probabilities{};          // integers
  float largest = 0;                                  // probability
  weft::select::Selection<std::int32_t> selection{};  // the k-th largest, once it is found
  std::vector<std::uint8_t> keep{};                   // by position, as compared with that
  std::vector<std::int64_t> kept{};                   // positions whose values count, ascending
  std::vector<std::int64_t> kept_tokens{};            // their tokens
  Fetch own_values{};
  std::vector<float> output{};

  std::int64_t age() const { return made == nullptr ? 0 : *made - number; }
  std::int64_t keys_seen() const { return static_cast<std::int64_t>(tokens.size()); }
};

// What is computed of a row, when its data is where it is needed; no time.
struct RowKernels {
  virtual ~RowKernels() = default;
  virtual void scores(QueryRow& row, std::int64_t first, std::int64_t count) = 0;
  virtual void softmax(QueryRow& row) = 0;
  // Whether the lower bits are needed, once the row's largest probability is known.
  virtual bool recomputes(const QueryRow& row) const = 0;
  // The values that count, of those that a selection by probability has kept.
  virtual void output(QueryRow& row) = 0;
};

// Some positions of a row: keys, scores, probabilities or values, in order.
struct RowBeat {
  static constexpr std::string_view kName = "row beat";

  QueryRow* row = nullptr;
  std::int32_t first = 0;
  std::int32_t count = 0;
  bool last = false;  // of its row

  void fingerprint(StateWords& out) const {
    out.word(row->age());
    out.word(first);
    out.word(count * 2 + (last ? 1 : 0));
  }
  void advance(Cycle /*cycles*/) {}
};

// A row as a whole: to be worked on, or done with.
struct RowToken {
  static constexpr std::string_view kName = "row";

  QueryRow* row = nullptr;

  void fingerprint(StateWords& out) const { out.word(row->age()); }
  void advance(Cycle /*cycles*/) {}
};

// So many more rows of a fetch, from row `first` of it on, are asked for, or are there.
struct FetchPart {
  static constexpr std::string_view kName = "fetch part";

  Fetch* fetch = nullptr;
  std::int32_t first = 0;
  std::int32_t count = 0;

  void fingerprint(StateWords& out) const {
    out.word(static_cast<std::int64_t>(fetch->number));
    out.word(first);
    out.word(count);
  }
  void advance(Cycle /*cycles*/) {}
};

}  // namespace weft::sim
