// SpAtten's public workload files: what each head of each layer fetches in each iteration, a row a
// query. Format: docs/units/workload.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/common/limits_default.hpp"

namespace weft::workload {

// One query of one head. Bits are as told; full precision (-1 in the file) is kFullBits.
struct PrunedRow {
  static constexpr int kFullBits = 32;

  std::int32_t iteration = 0;
  std::int32_t layer = 0;
  std::int32_t head = 0;
  std::int32_t width = 1;      // of a key and a value
  std::int32_t sentence = 1;   // tokens there are
  std::int32_t keys = 0;       // rows of K fetched
  std::int32_t values = 0;     // rows of V fetched, of those keys
  std::int32_t key_bits = 12;  // MSBs, where there are LSBs beside them
  std::int32_t query_bits = 12;
  std::int32_t value_bits = 12;
  std::int32_t lsb_bits = 0;     // of a key, beside key_bits
  double requantise_below = -1;  // the threshold of the greatest probability; -1: never
  bool requantises = false;      // this row does
  bool accumulates_importance = false;
  bool rescales_importance = false;  // what earlier iterations gave
  std::int32_t tokens_after = -1;    // selected behind this row, for the next; -1: none

  // Bytes that the row asks for.
  double key_bytes() const {
    return static_cast<double>(keys) * width * (key_bits + (requantises ? lsb_bits : 0)) / 8;
  }
  double value_bytes() const { return static_cast<double>(values) * width * value_bits / 8; }
};

struct PrunedRows {
  std::string file;
  std::string content_sha256;
  std::vector<PrunedRow> rows;  // by iteration, layer, head
};

// A last line that does not begin with a number is a comment. ConfigError lists what is wrong:
// columns that are missing, cells out of range, rows out of order.
PrunedRows load_pruned_rows(const std::filesystem::path& file,
                            const ReadLimits& limits = environment_limits());
PrunedRows parse_pruned_rows(std::string text, const std::string& file, const ReadLimits& limits);

}  // namespace weft::workload
