// What is quantised and pruned in which layer of a model: a schedule, from YAML.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "models/common/fields.hpp"
#include "models/prune/attention_options.hpp"
#include "models/prune/ramp.hpp"

namespace weft::evaluation {

struct TokenPruning : prune::Ramp {
  prune::TokenCriterion criterion = prune::TokenCriterion::sum;
  std::int64_t recent = 0;  // of a decoder's tokens, the last ones that always stay
};
struct ValuePruning : prune::Ramp, prune::ValueOptions {};

// Which tokens' last states are averaged to a sentence's embedding: those that the last layer has,
// or all.
enum class Pooling : std::uint8_t { kept, all };

struct PruningSchedule {
  std::string name;  // the file's, without its ending
  std::string description;
  prune::OperandBits query{};
  prune::OperandBits key{};
  prune::OperandBits value{};
  int probability_bits = softmax::kProbabilityBits;
  double lower_bits_below = 0;
  TokenPruning tokens{};
  prune::Ramp heads{};
  ValuePruning values{};
  Pooling pooling = Pooling::kept;
  std::uint64_t seed = 1;
  config::Origins origins{};  // of what was written, for messages that need the model

  // What one layer of `layers` does.
  prune::AttentionOptions options(std::int64_t layer, std::int64_t layers) const;
};

// ConfigError for all that is wrong, with its place.
PruningSchedule load_schedule(const std::filesystem::path& file);
// ConfigError where the ramps don't suit a model of so many layers and heads.
void check_schedule(const PruningSchedule& schedule, std::int64_t layers);

}  // namespace weft::evaluation
