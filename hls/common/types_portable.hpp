// Integers, fixed point and channels of kernels in plain C++: no header of a vendor is needed. They
// do what ap_types and ac_types do alike (findings/hls-fixed-point.sh): results of operators are as
// wide as they must be, what is declared narrower wraps (Integer) or is rounded to the nearest even
// and saturates (Fixed). Results of up to 128 bits; a wider one does not compile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace weft::hls::portable {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

template <int W>
using Word = std::conditional_t<(W <= 64), std::uint64_t, Uint128>;
template <int W>
using SignedWord = std::conditional_t<(W <= 64), std::int64_t, Int128>;

constexpr int larger(int a, int b) { return a > b ? a : b; }

// W bits, two's complement where S.
template <int W, bool S>
class Integer {
  static_assert(W >= 1 && W <= 128, "an integer has 1 to 128 bits");

 public:
  static constexpr int kWidth = W;
  static constexpr bool kSigned = S;
  using Rep = std::conditional_t<S, SignedWord<W>, Word<W>>;

  constexpr Integer() = default;
  template <class N, std::enable_if_t<std::is_integral_v<N>, int> = 0>
  constexpr explicit Integer(N value) : value_(wrapped(static_cast<Word<W>>(value))) {}
  template <int W2, bool S2>
  constexpr Integer(const Integer<W2, S2>& other)
      : value_(wrapped(static_cast<Word<W>>(other.value()))) {}
  static constexpr Integer of_bits(Uint128 bits) {
    Integer out;
    out.value_ = wrapped(static_cast<Word<W>>(bits));
    return out;
  }

  constexpr Rep value() const { return value_; }
  constexpr std::int64_t to_int64() const { return static_cast<std::int64_t>(value_); }
  constexpr std::uint64_t to_uint64() const { return static_cast<std::uint64_t>(value_); }
  constexpr int to_int() const { return static_cast<int>(value_); }

 private:
  static constexpr Rep wrapped(Word<W> bits) {
    constexpr int kSpare = static_cast<int>(sizeof(Word<W>)) * 8 - W;
    return static_cast<Rep>(static_cast<Rep>(bits << kSpare) >> kSpare);
  }
  Rep value_{};
};

// A plain int beside an Integer counts as 32 signed bits.
template <class A, class B>
inline constexpr int kCommonWidth = larger(A::kWidth + static_cast<int>(B::kSigned && !A::kSigned),
                                           B::kWidth + static_cast<int>(A::kSigned && !B::kSigned));
template <class A, class B>
using Sum = Integer<kCommonWidth<A, B> + 1, A::kSigned || B::kSigned>;
template <class A, class B>
using Difference = Integer<kCommonWidth<A, B> + 1, true>;
template <class A, class B>
using Product = Integer<A::kWidth + B::kWidth, A::kSigned || B::kSigned>;
template <class A, class B>
using Common = Integer<kCommonWidth<A, B>, A::kSigned || B::kSigned>;

#define WEFT_HLS_BINARY(op, Result)                                              \
  template <int W, bool S, int W2, bool S2>                                      \
  constexpr auto operator op(const Integer<W, S>& a, const Integer<W2, S2>& b) { \
    using R = Result<Integer<W, S>, Integer<W2, S2>>;                            \
    using U = Word<R::kWidth>;                                                   \
    return R::of_bits(static_cast<U>(a.value()) op static_cast<U>(b.value()));   \
  }                                                                              \
  template <int W, bool S>                                                       \
  constexpr auto operator op(const Integer<W, S>& a, int b) {                    \
    return a op Integer<32, true>(b);                                            \
  }
WEFT_HLS_BINARY(+, Sum)
WEFT_HLS_BINARY(-, Difference)
WEFT_HLS_BINARY(*, Product)
WEFT_HLS_BINARY(&, Common)
WEFT_HLS_BINARY(|, Common)
WEFT_HLS_BINARY(^, Common)
#undef WEFT_HLS_BINARY

#define WEFT_HLS_COMPARE(op)                                                     \
  template <int W, bool S, int W2, bool S2>                                      \
  constexpr bool operator op(const Integer<W, S>& a, const Integer<W2, S2>& b) { \
    using C = Common<Integer<W, S>, Integer<W2, S2>>;                            \
    return C(a).value() op C(b).value();                                         \
  }                                                                              \
  template <int W, bool S>                                                       \
  constexpr bool operator op(const Integer<W, S>& a, int b) {                    \
    return a op Integer<32, true>(b);                                            \
  }
WEFT_HLS_COMPARE(==)
WEFT_HLS_COMPARE(!=)
WEFT_HLS_COMPARE(<)
WEFT_HLS_COMPARE(<=)
WEFT_HLS_COMPARE(>)
WEFT_HLS_COMPARE(>=)
#undef WEFT_HLS_COMPARE

// By 0 or more places; the width stays, and what leaves it is lost.
template <int W, bool S>
constexpr Integer<W, S> operator<<(const Integer<W, S>& a, int places) {
  const auto bits = static_cast<Word<W>>(a.value());
  return Integer<W, S>::of_bits(places >= W ? 0 : static_cast<Word<W>>(bits << places));
}
template <int W, bool S>
constexpr Integer<W, S> operator>>(const Integer<W, S>& a, int places) {
  const bool negative = S && a < 0;
  if (places >= W) return Integer<W, S>(negative ? -1 : 0);
  return Integer<W, S>::of_bits(static_cast<Uint128>(a.value() >> places));
}

// W bits, I of them before the point; signed. Assigned from another it is rounded to the nearest,
// ties to even, and saturates.
template <int W, int I>
class Fixed {
  static_assert(W >= 1 && W <= 128, "a number has 1 to 128 bits");

 public:
  static constexpr int kFraction = W - I;
  constexpr Fixed() = default;
  template <int W2, int I2>
  constexpr Fixed(const Fixed<W2, I2>& other) : raw_(narrowed<W2 - I2>(other.raw())) {}

  static constexpr Fixed of_raw(Int128 raw) {
    Fixed out;
    out.raw_ = raw;
    return out;
  }
  constexpr Int128 raw() const { return raw_; }

 private:
  template <int F>
  static constexpr Int128 narrowed(Int128 raw) {
    constexpr int kDrop = F - kFraction;
    Int128 nearest = raw;
    if constexpr (kDrop > 0) {
      const Int128 floor = raw >> kDrop;
      const Int128 rest = raw - floor * (Int128{1} << kDrop);
      const Int128 half = Int128{1} << (kDrop - 1);
      nearest = floor + static_cast<int>(rest > half || (rest == half && (floor & 1) != 0));
    } else if constexpr (kDrop < 0) {
      nearest = raw * (Int128{1} << -kDrop);
    }
    constexpr Int128 kMost = static_cast<Int128>((Uint128{1} << (W - 1)) - 1);
    return nearest > kMost ? kMost : nearest < -kMost - 1 ? -kMost - 1 : nearest;
  }
  Int128 raw_ = 0;
};

template <int W, int I, int W2, int I2>
constexpr auto operator*(const Fixed<W, I>& a, const Fixed<W2, I2>& b) {
  return Fixed<W + W2, I + I2>::of_raw(a.raw() * b.raw());
}
template <int W, int I, int W2, int I2>
constexpr auto operator+(const Fixed<W, I>& a, const Fixed<W2, I2>& b) {
  constexpr int kWhole = larger(I, I2) + 1;
  using R = Fixed<kWhole + larger(W - I, W2 - I2), kWhole>;
  return R::of_raw(R(a).raw() + R(b).raw());
}

// First in, first out, kDepth places: enough for a test's whole stimulus, or a thread's other end
// drains it (tests/hls/stalling.hpp). An empty one is not read, a full one not written: they are
// checked where the caller is.
template <class T, std::size_t kDepth = 4096>
class Channel {
 public:
  bool empty() const { return count_ == 0; }
  T read() {
    const T value = values_[first_];
    first_ = (first_ + 1) % kDepth;
    --count_;
    return value;
  }
  void write(const T& value) {
    values_[(first_ + count_) % kDepth] = value;
    ++count_;
  }

 private:
  std::array<T, kDepth> values_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

// What a kernel's template parameter `Types` has.
struct Types {
  template <int W>
  using Unsigned = Integer<W, false>;
  template <int W>
  using Signed = Integer<W, true>;
  template <int W, int I>
  using Fixed = portable::Fixed<W, I>;
  template <class T>
  using Channel = portable::Channel<T>;

  // The W bits of a number, and back.
  template <int W, int I>
  static Signed<W> raw_of(const Fixed<W, I>& x) {
    return Signed<W>::of_bits(static_cast<Uint128>(x.raw()));
  }
  template <int W, int I>
  static Fixed<W, I> fixed_of(const Signed<W>& raw) {
    return Fixed<W, I>::of_raw(raw.value());
  }
};

}  // namespace weft::hls::portable
