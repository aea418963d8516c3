// Fetches for the bench of weft_row_fill: rows of one plane of elements in memory, where they stand
// on chip, and the accesses that they take, worked out apart from the unit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace weft::test {

struct Plane {
  std::size_t nibbles = 0;  // of an element in memory; 0: no such plane
  std::size_t shift = 0;    // nibbles below them on chip
};

struct FetchedRows {
  std::vector<std::uint8_t> memory;  // from address 0 on
  std::vector<std::size_t> rows;     // addresses
  std::size_t bytes = 0;             // of a row
  std::size_t parts = 0;             // words of a row
  std::size_t word = 0;              // of the first row
  bool together = false;             // rows follow one another in memory
};

struct FilledAccess {
  std::size_t fetch = 0;
  std::size_t row = 0;  // that it was made for
  std::size_t address = 0;
  std::size_t whole = 0;  // rows that are, when it has come
  bool first = false;     // of its fetch
  std::size_t run = 0;    // rows from its own on that lie one behind another
};

// What a row of a fetch takes and the access asked for last is not.
inline std::vector<FilledAccess> accesses_of(const FetchedRows& fetch, std::size_t number,
                                             std::size_t access) {
  std::vector<FilledAccess> made;
  for (std::size_t r = 0; r < fetch.rows.size(); ++r) {
    const std::size_t end = fetch.rows[r] + fetch.bytes;
    for (std::size_t at = fetch.rows[r] / access * access; at < end; at += access) {
      if (made.empty() || made.back().address != at)
        made.push_back({number, r, at, 0, made.empty()});
    }
    made.back().whole = r + 1;
  }
  for (FilledAccess& one : made) {
    one.run = 1;
    for (std::size_t r = one.row; r + 1 < fetch.rows.size(); ++r, ++one.run) {
      if (fetch.rows[r + 1] != fetch.rows[r] + fetch.bytes) break;
    }
  }
  return made;
}

// Rows that share an access have to be neighbours in memory.
inline bool neighbours_share(const FetchedRows& fetch, std::size_t access) {
  for (std::size_t r = 1; r < fetch.rows.size(); ++r) {
    const std::size_t last = fetch.rows[r - 1] + fetch.bytes - 1;
    if (last / access == fetch.rows[r] / access && fetch.rows[r] != last + 1) return false;
  }
  return true;
}

// Tokens side by side or apart, from any whole chunk on.
inline FetchedRows fetched_rows(std::mt19937_64& random, const Plane& plane,
                                std::size_t multipliers, std::size_t words, std::size_t access) {
  const std::size_t chunk = multipliers / 2;
  for (;;) {
    FetchedRows made;
    made.parts = 1 + random() % 4;
    made.bytes = made.parts * plane.nibbles * chunk;
    made.word = random() % words;
    const std::size_t pitch = made.bytes + (random() % 2 == 0 ? 0 : random() % 6 * chunk);
    const std::size_t count = 1 + random() % std::min<std::size_t>(9, words / made.parts);
    const bool apart = random() % 2 == 0;
    std::size_t address = random() % 16 * chunk;
    made.together = pitch == made.bytes;
    for (std::size_t r = 0; r < count; ++r) {
      made.rows.push_back(address);
      const std::size_t skipped = apart && random() % 3 == 0 ? 1 + random() % 3 : 0;
      address += (1 + skipped) * pitch;
      made.together = made.together && skipped == 0;
    }
    if (!neighbours_share(made, access)) continue;
    made.memory.resize((made.rows.back() + made.bytes + access) / access * access);
    for (std::uint8_t& byte : made.memory) byte = static_cast<std::uint8_t>(random());
    return made;
  }
}

// Element e of a row, bit by bit: in bits [e * b, (e + 1) * b) of its bytes.
inline std::uint64_t element_of(const FetchedRows& fetch, std::size_t row, std::size_t e,
                                std::size_t bits) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bits; ++i) {
    const std::size_t bit = e * bits + i;
    const std::uint64_t byte = fetch.memory[fetch.rows[row] + bit / 8];
    value |= (byte >> (bit % 8) & 1) << i;
  }
  return value;
}

}  // namespace weft::test
