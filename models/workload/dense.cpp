#include "models/workload/dense.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "models/common/count.hpp"
#include "models/common/error.hpp"

namespace weft::workload {
namespace {

constexpr std::int64_t kPanel = PackedMatrix::kPanel;
constexpr std::int64_t kBlock = 4;  // rows at once

// Eight lanes; where the processor has four, the compiler takes two of its own.
typedef float Lanes __attribute__((vector_size(32)));  // NOLINT(modernize-use-using): an attribute

// `Rows` rows of a with one panel: sums in registers, one term of each at a time.
template <std::int64_t Rows>
[[gnu::always_inline]] inline void block(const float* a, std::int64_t inner, const float* panel,
                                         float* out) {
  std::array<Lanes, static_cast<std::size_t>(Rows)> low{};
  std::array<Lanes, static_cast<std::size_t>(Rows)> high{};
  for (std::int64_t e = 0; e < inner; ++e) {
    Lanes b0;
    Lanes b1;
    std::memcpy(&b0, panel + e * kPanel, sizeof(Lanes));
    std::memcpy(&b1, panel + e * kPanel + 8, sizeof(Lanes));
#pragma GCC unroll 4
    for (std::size_t r = 0; r < static_cast<std::size_t>(Rows); ++r) {
      const float x = a[static_cast<std::int64_t>(r) * inner + e];
      low[r] += b0 * x;
      high[r] += b1 * x;
    }
  }
  for (std::size_t r = 0; r < static_cast<std::size_t>(Rows); ++r) {
    std::memcpy(out + r * kPanel, &low[r], sizeof(Lanes));
    std::memcpy(out + r * kPanel + 8, &high[r], sizeof(Lanes));
  }
}

[[gnu::always_inline]] inline void whole(const float* a, std::int64_t rows, const PackedMatrix& b,
                                         float* out) {
  std::array<float, static_cast<std::size_t>(kBlock * kPanel)> sums{};
  const std::int64_t columns = b.columns();
  for (std::int64_t begin = 0; begin < columns; begin += kPanel) {
    const float* panel = b.panel(begin / kPanel);
    const auto width = static_cast<std::size_t>(std::min(kPanel, columns - begin));
    std::int64_t row = 0;
    const auto put = [&](std::int64_t count) {
      for (std::int64_t r = 0; r < count; ++r)
        std::memcpy(out + (row + r) * columns + begin, sums.data() + r * kPanel,
                    width * sizeof(float));
    };
    for (; row + kBlock <= rows; row += kBlock) {
      block<kBlock>(a + row * b.inner(), b.inner(), panel, sums.data());
      put(kBlock);
    }
    for (; row < rows; ++row) {
      block<1>(a + row * b.inner(), b.inner(), panel, sums.data());
      put(1);
    }
  }
}

#if defined(__x86_64__)
// Eight lanes in one register. Without FMA, which would round a product and a sum at once.
[[gnu::target("avx2")]] void whole_avx2(const float* a, std::int64_t rows, const PackedMatrix& b,
                                        float* out) {
  whole(a, rows, b, out);
}
#endif

}  // namespace

PackedMatrix::PackedMatrix(std::int64_t inner, std::int64_t columns)
    : inner_(inner),
      columns_(columns),
      values_(static_cast<std::size_t>(round_up(columns, kPanel) * inner)) {}

float& PackedMatrix::at(std::int64_t e, std::int64_t column) {
  return values_[static_cast<std::size_t>((column / kPanel * inner_ + e) * kPanel +
                                          column % kPanel)];
}

PackedMatrix PackedMatrix::of_transposed(std::span<const float> rows, std::int64_t columns,
                                         std::int64_t inner) {
  check(rows.size() == static_cast<std::size_t>(columns * inner), "a matrix has its extents' size");
  PackedMatrix out(inner, columns);
  for (std::int64_t c = 0; c < columns; ++c) {
    for (std::int64_t e = 0; e < inner; ++e)
      out.at(e, c) = rows[static_cast<std::size_t>(c * inner + e)];
  }
  return out;
}

PackedMatrix PackedMatrix::of(std::span<const float> matrix, std::int64_t inner,
                              std::int64_t columns) {
  check(matrix.size() == static_cast<std::size_t>(columns * inner),
        "a matrix has its extents' size");
  PackedMatrix out(inner, columns);
  for (std::int64_t e = 0; e < inner; ++e) {
    for (std::int64_t c = 0; c < columns; ++c)
      out.at(e, c) = matrix[static_cast<std::size_t>(e * columns + c)];
  }
  return out;
}

void multiply(std::span<const float> a, std::int64_t rows, const PackedMatrix& b,
              std::span<float> out) {
  check(a.size() == static_cast<std::size_t>(rows * b.inner()) &&
            out.size() == static_cast<std::size_t>(rows * b.columns()),
        "matrices of one product");
#if defined(__x86_64__)
  static const bool kAvx2 = __builtin_cpu_supports("avx2") != 0;
  if (kAvx2) return whole_avx2(a.data(), rows, b, out.data());
#endif
  whole(a.data(), rows, b, out.data());
}

}  // namespace weft::workload
