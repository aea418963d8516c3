// What of a Hugging Face config.json is not full softmax attention of one shape.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "models/workload/assumptions.hpp"

namespace weft::workload {

// What the code of a family does where its file says nothing.
struct FamilyDefaults {
  bool causal = false;
  std::int64_t layers = 1;              // of the file
  std::int64_t head_width = 0;          // of the file
  std::int64_t window = 0;              // keys that a query sees; 0: all
  bool window_needs_switch = false;     // `use_sliding_window` must be true
  std::int64_t first_window_layer = 0;  // layers before this one see all keys (`max_window_layers`)
  bool encoder_decoder = false;  // its encoder is run, and is_encoder_decoder says nothing new
  double softcap = 0;            // of the scores; 0: none
  std::string_view positions_in_scores;  // a text, where every model of the family has them
  bool positions_add_products = false;   // … by products with the queries
};

// In the order in which a reader would look for them; every entry names the key.
std::vector<Unmodelled> unmodelled_of(const nlohmann::json& config, const FamilyDefaults& family);

}  // namespace weft::workload
