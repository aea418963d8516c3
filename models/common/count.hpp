// Counts that grow with a point (bytes, rows, cycles, operations): 64-bit arithmetic that throws in
// place of wrapping round, and sums of 128 bit that are narrowed, checked, when a result is made of
// them.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <type_traits>

namespace weft {

// A count that 64 bits do not hold: the point is refused. `what()` names the count and says how
// large it is.
class TooLarge : public std::runtime_error {
 public:
  // `count`: what is counted, in the plural ("bytes read from the memory").
  TooLarge(std::string_view count, double value, double most);
};

namespace detail {
[[noreturn]] void too_large(std::string_view count, double value, double most);
}

// A count has 64 bits: a narrower first operand would take the other down to its own width.
template <class T>
concept Count = std::integral<T> && sizeof(T) == sizeof(std::int64_t);

// ⌈a / b⌉ for a ≥ 0 and b > 0.
template <Count T>
constexpr T ceil_div(T a, std::type_identity_t<T> b) {
  return a / b + (a % b != 0 ? 1 : 0);
}

// The least multiple of `of` that is no less than a.
template <Count T>
constexpr T round_up(T a, std::type_identity_t<T> of) {
  return ceil_div(a, of) * of;
}

// a · b and a + b; TooLarge names `count` where T does not hold the result.
template <Count T>
constexpr T times(T a, std::type_identity_t<T> b, std::string_view count) {
  T out;
  if (__builtin_mul_overflow(a, b, &out)) [[unlikely]]
    detail::too_large(count, static_cast<double>(a) * static_cast<double>(b),
                      static_cast<double>(std::numeric_limits<T>::max()));
  return out;
}
template <Count T>
constexpr T plus(T a, std::type_identity_t<T> b, std::string_view count) {
  T out;
  if (__builtin_add_overflow(a, b, &out)) [[unlikely]]
    detail::too_large(count, static_cast<double>(a) + static_cast<double>(b),
                      static_cast<double>(std::numeric_limits<T>::max()));
  return out;
}

// For what is only compared with a capacity: the largest number where the result of a, b >= 0 is
// larger.
constexpr std::int64_t capped_times(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? std::numeric_limits<std::int64_t>::max() : out;
}
constexpr std::int64_t capped_plus(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? std::numeric_limits<std::int64_t>::max() : out;
}

// `cycles` as a whole number; TooLarge where 64 bits (signed, so that differences are numbers too)
// do not hold them.
std::int64_t whole(double cycles, std::string_view count);

// A sum of counts, none of them negative, that stays exact far beyond 64 bits.
class Total {
 public:
  constexpr Total() = default;
  constexpr Total(std::int64_t n)
      : sum_(n) {}  // NOLINT(google-explicit-constructor): a count is a sum of one
  static constexpr Total of(std::uint64_t n) {
    Total out;
    out.sum_ = static_cast<Wide>(n);
    return out;
  }

  // Adds n · times.
  constexpr void add(std::int64_t n, std::int64_t times = 1) { *this += product(n, times); }
  constexpr Total& operator+=(const Total& other) {
    if (__builtin_add_overflow(sum_, other.sum_, &sum_)) [[unlikely]]
      sum_ = kMost;
    return *this;
  }
  constexpr Total& operator*=(std::int64_t n) {
    if (__builtin_mul_overflow(sum_, n, &sum_)) [[unlikely]]
      sum_ = kMost;
    return *this;
  }
  friend constexpr Total operator+(Total a, const Total& b) { return a += b; }
  friend constexpr Total operator*(Total a, std::int64_t n) { return a *= n; }
  // a − b, for a >= b.
  friend constexpr Total operator-(Total a, const Total& b) {
    a.sum_ -= b.sum_;
    return a;
  }
  friend constexpr auto operator<=>(const Total&, const Total&) = default;
  // Divided by a count above zero, rounded up.
  constexpr Total over(std::int64_t n) const {
    Total out;
    out.sum_ = sum_ / n + (sum_ % n != 0 ? 1 : 0);
    return out;
  }

  constexpr double approximate() const { return static_cast<double>(sum_); }
  // TooLarge names `count` from 2^64 on.
  constexpr std::uint64_t in_64_bits(std::string_view count) const {
    if (sum_ > static_cast<Wide>(kMost64)) [[unlikely]]
      detail::too_large(count, approximate(), static_cast<double>(kMost64));
    return static_cast<std::uint64_t>(sum_);
  }

 private:
  __extension__ using Wide = __int128;
  static constexpr std::uint64_t kMost64 = std::numeric_limits<std::uint64_t>::max();
  static constexpr Wide kMost = ((static_cast<Wide>(1) << 126) - 1) * 2 + 1;

  static constexpr Total product(std::int64_t a, std::int64_t b) {
    Total out;
    out.sum_ = static_cast<Wide>(a) * b;
    return out;
  }

  Wide sum_ = 0;
};

}  // namespace weft
