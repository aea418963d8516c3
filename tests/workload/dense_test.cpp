#include "models/workload/dense.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/common/seed.hpp"

namespace weft::workload {
namespace {

// Bit for bit what two loops give that add product after product.
TEST(Dense, IsTheSumInOrder) {
  const std::uint64_t seed = weft::test::seed_or(10);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0, 1);
  for (int run = 0; run < 30; ++run) {
    const auto rows = static_cast<std::int64_t>(1 + random() % 11);
    const auto inner = static_cast<std::int64_t>(1 + random() % 70);
    const auto columns = static_cast<std::int64_t>(1 + random() % 50);
    std::vector<float> a(static_cast<std::size_t>(rows * inner));
    std::vector<float> b(static_cast<std::size_t>(inner * columns));
    std::vector<float> turned(b.size());
    for (float& x : a) x = normal(random);
    for (float& x : b) x = normal(random);
    for (std::int64_t e = 0; e < inner; ++e) {
      for (std::int64_t c = 0; c < columns; ++c)
        turned[static_cast<std::size_t>(c * inner + e)] =
            b[static_cast<std::size_t>(e * columns + c)];
    }
    std::vector<float> out(static_cast<std::size_t>(rows * columns));
    std::vector<float> same(out.size());
    multiply(a, rows, PackedMatrix::of(b, inner, columns), out);
    multiply(a, rows, PackedMatrix::of_transposed(turned, columns, inner), same);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        float sum = 0;
        for (std::int64_t e = 0; e < inner; ++e) {
          const float product = a[static_cast<std::size_t>(r * inner + e)] *
                                b[static_cast<std::size_t>(e * columns + c)];
          sum += product;
        }
        ASSERT_EQ(out[static_cast<std::size_t>(r * columns + c)], sum);
        ASSERT_EQ(same[static_cast<std::size_t>(r * columns + c)], sum);
      }
    }
  }
}

}  // namespace
}  // namespace weft::workload
