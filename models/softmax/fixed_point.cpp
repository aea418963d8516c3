#include "models/softmax/fixed_point.hpp"

#include "models/common/error.hpp"

// Loops are compiled twice: as any processor can do them, and for one that has AVX2 and FMA, which
// does more at once; integer sums are exact in any order, and fp32 steps are the same ones.
namespace weft::softmax {
namespace {

[[gnu::always_inline]] inline std::int32_t dot_of(const std::int16_t* a, const std::int16_t* b,
                                                  std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t e = 0; e < count; ++e)
    sum += static_cast<std::int32_t>(a[e]) * static_cast<std::int32_t>(b[e]);
  return sum;
}

[[gnu::always_inline]] inline void dots_of(std::span<const std::int16_t> a,
                                           const std::int16_t* rows, std::span<std::int32_t> out) {
  for (std::size_t r = 0; r < out.size(); ++r)
    out[r] = dot_of(a.data(), rows + r * a.size(), a.size());
}

// exp5 of what is finite: no subnormal between the steps reaches the result, so none is flushed.
[[gnu::always_inline]] inline float exponential(float x) {
  using numerics::float_of;
  const float t = __builtin_fmaf(x, float_of(kLog2E), float_of(numerics::kExpMagic));
  const auto n = static_cast<std::int32_t>(numerics::bits_of(t) - numerics::kExpMagic);
  const float r = __builtin_fmaf(static_cast<float>(n), float_of(kMinusLn2), x);
  float p = float_of(kTaylor[5]);
  p = __builtin_fmaf(p, r, float_of(kTaylor[4]));
  p = __builtin_fmaf(p, r, float_of(kTaylor[3]));
  p = __builtin_fmaf(p, r, float_of(kTaylor[2]));
  p = __builtin_fmaf(p, r, float_of(kTaylor[1]));
  p = __builtin_fmaf(p, r, float_of(kTaylor[0]));
  const std::uint32_t bits = numerics::bits_of(p);
  const auto field = static_cast<std::int32_t>(bits >> 23) + n;
  const std::uint32_t moved = (bits & 0x007FFFFFu) | (static_cast<std::uint32_t>(field) << 23);
  const std::uint32_t gone =
      std::uint32_t{0} - static_cast<std::uint32_t>(static_cast<int>(n < -126) |
                                                    static_cast<int>(field <= 0) |
                                                    static_cast<int>(x < -126.0F));
  return float_of(moved & ~gone);
}

[[gnu::always_inline]] inline float row_of(std::span<const float> scores, float top, int bits,
                                           float* exponentials, std::int32_t* integers) {
  const std::size_t count = scores.size();
  for (std::size_t i = 0; i < count; ++i) exponentials[i] = exponential(scores[i] - top);
  constexpr std::size_t kLanes = kSoftmaxParallelism;
  std::array<float, kLanes> lanes{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += exponentials[i + lane];
  }
  for (std::size_t lane = 0; i + lane < count; ++lane) lanes[lane] += exponentials[i + lane];
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  const float total = lanes[0];
  const std::int32_t most = probability_most(bits);
  const auto scale = static_cast<float>(most);
  for (std::size_t m = 0; m < count; ++m) {
    const float shifted = exponentials[m] / total * scale + 8388608.0F;
    const auto integer = static_cast<std::int32_t>(numerics::bits_of(shifted) & 0x007FFFFFu);
    integers[m] = integer < most ? integer : most;
  }
  return 1.0F / total;
}

#if defined(__x86_64__)
bool has_avx2_and_fma() {
  static const bool kHas =
      __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return kHas;
}
[[gnu::target("avx2,fma")]] std::int32_t dot_avx2(const std::int16_t* a, const std::int16_t* b,
                                                  std::size_t count) {
  return dot_of(a, b, count);
}
[[gnu::target("avx2,fma")]] void dots_avx2(std::span<const std::int16_t> a,
                                           const std::int16_t* rows, std::span<std::int32_t> out) {
  dots_of(a, rows, out);
}
[[gnu::target("avx2,fma")]] float row_avx2(std::span<const float> scores, float top, int bits,
                                           float* exponentials, std::int32_t* integers) {
  return row_of(scores, top, bits, exponentials, integers);
}
#else
constexpr bool has_avx2_and_fma() { return false; }
std::int32_t dot_avx2(const std::int16_t* a, const std::int16_t* b, std::size_t count) {
  return dot_of(a, b, count);
}
void dots_avx2(std::span<const std::int16_t> a, const std::int16_t* rows,
               std::span<std::int32_t> out) {
  dots_of(a, rows, out);
}
float row_avx2(std::span<const float> scores, float top, int bits, float* exponentials,
               std::int32_t* integers) {
  return row_of(scores, top, bits, exponentials, integers);
}
#endif

}  // namespace

std::int32_t dot(std::span<const std::int16_t> a, std::span<const std::int16_t> b) {
  return has_avx2_and_fma() ? dot_avx2(a.data(), b.data(), a.size())
                            : dot_of(a.data(), b.data(), a.size());
}

void dots(std::span<const std::int16_t> a, std::span<const std::int16_t> rows,
          std::span<std::int32_t> out) {
  check(rows.size() == a.size() * out.size(), "rows of the vector's size");
  if (has_avx2_and_fma()) return dots_avx2(a, rows.data(), out);
  dots_of(a, rows.data(), out);
}

std::int64_t dot_wide(std::span<const std::int16_t> a, std::span<const std::int16_t> b) {
  std::int64_t sum = 0;
  for (std::size_t e = 0; e < a.size(); ++e)
    sum += static_cast<std::int64_t>(static_cast<std::int32_t>(a[e]) *
                                     static_cast<std::int32_t>(b[e]));
  return sum;
}

void probabilities(std::span<const float> scores, int bits, ProbabilityRow& out) {
  out.integers.resize(scores.size());
  out.largest = 0;
  if (scores.empty()) return;
  const float top = *std::max_element(scores.begin(), scores.end());
  std::vector<float> exponentials(scores.size());
  out.largest = (has_avx2_and_fma() ? row_avx2 : row_of)(scores, top, bits, exponentials.data(),
                                                         out.integers.data());
}

}  // namespace weft::softmax
