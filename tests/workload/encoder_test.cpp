#include "models/workload/encoder.hpp"

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>

#include "models/numerics/bf16.hpp"
#include "models/workload/safetensors.hpp"
#include "models/workload/trace.hpp"
#include "tests/common/seed.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

constexpr std::int64_t kWidth = 8;
constexpr std::int64_t kInner = 12;
constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kLayers = 2;
const std::string kVocabulary = "[CLS]\n[SEP]\n[UNK]\none\ntwo\nthree\n";
const std::string kConfig =
    R"({"model_type": "bert", "hidden_act": "gelu", "num_hidden_layers": 2, "hidden_size": 8,
        "num_attention_heads": 2, "intermediate_size": 12, "max_position_embeddings": 6,
        "vocab_size": 7, "type_vocab_size": 3,
        "layer_norm_eps": 1e-12})";

// Random weights of a small model, and its forward pass in double, written down once more as the
// paper has it, with the C library's functions.
class SmallModel : public test::InFolder {
 protected:
  using Matrix = std::vector<std::vector<double>>;

  void SetUp() override {
    InFolder::SetUp();
    seed_ = weft::test::seed_or(11);
    random_.seed(seed_);
    add("embeddings.word_embeddings.weight", {7, kWidth});  // a row more than there are tokens
    add("embeddings.position_embeddings.weight", {6, kWidth});
    add("embeddings.token_type_embeddings.weight", {3, kWidth});
    add_both("embeddings.LayerNorm", {kWidth});
    for (std::int64_t n = 0; n < kLayers; ++n) {
      const std::string block = "encoder.layer." + std::to_string(n);
      for (const char* part : {"self.query", "self.key", "self.value", "output.dense"})
        add_both(block + ".attention." + part, {kWidth, kWidth});
      add_both(block + ".attention.output.LayerNorm", {kWidth});
      add_both(block + ".intermediate.dense", {kInner, kWidth});
      add_both(block + ".output.dense", {kWidth, kInner});
      add_both(block + ".output.LayerNorm", {kWidth});
    }
    save();
    write("config.json", kConfig);
    write("vocab.txt", kVocabulary);
  }

  void save() const {
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, tensor] : weights_)
      tensors.push_back({name, Dtype::f32, tensor.shape, tensor.values});
    write_safetensors(folder_ / "model.safetensors", tensors);
  }

  void add(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::int64_t count = 1;
    for (const std::int64_t n : shape) count *= n;
    std::normal_distribution<float> normal(0, 0.7F);
    auto& tensor = weights_[name];
    tensor.shape = shape;
    for (std::int64_t i = 0; i < count; ++i) tensor.values.push_back(normal(random_));
  }
  void add_both(const std::string& name, const std::vector<std::int64_t>& shape) {
    add(name + ".weight", shape);
    add(name + ".bias", {shape[0]});
  }

  double w(const std::string& name, std::size_t i) const { return weights_.at(name).values[i]; }
  Matrix linear(const Matrix& x, const std::string& name) const {
    const auto outputs = static_cast<std::size_t>(weights_.at(name + ".weight").shape[0]);
    Matrix out;
    for (const auto& row : x) {
      auto& y = out.emplace_back();
      for (std::size_t o = 0; o < outputs; ++o) {
        y.push_back(w(name + ".bias", o));
        for (std::size_t e = 0; e < row.size(); ++e)
          y.back() += row[e] * w(name + ".weight", o * row.size() + e);
      }
    }
    return out;
  }
  Matrix norm(Matrix x, const std::string& name) const {
    for (auto& row : x) {
      double mean = 0;
      double variance = 0;
      for (const double v : row) mean += v / static_cast<double>(row.size());
      for (const double v : row)
        variance += (v - mean) * (v - mean) / static_cast<double>(row.size());
      for (std::size_t e = 0; e < row.size(); ++e)
        row[e] = (row[e] - mean) / std::sqrt(variance + 1e-12) * w(name + ".weight", e) +
                 w(name + ".bias", e);
    }
    return x;
  }
  static Matrix plus(Matrix x, const Matrix& y) {
    for (std::size_t r = 0; r < x.size(); ++r) {
      for (std::size_t e = 0; e < x[r].size(); ++e) x[r][e] += y[r][e];
    }
    return x;
  }
  static Matrix attention(const Matrix& q, const Matrix& k, const Matrix& v) {
    constexpr std::size_t kHead = kWidth / kHeads;
    Matrix out(q.size(), std::vector<double>(kWidth, 0));
    for (std::size_t h = 0; h < static_cast<std::size_t>(kHeads); ++h) {
      for (std::size_t p = 0; p < q.size(); ++p) {
        std::vector<double> weight;
        double total = 0;
        for (const auto& key : k) {
          double score = 0;
          for (std::size_t e = h * kHead; e < (h + 1) * kHead; ++e) score += q[p][e] * key[e];
          weight.push_back(std::exp(score / std::sqrt(static_cast<double>(kHead))));
          total += weight.back();
        }
        for (std::size_t m = 0; m < k.size(); ++m) {
          for (std::size_t e = h * kHead; e < (h + 1) * kHead; ++e)
            out[p][e] += weight[m] / total * v[m][e];
        }
      }
    }
    return out;
  }
  Matrix forward(const std::vector<std::int64_t>& ids) const {
    Matrix x;
    for (std::size_t t = 0; t < ids.size(); ++t) {
      auto& row = x.emplace_back();
      for (std::size_t e = 0; e < static_cast<std::size_t>(kWidth); ++e)
        row.push_back(
            w("embeddings.word_embeddings.weight", static_cast<std::size_t>(ids[t] * kWidth) + e) +
            w("embeddings.position_embeddings.weight", t * kWidth + e) +
            w("embeddings.token_type_embeddings.weight", e));
    }
    x = norm(x, "embeddings.LayerNorm");
    for (std::int64_t n = 0; n < kLayers; ++n) {
      const std::string block = "encoder.layer." + std::to_string(n);
      const std::string self = block + ".attention.self.";
      const Matrix context =
          attention(linear(x, self + "query"), linear(x, self + "key"), linear(x, self + "value"));
      x = norm(plus(linear(context, block + ".attention.output.dense"), x),
               block + ".attention.output.LayerNorm");
      Matrix inner = linear(x, block + ".intermediate.dense");
      for (auto& row : inner) {
        for (double& v : row) v = 0.5 * v * (1 + std::erf(v / std::sqrt(2.0)));
      }
      x = norm(plus(linear(inner, block + ".output.dense"), x), block + ".output.LayerNorm");
    }
    return x;
  }

  struct Tensor {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
  };
  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  std::map<std::string, Tensor> weights_;
};

TEST_F(SmallModel, IsTheForwardPassInDouble) {
  SCOPED_TRACE(weft::test::seed_text(seed_));
  const Encoder encoder(folder_);
  const auto ids = encoder.tokenize("one three two", {"t", 1, 0});
  ASSERT_EQ(ids, (std::vector<std::int64_t>{0, 3, 5, 4, 1}));
  DenseAttention dense;
  const std::vector<float> hidden = encoder.run(ids, dense);
  const Matrix exact = forward(ids);
  ASSERT_EQ(hidden.size(), ids.size() * kWidth);
  for (std::size_t t = 0; t < ids.size(); ++t) {
    for (std::size_t e = 0; e < static_cast<std::size_t>(kWidth); ++e)
      ASSERT_NEAR(hidden[t * kWidth + e], exact[t][e], 2e-5);
  }
  const std::vector<std::int64_t> rows{0, 2};
  const std::vector<double> embedding = encoder.embedding(hidden, rows);
  double length = 0;
  double along = 0;
  for (std::size_t e = 0; e < embedding.size(); ++e) {
    length += embedding[e] * embedding[e];
    along += embedding[e] * (exact[0][e] + exact[2][e]);
  }
  EXPECT_NEAR(length, 1, 1e-12);
  EXPECT_GT(along, 0);
}

// Drops a token: it keeps the state that its last layer left, the others don't see it any more.
class WithoutTheFirst final : public EncoderAttention {
 public:
  std::vector<std::int64_t> tokens(std::int64_t layer, std::int64_t count) override {
    auto all = dense_.tokens(layer, count);
    if (layer > 0) all.erase(all.begin());
    return all;
  }
  std::vector<float> attend(const AttentionOperands& operands) override {
    rows.push_back(static_cast<std::int64_t>(operands.tokens.size()));
    return dense_.attend(operands);
  }
  std::vector<std::int64_t> rows{};

 private:
  DenseAttention dense_;
};

TEST_F(SmallModel, ADroppedTokenStaysAsItWas) {
  const Encoder encoder(folder_);
  const std::vector<std::int64_t> ids{0, 3, 5, 1};
  WithoutTheFirst some;
  DenseAttention dense;
  const auto hidden = encoder.run(ids, some);
  EXPECT_EQ(some.rows, (std::vector<std::int64_t>{4, 3}));
  write("config.json",
        std::string(kConfig).replace(kConfig.find("layers\": 2"), 10, "layers\": 1"));
  const auto one_layer = Encoder(folder_).run(ids, dense);
  for (std::size_t e = 0; e < static_cast<std::size_t>(kWidth); ++e)
    EXPECT_EQ(hidden[e], one_layer[e]) << "as after one layer";
  EXPECT_NE(hidden[kWidth], one_layer[kWidth]);
}

class BadEncoder : public SmallModel {};

TEST_F(BadEncoder, ModelsThatAreNoneAreRefused) {
  const auto refused = [&](const std::string& from, const std::string& to,
                           std::initializer_list<std::string> parts) {
    std::string config = kConfig;
    config.replace(config.find(from), from.size(), to);
    write("config.json", config);
    test::expect_refused([&] { Encoder encoder(folder_); }, parts);
  };
  refused("\"bert\"", "\"gpt2\"", {"config.json", "model_type", "bert"});
  refused("\"gelu\"", "\"relu\"", {"config.json", "hidden_act"});
  refused("\"num_attention_heads\": 2", "\"num_attention_heads\": 3", {"must divide"});
  refused("\"hidden_size\": 8", "\"hidden_size\": -8", {"hidden_size", "whole number"});
  refused("\"vocab_size\": 7", "\"vocab_size\": 5", {"vocab.txt", "6 tokens", "5"});
  refused("\"hidden_size\": 8,", "", {"hidden_size", "missing"});
  refused("\"hidden_size\": 8", "\"hidden_size\": 16", {"model.safetensors", "shape"});
  refused("layers\": 2", "layers\": 3", {"encoder.layer.2", "no such tensor"});
  refused("{", "[", {"config.json"});
  write("config.json", kConfig);
  std::filesystem::remove(folder_ / "model.safetensors");
  test::expect_refused([&] { Encoder encoder(folder_); }, {"model.safetensors"});
}

TEST_F(BadEncoder, ATextLongerThanThePositionsIsRefused) {
  const Encoder encoder(folder_);
  EXPECT_EQ(encoder.tokenize("one two one two", {"t", 3, 0}).size(), 6u);
  test::expect_refused(
      [&] {
        encoder.tokenize("one two one two one", {"texts.txt", 3, 0});
      },
      {"texts.txt:3", "7 tokens", "6"});
}

TEST_F(BadEncoder, AWeightThatIsNotFiniteIsRefused) {
  weights_["encoder.layer.1.output.dense.bias"].values[3] = NAN;
  save();
  test::expect_refused([&] { Encoder encoder(folder_); }, {"encoder.layer.1.output.dense.bias"});
}

// The committed trace was made in double by another program from the same weights; bf16 rounds it.
class Recorder final : public EncoderAttention {
 public:
  std::vector<std::int64_t> tokens(std::int64_t layer, std::int64_t count) override {
    return dense_.tokens(layer, count);
  }
  std::vector<float> attend(const AttentionOperands& x) override {
    layers.push_back({std::vector<float>(x.q.begin(), x.q.end()),
                      std::vector<float>(x.k.begin(), x.k.end()),
                      std::vector<float>(x.v.begin(), x.v.end())});
    return dense_.attend(x);
  }
  std::vector<LayerTrace> layers{};

 private:
  DenseAttention dense_;
};

TEST(MiniLm, GivesTheCommittedTrace) {
  const char* folder = std::getenv("WEFT_MINILM");
  if (folder == nullptr)
    GTEST_SKIP()
        << "no weights: set WEFT_MINILM to the folder that scripts/trace/fetch_model.sh fills";
  const std::string path = WEFT_SOURCE_DIR "/tests/data/minilm-l6.safetensors";
  const Trace trace = load_trace(path);
  const Encoder encoder{std::filesystem::path(folder)};
  Recorder recorder;
  const auto ids = encoder.tokenize(load_safetensors(path).metadata().at("text"), {"text", 1, 0});
  ASSERT_EQ(ids.size(), 110u);
  encoder.run(ids, recorder);
  ASSERT_EQ(recorder.layers.size(), trace.layers.size());
  const auto compare = [](const std::vector<float>& got, const std::vector<float>& bf16) {
    ASSERT_EQ(got.size(), bf16.size());
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], bf16[i], 1e-4 + std::fabs(bf16[i]) / 256) << i;
  };
  for (std::size_t n = 0; n < trace.layers.size(); ++n) {
    compare(recorder.layers[n].q, trace.layers[n].q);
    compare(recorder.layers[n].k, trace.layers[n].k);
    compare(recorder.layers[n].v, trace.layers[n].v);
  }
}

}  // namespace
}  // namespace weft::workload
