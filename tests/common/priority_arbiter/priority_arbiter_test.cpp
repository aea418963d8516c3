// weft_priority_arbiter: every pattern of few requests, random ones of many.
#include <Varbiter_1.h>
#include <Varbiter_2.h>
#include <Varbiter_40.h>
#include <Varbiter_5.h>
#include <Varbiter_8.h>
#include <gtest/gtest.h>

#include <bit>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, int requests>
struct Variant {
  using Model = M;
  static constexpr int kRequests = requests;
};

template <class V>
class PriorityArbiter : public testing::Test {
 protected:
  void expect_lowest(std::uint64_t request) {
    set_port_bits(dut_.request_i, 0, V::kRequests, request);
    dut_.eval();
    const std::uint64_t grant = dut_.grant_o;
    ASSERT_EQ(dut_.any_o, request != 0) << request;
    ASSERT_EQ(std::popcount(grant), request == 0 ? 0 : 1) << request;
    if (request != 0) {
      ASSERT_EQ(std::countr_zero(grant), std::countr_zero(request)) << request;
    }
    ++compared_;
  }

  typename V::Model dut_;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Varbiter_1, 1>, Variant<Varbiter_2, 2>, Variant<Varbiter_5, 5>,
                   Variant<Varbiter_8, 8>, Variant<Varbiter_40, 40>>;
TYPED_TEST_SUITE(PriorityArbiter, Variants);

TYPED_TEST(PriorityArbiter, GrantsTheLowestRequest) {
  constexpr int kRequests = TypeParam::kRequests;
  if (kRequests <= 8) {
    for (std::uint64_t request = 0; request < (std::uint64_t{1} << kRequests); ++request)
      this->expect_lowest(request);
    EXPECT_EQ(this->compared_, std::uint64_t{1} << kRequests);
    return;
  }
  const std::uint64_t seed = seed_or(53);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  std::vector<std::string> names;
  for (int i = 0; i < kRequests; ++i) names.push_back("lowest is " + std::to_string(i));
  Bins bins(names);
  this->expect_lowest(0);
  for (int round = 0; round < 20000; ++round) {
    const std::uint64_t all = (std::uint64_t{1} << kRequests) - 1;
    const std::uint64_t request =
        (random() << (random() % kRequests)) & all;  // the lowest request anywhere
    this->expect_lowest(request);
    if (request != 0) bins.hit(static_cast<std::size_t>(std::countr_zero(request)));
  }
  EXPECT_EQ(this->compared_, 20001u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
