// A sentence encoder (BERT: embeddings, layers of attention and feed-forward, mean of the last
// hidden states) from its safetensors weights, with the attention left open. Around the attention
// everything is fp32 with sums in ascending order; the same bits on every machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/workload/dense.hpp"
#include "models/workload/wordpiece.hpp"

namespace weft::workload {

// The operands of one attention: [heads, rows, width] each, a row for each of `tokens`.
struct AttentionOperands {
  std::int64_t layer = 0;
  std::int64_t heads = 1;
  std::int64_t width = 1;
  std::span<const std::int64_t> tokens;
  std::span<const float> q;
  std::span<const float> k;
  std::span<const float> v;
};

struct Trace;

// One more layer of a trace, which then has their shape and 1 / √width as its scale.
void add_layer(Trace& trace, const AttentionOperands& operands);

class EncoderAttention {
 public:
  EncoderAttention() = default;
  EncoderAttention(const EncoderAttention&) = delete;
  EncoderAttention& operator=(const EncoderAttention&) = delete;
  virtual ~EncoderAttention() = default;
  // The tokens of a layer, ascending, some of those of the layer before. The others stay as that
  // layer left them.
  virtual std::vector<std::int64_t> tokens(std::int64_t layer, std::int64_t count) = 0;
  // [heads, rows, width].
  virtual std::vector<float> attend(const AttentionOperands& operands) = 0;
};

// softmax(q·kᵀ/√width)·v of all tokens: fp32 products, the exponential and the sums of weights in
// double.
class DenseAttention final : public EncoderAttention {
 public:
  std::vector<std::int64_t> tokens(std::int64_t layer, std::int64_t count) override;
  std::vector<float> attend(const AttentionOperands& operands) override;
};

struct EncoderShape {
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t width = 0;  // of the model
  std::int64_t feed_forward = 0;
  std::int64_t longest = 0;     // tokens
  std::int64_t vocabulary = 0;  // rows of embeddings, as many as tokens or more
  std::int64_t types = 2;       // of tokens; the first is every one's
  double epsilon = 0;           // of layer norms
};

class Encoder {
 public:
  // Reads config.json, vocab.txt and model.safetensors of a folder. ConfigError for what is missing
  // or is not a BERT with GELU and absolute positions.
  explicit Encoder(const std::filesystem::path& folder);

  const EncoderShape& shape() const { return shape_; }
  // ConfigError where a text is longer than the model's positions; `where` is the text's place.
  std::vector<std::int64_t> tokenize(std::string_view text, const Location& where) const;
  // The last hidden state [tokens, width]; of a token that the attention dropped, of its last
  // layer.
  std::vector<float> run(std::span<const std::int64_t> ids, EncoderAttention& attention) const;
  // The mean over some rows of a hidden state, of length 1.
  std::vector<double> embedding(std::span<const float> hidden,
                                std::span<const std::int64_t> rows) const;

 private:
  struct Norm {
    std::vector<float> weight;
    std::vector<float> bias;
  };
  struct Linear {
    PackedMatrix weight;
    std::vector<float> bias;
  };
  struct Layer {
    Linear query, key, value, output, intermediate, final;
    Norm attention_norm, final_norm;
  };
  class Reader;

  std::vector<float> embed(std::span<const std::int64_t> ids) const;
  std::vector<float> layer(const Layer& weights, std::int64_t index,
                           std::span<const std::int64_t> tokens, std::span<const float> x,
                           EncoderAttention& attention) const;
  void normalise(const Norm& norm, std::span<float> rows) const;
  static std::vector<float> apply(const Linear& linear, std::span<const float> x);

  EncoderShape shape_;
  WordPiece tokenizer_;
  std::vector<float> words_;      // [vocabulary, width]
  std::vector<float> positions_;  // [longest, width]
  std::vector<float> type_;       // [width]
  Norm embedding_norm_;
  std::vector<Layer> layers_;
};

}  // namespace weft::workload
