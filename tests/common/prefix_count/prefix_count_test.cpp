// weft_prefix_count: every pattern of few lanes, random ones of many, against std::popcount.
#include <Vprefix_1.h>
#include <Vprefix_16.h>
#include <Vprefix_2.h>
#include <Vprefix_33.h>
#include <Vprefix_5.h>
#include <gtest/gtest.h>

#include <bit>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t lanes>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
};

template <class V>
class PrefixCount : public testing::Test {
 protected:
  static constexpr std::size_t kCountBits = std::bit_width(V::kLanes);

  // Behind a cycle without bits, in which the unit promises nothing and asserts nothing.
  void expect(std::uint64_t bits) {
    dut_.valid_i = 0;
    set_port_bits(dut_.bits_i, 0, V::kLanes, ~bits & low_bits(V::kLanes));
    dut_.eval();
    dut_.valid_i = 1;
    set_port_bits(dut_.bits_i, 0, V::kLanes, bits);
    dut_.eval();
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      ASSERT_EQ(port_bits(dut_.before_o, lane * kCountBits, kCountBits),
                static_cast<std::uint64_t>(std::popcount(bits & low_bits(lane))))
          << "lane " << lane << " of " << bits;
      ++compared_;
    }
    ASSERT_EQ(port_bits(dut_.total_o, 0, kCountBits),
              static_cast<std::uint64_t>(std::popcount(bits)));
  }

  typename V::Model dut_;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vprefix_1, 1>, Variant<Vprefix_2, 2>, Variant<Vprefix_5, 5>,
                                Variant<Vprefix_16, 16>, Variant<Vprefix_33, 33>>;
TYPED_TEST_SUITE(PrefixCount, Variants);

TYPED_TEST(PrefixCount, CountsWhatStandsBeforeEach) {
  constexpr std::size_t kLanes = TypeParam::kLanes;
  if (kLanes <= 16) {
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << kLanes; ++bits) this->expect(bits);
    EXPECT_EQ(this->compared_, kLanes << kLanes);
    return;
  }
  const std::uint64_t seed = seed_or(57);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  this->expect(0);
  this->expect(low_bits(kLanes));
  for (int round = 0; round < 10000; ++round) {
    const std::uint64_t sparse = round % 2 == 0 ? random() : ~std::uint64_t{0};
    this->expect(random() & sparse & low_bits(kLanes));
  }
  EXPECT_EQ(this->compared_, 10002 * kLanes);
}

}  // namespace
}  // namespace weft::test
