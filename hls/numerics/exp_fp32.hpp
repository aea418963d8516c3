// e^(s·x) by six fp32 maccs, as models/numerics/exp_fp32.hpp: exp_maccs, docs/units/numerics.md.
#pragma once

#include "hls/common/loops.hpp"
#include "hls/numerics/fp32.hpp"

namespace weft::hls::numerics {

template <class Types>
class ExpFp32 {
 public:
  using Float = Fp32<Types>;
  using Word = typename Float::Word;

  // `scale_log2e` is fp32(s · log₂ e).
  static Word exp(const Word& difference, const Word& scale_log2e) {
    const Word t = Float::macc(difference, scale_log2e, Word(kMagic));
    const Number n(Number(t) - Number(Word(kMagic)));
    const bool is_nan = Float::is_nan(t);
    const bool is_tiny = Float::is_negative(t) || n < -126;
    const bool is_huge = n >= 129;
    // Beyond these the chain runs on with a power that is not used.
    const Signed<9> power(is_nan || is_tiny || is_huge ? Number(0) : n);
    const Word r = Float::macc(difference, scale_log2e, minus(power));
    Word p(kC4);
    p = Float::macc(p, r, Word(kC3));
    p = Float::macc(p, r, Word(kC2));
    p = Float::macc(p, r, Word(kC1));
    p = Float::macc(p, r, Word(kC0));
    const Signed<11> field(Float::exponent(p) + power);
    if (is_nan) return Float::nan();
    if (is_tiny) return Float::zero(false);
    if (is_huge || field >= 255) return Float::infinity(false);
    if (field <= 0) return Float::zero(false);
    return Word((Word(field) << 23) | Word(Float::fraction(p)));
  }

 private:
  template <int W>
  using Signed = typename Types::template Signed<W>;
  using Number = Signed<34>;

  static constexpr unsigned kMagic = 0x4B400000u;
  static constexpr unsigned kC0 = 0x3F800000u;
  static constexpr unsigned kC1 = 0x3F317096u;
  static constexpr unsigned kC2 = 0x3E7601BCu;
  static constexpr unsigned kC3 = 0x3D64FE23u;
  static constexpr unsigned kC4 = 0x3C1D0166u;

  // fp32(−n), of −126 to 128; −0 for 0, whose sign does not show.
  static Word minus(const Signed<9>& n) {
    typename Types::template Unsigned<8> size(n < 0 ? Signed<10>(Signed<10>(0) - n)
                                                    : Signed<10>(n));
    if (size == 0) return Float::zero(true);
    int places = 0;
    WEFT_HLS_LOOP(leading_bit) for (int bit = 0; bit < 8; ++bit) {
      WEFT_HLS_UNROLL;
      if (((size >> bit) & 1) != 0) places = bit;
    }
    const Word field = Word(places + 127) << 23;
    const typename Types::template Unsigned<23> fraction(Word(size) << (23 - places));
    return Word(field | Word(fraction) | Float::zero(n > 0));
  }
};

}  // namespace weft::hls::numerics
