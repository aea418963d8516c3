// A layer of an encoder through simulated engines, beside dense attention in double precision.
#include "sim/engine/simulated_attention.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>

#include "models/common/error.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

struct Operands {
  static constexpr std::int64_t kHeads = 3;
  static constexpr std::int64_t kRows = 21;
  static constexpr std::int64_t kWidth = 16;
  std::vector<std::int64_t> tokens = std::vector<std::int64_t>(kRows);
  std::vector<float> q, k, v;

  explicit Operands(std::uint64_t seed) {
    std::iota(tokens.begin(), tokens.end(), 0);
    std::mt19937_64 random(seed);
    for (std::vector<float>* all : {&q, &k, &v}) {
      for (std::int64_t i = 0; i < kHeads * kRows * kWidth; ++i)
        all->push_back(static_cast<float>(random() % 2001) / 500 - 2);
    }
  }
  workload::AttentionOperands of(std::int64_t layer) const {
    return {layer, kHeads, kWidth, tokens, q, k, v};
  }
};

double rms_relative(const std::vector<float>& got, const std::vector<float>& wanted) {
  double apart = 0;
  double all = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    apart += std::pow(static_cast<double>(got[i]) - wanted[i], 2);
    all += std::pow(wanted[i], 2);
  }
  return std::sqrt(apart / all);
}

TEST(SimulatedAttention, IsDenseAttentionWithinTheEnginesNumbers) {
  for (const char* name : {"fusemax-8x8", "unfused-8x8", "spatten-dense"}) {
    SimulatedAttention simulated(design(name));
    workload::DenseAttention dense;
    std::uint64_t before = 0;
    for (std::int64_t layer = 0; layer < 3; ++layer) {
      const Operands operands(static_cast<std::uint64_t>(layer) + 5);
      EXPECT_EQ(simulated.tokens(layer, Operands::kRows), operands.tokens);
      const std::vector<float> wanted = dense.attend(operands.of(layer));
      const std::vector<float> got = simulated.attend(operands.of(layer));
      ASSERT_EQ(got.size(), wanted.size());
      EXPECT_LT(rms_relative(got, wanted), 0.02) << name;
      EXPECT_GT(rms_relative(got, wanted), 0) << name;  // bf16 and 12 bits leave their mark
      EXPECT_GT(simulated.cycles(), before);
      before = simulated.cycles();
    }
  }
}

// The real model, its attention simulated in every layer: where the weights are.
TEST(SimulatedAttention, CarriesARealModelsMeaning) {
  const char* folder = std::getenv("WEFT_MINILM");
  if (folder == nullptr)
    GTEST_SKIP()
        << "no weights: set WEFT_MINILM to the folder that scripts/trace/fetch_model.sh fills";
  const workload::Encoder encoder{std::filesystem::path(folder)};
  const auto ids = encoder.tokenize("Threads cross and hold one another: that is what weaving is.",
                                    {"text", 1, 0});
  std::vector<std::int64_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), 0);
  workload::DenseAttention dense;
  const std::vector<double> wanted = encoder.embedding(encoder.run(ids, dense), rows);
  for (const char* name : {"fusemax-8x8", "spatten-dense"}) {
    SimulatedAttention simulated(design(name));
    const std::vector<double> got = encoder.embedding(encoder.run(ids, simulated), rows);
    const double cosine = std::inner_product(got.begin(), got.end(), wanted.begin(), 0.0);
    EXPECT_GT(cosine, 0.9995) << name;
    EXPECT_LT(cosine, 1 - 1e-12) << name;
    EXPECT_GT(simulated.cycles(), 0u);
  }
}

TEST(SimulatedAttention, SaysWhyALayerDoesNotFit) {
  SimulatedAttention simulated(design("fusemax-8x8", {{"arch.buffer.bytes", "512"}}));
  try {
    static_cast<void>(simulated.attend(Operands(1).of(4)));
    FAIL() << "512 bytes hold no tile";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("layer 4"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
