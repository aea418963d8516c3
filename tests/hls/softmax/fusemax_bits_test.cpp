#include "hls/softmax/fusemax_bits.hpp"

#include "models/softmax/fusemax_bits.hpp"
#include "tests/hls/bench.hpp"
#include "tests/hls/trace.hpp"

namespace weft::hls::test {
namespace {

using weft::numerics::bf16_bits;
using weft::numerics::bits_of;
using Values = std::vector<float>;

void push_row(std::vector<std::uint64_t>& words, std::span<const float> row) {
  for (std::size_t e = 0; e < row.size(); ++e) {
    if (e % 4 == 0) words.push_back(0);
    words.back() |= std::uint64_t{bits_of(row[e]) >> 16} << (e % 4 * 16);
  }
}

Call of(const Values& q, const Values& k, const Values& v, double scale, std::int64_t tile) {
  const auto keys = static_cast<std::int64_t>(k.size() / q.size());
  const std::size_t width_v = v.size() / static_cast<std::size_t>(keys);
  const weft::softmax::AttentionShape shape{.seq_q = 1,
                                            .seq_kv = keys,
                                            .width_qk = static_cast<std::int64_t>(q.size()),
                                            .width_v = static_cast<std::int64_t>(width_v)};
  Call call;
  call.in = {bits_of(weft::numerics::softmax_scale_log2e(scale)) | static_cast<std::uint64_t>(keys)
                                                                       << 32};
  push_row(call.in, q);
  for (std::size_t m = 0; m < static_cast<std::size_t>(keys); ++m) {
    push_row(call.in, std::span<const float>(k).subspan(m * q.size(), q.size()));
    push_row(call.in, std::span<const float>(v).subspan(m * width_v, width_v));
  }
  push_row(call.expected, weft::softmax::fusemax_attention(q, k, v, shape, scale, tile));
  return call;
}

Values values(std::mt19937_64& random, std::size_t count, double sigma) {
  std::normal_distribution<double> normal(0, sigma);
  Values out(count);
  for (float& x : out) x = weft::numerics::bf16_from_double(normal(random));
  return out;
}

// Any words among them now and then: infinities, NaN, subnormals.
Values with_edges(std::mt19937_64& random, Values out) {
  if (random() % 16 == 0) {
    for (int n = 0; n < 2; ++n)
      out[random() % out.size()] =
          weft::numerics::from_bf16(static_cast<std::uint16_t>(random() % 65536));
  }
  return out;
}

constexpr int kWidthQk = 8;
constexpr int kWidthV = 5;
constexpr int kTile = 4;
const auto kSmall = [](auto& in, auto& out) {
  softmax::FuseMaxAttention<Types, kWidthQk, kWidthV, kTile, 4>::frame(in, out);
};

Call random_call(std::mt19937_64& random) {
  const double sigmas[] = {0.5, 1, 4, 100};
  const double sigma = sigmas[random() % 4];
  const std::size_t keys = 1 + random() % 16;
  return of(with_edges(random, values(random, kWidthQk, sigma)),
            with_edges(random, values(random, keys * kWidthQk, sigma)),
            with_edges(random, values(random, keys * kWidthV, sigma)), 0.3, kTile);
}

TEST(FuseMaxAttention, IsTheModel) { compare(kSmall, random_call, 2000, 81); }
TEST(FuseMaxAttentionLong, AHundredThousand) { compare(kSmall, random_call, 100000, 82); }

// Sums of scores beyond fp32: infinities, then NaN.
TEST(FuseMaxAttention, ScoresThatSaturate) {
  const auto make = [](std::mt19937_64& random) {
    const std::size_t keys = 1 + random() % 16;
    return of(values(random, kWidthQk, 1e19), values(random, keys * kWidthQk, 1e19),
              values(random, keys * kWidthV, 1e38), 0.3, kTile);
  };
  compare(kSmall, make, 500, 83);
}

TEST(FuseMaxAttention, QueriesOfTheTrace) {
  const workload::Trace& trace = weft::prune::test::minilm_trace();
  const auto width = static_cast<std::size_t>(trace.shape.width_qk);
  ASSERT_EQ(width, 32u);
  const auto to_bf16 = [](float x) { return weft::numerics::round_to_bf16(x); };
  std::vector<Call> calls;
  for (const workload::LayerTrace& layer : trace.layers) {
    for (std::int64_t h = 0; h < trace.shape.heads; ++h) {
      const Values q = head_of(layer.q, h, trace, to_bf16);
      const auto row = q.begin() + (h * 9 % trace.shape.seq_q) * static_cast<std::int64_t>(width);
      calls.push_back(of(Values(row, row + static_cast<std::int64_t>(width)),
                         head_of(layer.k, h, trace, to_bf16), head_of(layer.v, h, trace, to_bf16),
                         trace.scale, 16));
    }
  }
  compare(
      [](auto& in, auto& out) { softmax::FuseMaxAttention<Types, 32, 32, 16, 8>::frame(in, out); },
      calls);
}

}  // namespace
}  // namespace weft::hls::test
