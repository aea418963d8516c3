#include "hls/softmax/online_softmax.hpp"

#include "models/softmax/online_softmax.hpp"
#include "tests/hls/bench.hpp"
#include "tests/hls/trace.hpp"

namespace weft::hls::test {
namespace {

using weft::numerics::bits_of;
constexpr std::size_t kTile = 16;
const auto kKernel = [](auto& in, auto& out) {
  softmax::OnlineSoftmax<Types, kTile, 8>::frame(in, out);
};

Call of(const std::vector<float>& scores, float scale_log2e) {
  Call call;
  call.in = {bits_of(scale_log2e) | std::uint64_t{scores.size()} << 32};
  for (const float x : scores) call.in.push_back(bits_of(x));
  weft::softmax::OnlineSoftmax row;
  for (std::size_t i = 0; i < scores.size(); i += kTile) {
    const auto tile = std::span<const float>(scores).subspan(i, std::min(kTile, scores.size() - i));
    std::vector<float> weights(tile.size());
    call.expected.push_back(bits_of(row.step(tile, tile.size(), scale_log2e, weights)));
    for (const float w : weights) call.expected.push_back(bits_of(w));
  }
  call.expected.push_back(bits_of(row.maximum) | std::uint64_t{bits_of(row.denominator)} << 32);
  return call;
}

Call random_call(std::mt19937_64& random) {
  const float spreads[] = {0.01F, 1, 20, 300, 1e37F};
  const float spread = spreads[random() % 5];
  std::uniform_real_distribution<float> uniform(-spread, spread);
  std::vector<float> scores(1 + random() % (random() % 4 == 0 ? 128 : 20));
  const bool few = random() % 4 == 0;  // ties
  for (float& x : scores) x = few ? static_cast<float>(random() % 3) : uniform(random);
  if (random() % 16 == 0) scores[random() % scores.size()] = std::numeric_limits<float>::infinity();
  if (random() % 16 == 0) scores[0] = -std::numeric_limits<float>::infinity();
  return of(scores, random() % 2 == 0 ? weft::numerics::softmax_scale_log2e(0.176776695) : 1.0F);
}

TEST(OnlineSoftmax, IsTheModel) { compare(kKernel, random_call, 3000, 71); }
TEST(OnlineSoftmaxLong, AHundredThousand) { compare(kKernel, random_call, 100000, 72); }

TEST(OnlineSoftmax, ScoresOfTheTrace) {
  std::vector<Call> calls;
  for (const TraceRow& row : trace_rows())
    calls.push_back(of(row.scores, weft::numerics::softmax_scale_log2e(1)));
  compare(kKernel, calls);
}

// The model itself, against double precision: weights over the denominator are the softmax.
TEST(OnlineSoftmax, IsASoftmax) {
  for (const TraceRow& row : trace_rows()) {
    weft::softmax::OnlineSoftmax online;
    double total = 0;
    const float top = *std::max_element(row.scores.begin(), row.scores.end());
    for (const float x : row.scores) total += std::exp(static_cast<double>(x - top));
    std::vector<float> weights(kTile);
    for (std::size_t i = 0; i < row.scores.size(); i += kTile) {
      const auto tile =
          std::span<const float>(row.scores).subspan(i, std::min(kTile, row.scores.size() - i));
      online.step(tile, tile.size(), weft::numerics::softmax_scale_log2e(1), weights);
    }
    ASSERT_EQ(online.maximum, top);
    ASSERT_NEAR(online.denominator, total, 4e-3 * total);  // a weight has 8 bits
  }
}

}  // namespace
}  // namespace weft::hls::test
