// Against whole numbers of any size (Boost.Multiprecision), and at the edges of 64 bits.
#include "models/common/count.hpp"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <random>
#include <string>

#include "tests/common/seed.hpp"

namespace weft {
namespace {

using boost::multiprecision::cpp_int;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// A number of any length up to 63 bits, the edges among them.
std::int64_t draw(std::mt19937_64& random) {
  const auto bits = random() % 64;
  if (random() % 16 == 0) return kMost;
  return static_cast<std::int64_t>(random() >> (63 - bits) >> 1);
}

// A first operand of 32 bits would take the other down to 32: it is not compiled.
template <class T>
constexpr bool kTaken = requires(T a, std::int64_t b) {
  times(a, b, "rows");
  plus(a, b, "rows");
  ceil_div(a, b);
};
static_assert(kTaken<std::int64_t> && kTaken<std::uint64_t> && !kTaken<int>);

TEST(Count, ProductsAndSumsAreRightOrRefused) {
  const std::uint64_t seed = weft::test::seed_or(1);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  int refused = 0;
  int right = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t a = draw(random);
    const std::int64_t b = draw(random);
    for (const bool product : {true, false}) {
      const cpp_int exact = product ? cpp_int(a) * b : cpp_int(a) + b;
      try {
        EXPECT_EQ(exact, product ? times(a, b, "rows") : plus(a, b, "rows"));
        ++right;
      } catch (const TooLarge&) {
        EXPECT_GT(exact, kMost) << a << " and " << b;
        ++refused;
      }
      EXPECT_EQ(product ? capped_times(a, b) : capped_plus(a, b),
                exact > kMost ? kMost : static_cast<std::int64_t>(exact));
    }
  }
  EXPECT_GT(right, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(Count, TotalsGoBeyond64Bits) {
  const std::uint64_t seed = weft::test::seed_or(1);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  int narrowed = 0;
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    Total total;
    cpp_int exact = 0;
    for (int k = 0; k < 4; ++k) {
      const std::int64_t n = draw(random) >> 30;
      const std::int64_t by = draw(random) >> 30;
      total.add(n, by);
      exact += cpp_int(n) * by;
    }
    const std::int64_t part = 1 + (draw(random) >> 40);
    const cpp_int upward = (exact + part - 1) / part;
    EXPECT_NEAR(total.approximate(), static_cast<double>(exact),
                1e-15 * static_cast<double>(exact));
    if (upward < (cpp_int(1) << 64)) {
      EXPECT_EQ(cpp_int(total.over(part).in_64_bits("bytes")), upward);
    }
    try {
      EXPECT_EQ(cpp_int(total.in_64_bits("bytes")), exact);
      ++narrowed;
    } catch (const TooLarge&) {
      EXPECT_GE(exact, cpp_int(1) << 64);
      ++refused;
    }
  }
  EXPECT_GT(narrowed, 100);
  EXPECT_GT(refused, 10);
}

TEST(Count, TotalsStopAtTheirOwnEnd) {
  Total most = Total(kMost) * kMost;
  Total beyond = most * kMost;
  EXPECT_GE(beyond, most);
  beyond += beyond;
  EXPECT_GE(beyond, most);
  EXPECT_THROW(static_cast<void>(beyond.in_64_bits("bytes")), TooLarge);
}

TEST(Count, TheMessageNamesTheCountAndItsSize) {
  try {
    static_cast<void>((Total(kMost) * 3).in_64_bits("bytes read"));
    FAIL() << "3 (2^63 - 1) does not fit";
  } catch (const TooLarge& error) {
    EXPECT_EQ(error.what(),
              std::string("bytes read come to 2.767e+19, more than can be counted (1.845e+19)"));
  }
}

TEST(Count, CyclesThatAreNoNumberAreRefused) {
  EXPECT_EQ(whole(30.9e15, "cycles"), 30'900'000'000'000'000);
  EXPECT_EQ(whole(2.5, "cycles"), 3);
  for (const double cycles : {9.3e18, 1e300, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(static_cast<void>(whole(cycles, "cycles")), TooLarge) << cycles;
}

}  // namespace
}  // namespace weft
