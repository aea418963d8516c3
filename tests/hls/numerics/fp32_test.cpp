// Operations of kernels against models/numerics, which tests/numerics holds to exact arithmetic.
#include "hls/numerics/fp32.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "hls/common/types.hpp"
#include "hls/numerics/exp_fp32.hpp"
#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_fp32.hpp"
#include "tests/common/seed.hpp"

namespace weft::hls::test {
namespace {

using Float = numerics::Fp32<Types>;
using Bits = Float::Word;
using weft::numerics::bits_of;
using weft::numerics::float_of;

constexpr std::array<std::uint32_t, 16> kEdges = {
    0u,          0x80000000u, 1u,          0x007FFFFFu, 0x00800000u, 0x80800000u,
    0x00FFFFFFu, 0x3F800000u, 0xBF800000u, 0x7F7FFFFFu, 0xFF7FFFFFu, 0x7F800000u,
    0xFF800000u, 0x7FC00000u, 0x7F800001u, 0x3F7FFFFFu};

// Edges, any word, words near in exponent to another so that sums cancel, and few bits.
class Words {
 public:
  explicit Words(std::uint64_t seed) : random_(seed) {}
  std::uint32_t next() {
    const auto any = static_cast<std::uint32_t>(random_());
    switch (random_() % 8) {
      case 0: return kEdges[any % kEdges.size()];
      case 1: return any;
      case 2: return any & 0x81FFFFFFu;  // tiny
      case 3: return last_ ^ (any & 0x80000007u);
      case 4: return any & 0xFFFF0000u;
      default: break;
    }
    last_ = (any & 0x807FFFFFu) | (120u + any / 7 % 16) << 23;
    return last_;
  }

 private:
  std::mt19937_64 random_;
  std::uint32_t last_ = 0x3F800000u;
};

std::uint32_t word(const Bits& x) { return static_cast<std::uint32_t>(x.to_uint64()); }

TEST(Fp32, IsTheModel) {
  const std::uint64_t seed = weft::test::seed_or(31);
  SCOPED_TRACE(weft::test::seed_text(seed));
  Words words(seed);
  for (int n = 0; n < 100000; ++n) {
    const std::uint32_t a = words.next();
    const std::uint32_t b = words.next();
    const std::uint32_t c = words.next();
    const Bits x(a);
    const Bits y(b);
    const Bits z(c);
    const float f = float_of(a);
    const float g = float_of(b);
    const float h = float_of(c);
    SCOPED_TRACE(testing::Message() << std::hex << a << " " << b << " " << c);
    ASSERT_EQ(word(Float::macc(x, y, z)), bits_of(weft::numerics::macc(f, g, h)));
    ASSERT_EQ(word(Float::add(x, y)), bits_of(weft::numerics::add(f, g)));
    ASSERT_EQ(word(Float::subtract(x, y)), bits_of(weft::numerics::subtract(f, g)));
    ASSERT_EQ(word(Float::multiply(x, y)), bits_of(weft::numerics::multiply(f, g)));
    ASSERT_EQ(word(Float::divide(x, y)), bits_of(weft::numerics::divide(f, g)));
    ASSERT_EQ(word(Float::max(x, y)), bits_of(weft::numerics::max(f, g)));
    ASSERT_EQ(word(Float::flush(x)), bits_of(weft::numerics::flush(f)));
    ASSERT_EQ(word(Float::negate(x)), bits_of(weft::numerics::negate(f)));
    ASSERT_EQ(word(Float::round_to_bf16(x)), bits_of(weft::numerics::round_to_bf16(f)));
    ASSERT_EQ(Float::less(x, y), weft::numerics::flush(f) < weft::numerics::flush(g));
  }
}

TEST(ExpFp32, IsTheModel) {
  const std::uint64_t seed = weft::test::seed_or(32);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  Words words(seed + 1);
  std::uniform_real_distribution<float> uniform(-140, 140);
  for (int n = 0; n < 100000; ++n) {
    const float x = n % 4 == 0 ? float_of(words.next()) : uniform(random);
    const float c = n % 16 == 0 ? float_of(words.next()) : n % 2 == 0 ? 1.0F : 0.18033688F;
    ASSERT_EQ(word(numerics::ExpFp32<Types>::exp(Bits(bits_of(x)), Bits(bits_of(c)))),
              bits_of(weft::numerics::exp_maccs(x, c)))
        << std::hex << bits_of(x) << " " << bits_of(c);
  }
}

}  // namespace
}  // namespace weft::hls::test
