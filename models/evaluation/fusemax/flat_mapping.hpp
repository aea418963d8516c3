// FLAT's published mappings: what it keeps on chip, in which order, and how much of it spills.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/evaluation/fusemax/model.hpp"

namespace weft::evaluation {

// One row of configs/published/flat-mappings-cloud.csv, whose columns are FLAT's.
struct FlatMapping {
  std::string platform;  // "cloud"
  std::string model;
  std::int64_t length = 0;  // of queries and of keys
  std::int64_t model_width = 0;
  std::int64_t heads = 0;
  std::int64_t width = 0;
  bool q_on_chip = false;
  bool k_on_chip = false;
  bool v_on_chip = false;
  bool av_on_chip = false;
  bool scores_on_chip = false;        // QK and A, which lie at the same place
  bool qk_weight_stationary = false;  // else output stationary
  bool av_weight_stationary = false;
  bool by_rows = false;   // fused by `rows` queries, else by whole heads
  std::int64_t rows = 0;  // P1; read only where fused by rows
  double spilled = 0;     // share of what is on chip that does not fit
};

// Every row of the file. ConfigError with file and line of each fault.
std::vector<FlatMapping> read_flat_mappings(const std::string& file);

// The cloud row of `length` for a model: the row of that very model where there is one, else the
// first of the same width of a head (in the published file BERT's for 64, XLM's for 128).
// ConfigError where there is none.
const FlatMapping& flat_mapping(const std::vector<FlatMapping>& mappings, const Model& model,
                                std::int64_t length);

}  // namespace weft::evaluation
