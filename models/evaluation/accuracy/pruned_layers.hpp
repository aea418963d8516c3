// A schedule at work on a model's layers, and what it came to: bytes by tensor and technique,
// rounds of selection, what was kept.
#pragma once

#include <cstdint>
#include <vector>

#include "models/evaluation/accuracy/pruning_schedule.hpp"
#include "models/prune/pruned_attention.hpp"
#include "models/workload/encoder.hpp"

namespace weft::evaluation {

// Selections of one kind and their rounds.
struct SelectionCounts {
  std::int64_t selections = 0;  // that took at least one round
  std::int64_t rounds = 0;
  std::int64_t elements = 0;         // compared
  std::int64_t zero_thresholds = 0;  // of values: whose k-th is zero

  void add(const std::vector<std::int64_t>& round_elements);
  SelectionCounts& operator+=(const SelectionCounts& other);
};

// Bytes that 12 bits and one scale a tensor would take of everything, what each technique spares of
// them, and what is added; what is left is what was fetched.
struct SparedBytes {
  std::int64_t dense = 0;
  std::int64_t by_tokens = 0;
  std::int64_t by_heads = 0;
  std::int64_t by_values = 0;
  std::int64_t by_bits = 0;
  std::int64_t lower_planes = 0;  // added
  std::int64_t scales = 0;        // added, beyond those of 12 bits

  SparedBytes& operator+=(const SparedBytes& other);
  std::int64_t fetched() const {
    return dense - by_tokens - by_heads - by_values - by_bits + lower_planes + scales;
  }
};

struct LayerCounts {
  prune::Fetched fetched{};
  SparedBytes spared{};
  std::int64_t rows = 0;        // of scores
  std::int64_t lower_rows = 0;  // computed again with lower planes
  SelectionCounts values{};
  SelectionCounts tokens{};  // choosing this layer's
  SelectionCounts heads{};
  std::vector<std::int64_t> tokens_kept{};
  std::vector<std::int64_t> heads_kept{};

  LayerCounts& operator+=(const LayerCounts& other);  // not what was kept
};

// Of one tensor of so many tokens and heads. `width` of a head.
struct WholeLayer {
  std::int64_t tokens = 0;  // of the sequence
  std::int64_t heads = 0;
  std::int64_t queries = 0;  // of the sequence, or one
  std::int64_t width = 0;
};
LayerCounts counts_of(const prune::LayerOutcome& outcome, const WholeLayer& whole,
                      std::int64_t tokens_alive, std::int64_t queries_alive,
                      const prune::AttentionOptions& options);

// Prunes for a layer by what is known before it; gives what it has, and the rounds that choosing
// took.
LayerCounts choose_alive(const PruningSchedule& schedule, std::int64_t layer, prune::Tokens& tokens,
                         prune::Heads& heads);

// An encoder's attention under a schedule, for one text.
class PrunedEncoderAttention final : public workload::EncoderAttention {
 public:
  PrunedEncoderAttention(const PruningSchedule& schedule, const workload::EncoderShape& shape,
                         std::int64_t tokens);

  std::vector<std::int64_t> tokens(std::int64_t layer, std::int64_t count) override;
  std::vector<float> attend(const workload::AttentionOperands& operands) override;

  const std::vector<LayerCounts>& layers() const { return layers_; }

 private:
  const PruningSchedule* schedule_;
  prune::Tokens tokens_;
  prune::Heads heads_;
  std::vector<LayerCounts> layers_;
};

}  // namespace weft::evaluation
