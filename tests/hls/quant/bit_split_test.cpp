#include "hls/quant/bit_split.hpp"

#include "models/numerics/bf16.hpp"
#include "models/quant/bit_split.hpp"
#include "tests/hls/bench.hpp"
#include "tests/hls/trace.hpp"

namespace weft::hls::test {
namespace {

using weft::numerics::bits_of;
constexpr int kUpper = 8;
constexpr int kLower = 4;
constexpr int kWidth = 32;
const auto kKernel = [](auto& in, auto& out) {
  quant::BitSplit<Types, kUpper, kLower, kWidth>::frame(in, out);
};
int asked = 0;  // how often lower planes were

Call of(float total, float threshold, const std::vector<std::int32_t>& integers) {
  const float largest = weft::numerics::divide(1.0F, total);
  const bool lower = weft::quant::needs_lower_bits(largest, threshold);
  asked += lower;
  const auto word = [](std::int32_t x, int bits) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(x) & ((1u << bits) - 1));
  };
  Call call;
  call.in = {bits_of(total) | std::uint64_t{bits_of(threshold)} << 32};
  call.expected = {bits_of(largest) | std::uint64_t{lower} << 32};
  std::vector<std::uint64_t> rest;
  for (const std::int32_t q : integers) {
    const std::int32_t upper = weft::quant::upper_of(q, kLower);
    const std::int32_t below = weft::quant::lower_of(q, kLower);
    call.in.push_back(word(upper, kUpper));
    if (lower) rest.push_back(word(below, kLower));
    // A word holds the integer sign-extended.
    call.expected.push_back(static_cast<std::uint64_t>(
        std::int64_t{lower ? weft::quant::joined(upper, below, kLower) : upper}));
  }
  call.in.insert(call.in.end(), rest.begin(), rest.end());
  return call;
}

Call random_call(std::mt19937_64& random) {
  std::uniform_real_distribution<float> many(1, 30);
  std::vector<std::int32_t> integers(kWidth);
  for (auto& q : integers) {
    const auto draw = static_cast<std::int32_t>(random() % 4096);
    q = random() % 8 == 0 ? (draw % 2 == 0 ? -2048 : 2047) : draw - 2048;
  }
  const float total = random() % 4 == 0 ? static_cast<float>(1 + random() % 30) : many(random);
  // Often exactly the largest probability: the test is strict.
  const float threshold = random() % 3 == 0   ? weft::numerics::divide(1.0F, total)
                          : random() % 5 == 0 ? 0.0F
                                              : 0.1F;
  return of(total, threshold, integers);
}

void compare_random(int calls) {
  asked = 0;
  compare(kKernel, random_call, calls, 51);
  EXPECT_GT(asked, calls / 10);
  EXPECT_LT(asked, calls / 10 * 9);
}
TEST(BitSplit, IsTheModel) { compare_random(3000); }
TEST(BitSplitLong, AHundredThousand) { compare_random(100000); }

TEST(BitSplit, EveryIntegerIsItsPlanes) {
  using Split = quant::BitSplit<Types, kUpper, kLower, kWidth>;
  for (std::int32_t q = -2048; q <= 2047; ++q) {
    const Split::Whole whole(q);
    ASSERT_EQ(Split::upper_of(whole).to_int(), weft::quant::upper_of(q, kLower));
    ASSERT_EQ(Split::lower_of(whole).to_int(), weft::quant::lower_of(q, kLower));
    ASSERT_EQ(Split::joined(Split::upper_of(whole), Split::lower_of(whole)).to_int(), q);
  }
}

// Each row's own sum, each head's keys at 8+4 bits.
TEST(BitSplit, RowsOfTheTrace) {
  asked = 0;
  weft::prune::AttentionOptions options;
  const weft::prune::test::WholeLayer layer(weft::prune::test::minilm_trace(), 2, options);
  std::vector<Call> calls;
  for (const TraceRow& row : trace_rows()) {
    const float top = *std::max_element(row.scores.begin(), row.scores.end());
    weft::softmax::LaneSum sum;
    for (const float x : row.scores) sum.add(weft::softmax::exp5(weft::numerics::subtract(x, top)));
    const auto n = static_cast<std::int64_t>(calls.size());
    const auto keys = layer.operands.key.row(n % layer.heads, n % layer.keys);
    calls.push_back(of(sum.total(), 0.1F, {keys.begin(), keys.end()}));
    ASSERT_EQ(calls.back().expected[0] & 0xFFFFFFFFu, bits_of(row.probabilities.largest));
  }
  compare(kKernel, calls);
  EXPECT_GT(asked, 0);
  EXPECT_LT(asked, static_cast<int>(calls.size()));
}

}  // namespace
}  // namespace weft::hls::test
