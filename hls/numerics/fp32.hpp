// fp32 operations on words, bit for bit those of models/numerics/bf16.hpp: subnormals are zeros,
// one NaN (7FC00000), a macc has one rounding. In integers throughout, as rtl/numerics does it, so
// that no tool's own floating point decides. Every function but divide is without a state or a loop
// that is not unrolled: an interval of 1.
#pragma once

#include "hls/common/loops.hpp"

namespace weft::hls::numerics {

template <class Types>
class Fp32 {
 public:
  template <int W>
  using Unsigned = typename Types::template Unsigned<W>;
  template <int W>
  using Signed = typename Types::template Signed<W>;
  using Word = Unsigned<32>;

  static Word nan() { return Word(0x7FC00000u); }
  static Word infinity(bool negative) { return Word(negative ? 0xFF800000u : 0x7F800000u); }
  static Word zero(bool negative) { return Word(negative ? 0x80000000u : 0u); }
  static Word one() { return Word(0x3F800000u); }

  static bool is_negative(const Word& x) { return (x >> 31) != 0; }
  static Word magnitude(const Word& x) { return Word(x & 0x7FFFFFFF); }
  static bool is_nan(const Word& x) { return magnitude(x) > 0x7F800000; }
  static bool is_infinite(const Word& x) { return magnitude(x) == 0x7F800000; }
  static bool is_zero(const Word& x) { return exponent(x) == 0; }  // a subnormal too

  static Word flush(const Word& x) {
    if (is_nan(x)) return nan();
    return is_zero(x) ? zero(is_negative(x)) : x;
  }
  static Word negate(const Word& x) {
    return is_nan(x) ? nan() : flush(Word(x ^ Word(0x80000000u)));
  }

  // a·b + c.
  static Word macc(const Word& a, const Word& b, const Word& c) {
    const bool product_negative = is_negative(a) != is_negative(b);
    const bool subtract = product_negative != is_negative(c);
    const bool product_infinite = is_infinite(a) || is_infinite(b);
    if (is_nan(a) || is_nan(b) || is_nan(c)) return nan();
    if ((is_infinite(a) && is_zero(b)) || (is_zero(a) && is_infinite(b))) return nan();
    if (product_infinite && is_infinite(c) && subtract) return nan();
    if (product_infinite) return infinity(product_negative);
    if (is_infinite(c)) return infinity(is_negative(c));

    // The addend with the larger exponent stays, 1.0 at bit 60; the other moves right and leaves a
    // sticky bit.
    const Unsigned<64> product(Unsigned<48>(significand(a) * significand(b)));
    const Unsigned<64> addend(significand(c));
    const Signed<11> product_exponent(exponent(a) + exponent(b) - 127);
    const Signed<12> gap(product_exponent - exponent(c));
    const bool addend_stays = gap < 0 || is_zero(a) || is_zero(b);
    const Unsigned<64> high =
        addend_stays ? Unsigned<64>(addend << 37) : Unsigned<64>(product << 14);
    const Unsigned<64> low =
        moved_right(addend_stays ? Unsigned<64>(product << 14) : Unsigned<64>(addend << 37), gap);
    const Signed<11> exponent_of_sum = addend_stays ? Signed<11>(exponent(c)) : product_exponent;
    const bool high_negative = addend_stays ? is_negative(c) : product_negative;
    const Signed<65> sum = subtract ? Signed<65>(high - low) : Signed<65>(high + low);
    if (sum == 0) return zero(high_negative && !subtract);
    const bool turned = sum < 0;
    const Unsigned<63> whole = turned ? Unsigned<63>(low - high) : Unsigned<63>(sum);
    return normalised(high_negative != turned, exponent_of_sum, whole);
  }
  static Word add(const Word& a, const Word& b) { return macc(a, one(), b); }
  static Word subtract(const Word& a, const Word& b) { return macc(b, Word(0xBF800000u), a); }
  static Word multiply(const Word& a, const Word& b) {
    return macc(a, b, zero(is_negative(a) != is_negative(b)));
  }

  // 27 steps, a bit of the quotient each.
  static Word divide(const Word& a, const Word& b) {
    const bool negative = is_negative(a) != is_negative(b);
    if (is_nan(a) || is_nan(b)) return nan();
    if ((is_zero(a) && is_zero(b)) || (is_infinite(a) && is_infinite(b))) return nan();
    if (is_infinite(a) || is_zero(b)) return infinity(negative);
    if (is_zero(a) || is_infinite(b)) return zero(negative);
    const Unsigned<25> divisor(significand(b));
    Unsigned<25> rest(significand(a));
    Unsigned<27> quotient(0);
    WEFT_HLS_LOOP(quotient_bits) for (int bit = 0; bit < 27; ++bit) {
      WEFT_HLS_PIPELINE(1);
      const bool goes = rest >= divisor;
      if (goes) rest = Unsigned<25>(rest - divisor);
      quotient = Unsigned<27>((quotient << 1) | Unsigned<27>(goes ? 1 : 0));
      rest = Unsigned<25>(rest << 1);
    }
    const bool above_one = (quotient >> 26) != 0;
    const bool sticky = rest != 0 || (above_one && (quotient & 1) != 0);
    const Unsigned<26> whole(above_one ? Unsigned<27>(quotient >> 1) : quotient);
    return rounded(negative, Signed<12>(exponent(a) - exponent(b) + (above_one ? 127 : 126)),
                   Unsigned<26>(whole | Unsigned<26>(sticky ? 1 : 0)));
  }

  // NaN wins, +0 > −0.
  static Word max(const Word& a, const Word& b) {
    if (is_nan(a) || is_nan(b)) return nan();
    const Word x = flush(a);
    const Word y = flush(b);
    return less_in_order(x, y) ? y : x;
  }
  // a < b of flushed numbers, −0 equal to +0; false where one is NaN.
  static bool less(const Word& a, const Word& b) {
    if (is_nan(a) || is_nan(b) || (is_zero(a) && is_zero(b))) return false;
    return less_in_order(flush(a), flush(b));
  }

  // To the nearest bf16, ties to even: the upper 16 bits of the word, the others zero.
  static Word round_to_bf16(const Word& x) {
    const Word bits = flush(x);
    if (is_nan(bits)) return bits;
    const Word rounded_up(bits + Word(0x7FFF) + Word((bits >> 16) & 1));
    return Word((rounded_up >> 16) << 16);
  }

  static Unsigned<8> exponent(const Word& x) { return Unsigned<8>(x >> 23); }
  static Unsigned<23> fraction(const Word& x) { return Unsigned<23>(x); }

 private:
  static Unsigned<24> significand(const Word& x) {
    if (is_zero(x)) return Unsigned<24>(0);
    return Unsigned<24>(Unsigned<24>(0x800000) | fraction(x));
  }

  // By |gap| places; what is lost leaves its last bit set.
  static Unsigned<64> moved_right(const Unsigned<64>& value, const Signed<12>& gap) {
    const int distance = gap < 0 ? -gap.to_int() : gap.to_int();
    const int places = distance > 63 ? 63 : distance;
    const Unsigned<64> moved(value >> places);
    const bool lost = Unsigned<64>(moved << places) != value;
    return Unsigned<64>(moved | Unsigned<64>(lost ? 1 : 0));
  }

  // whole·2^(exponent − 127 − 60), not zero: its leading one to bit 62, then rounded.
  static Word normalised(bool negative, const Signed<11>& exponent_of_sum,
                         const Unsigned<63>& whole) {
    Unsigned<63> normal = whole;
    int zeros = 0;
    WEFT_HLS_LOOP(leading_zeros) for (int step = 5; step >= 0; --step) {
      WEFT_HLS_UNROLL;
      const int places = 1 << step;
      if ((normal >> (63 - places)) == 0) {
        normal = Unsigned<63>(normal << places);
        zeros += places;
      }
    }
    const bool sticky = Unsigned<37>(normal) != 0;
    return rounded(negative, Signed<12>(exponent_of_sum + (2 - zeros)),
                   Unsigned<26>(Unsigned<26>(normal >> 37) | Unsigned<26>(sticky ? 1 : 0)));
  }

  // significand·2^(exponent − 127 − 25), its leading one at bit 25, to 24 bits, ties to even; what
  // is subnormal is rounded on its own grid, then zero.
  static Word rounded(bool negative, const Signed<12>& exponent_field,
                      const Unsigned<26>& significand_26) {
    if (exponent_field >= 255) return infinity(negative);
    if (exponent_field < 0) return zero(negative);
    Unsigned<26> s = significand_26;
    if (exponent_field == 0) s = Unsigned<26>((s >> 1) | (s & 1));
    const Unsigned<24> down(s >> 2);
    const bool up = ((s >> 1) & 1) != 0 && ((s & 1) != 0 || (down & 1) != 0);
    const Unsigned<9> field =
        exponent_field == 0 ? Unsigned<9>(0) : Unsigned<9>(exponent_field - 1);
    // A carry moves on into the exponent, and to infinity.
    const Word bits((Word(field) << 23) + Word(down) + Word(up ? 1 : 0));
    if (is_zero(bits)) return zero(negative);
    return Word(bits | zero(negative));
  }

  static bool less_in_order(const Word& a, const Word& b) {
    if (is_negative(a) != is_negative(b)) return is_negative(a);
    return is_negative(a) ? magnitude(b) < magnitude(a) : magnitude(a) < magnitude(b);
  }
};

}  // namespace weft::hls::numerics
