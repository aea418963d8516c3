// Progressive quantisation: whether a row is computed again with the lower planes, and integers of
// one plane or both. models/quant/bit_split.hpp.
#pragma once

#include "hls/common/loops.hpp"
#include "hls/numerics/fp32.hpp"

namespace weft::hls::quant {

template <class Types, int kUpper, int kLower, int kWidth>
class BitSplit {
 public:
  template <int W>
  using Unsigned = typename Types::template Unsigned<W>;
  template <int W>
  using Signed = typename Types::template Signed<W>;
  using Word = Unsigned<64>;
  using Float = numerics::Fp32<Types>;
  using Bits = typename Float::Word;
  using Upper = Signed<kUpper>;
  using Lower = Unsigned<kLower>;
  using Whole = Signed<kUpper + kLower>;
  static_assert(kUpper >= 2 && kUpper <= 12 && kLower >= 1 && kLower <= 8, "as BitSplit");

  static Upper upper_of(const Whole& q) { return Upper(q >> kLower); }
  static Lower lower_of(const Whole& q) { return Lower(q); }
  static Whole joined(const Upper& upper, const Lower& lower) {
    return Whole((Whole(upper) << kLower) | Whole(lower));
  }

  // A row whose largest probability is below the threshold is flat. fp32 words.
  static bool needs_lower_bits(const Bits& largest_probability, const Bits& threshold) {
    return Float::less(largest_probability, threshold);
  }
  // The largest probability of a row: e^0 over its sum of exponentials.
  static Bits largest_of(const Bits& total) { return Float::divide(Float::one(), total); }

  // One key's row. In: the row's sum of exponentials (lower 32 bits) and the threshold (upper),
  // then kWidth integers of the upper plane, and, where the decision asks for them, kWidth of the
  // lower. Out: the decision at bit 32 above the largest probability; kWidth integers, whole where
  // it asked, else of the upper plane.
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    const Word header = in.read();
    const Bits largest = largest_of(Bits(header));
    const bool lower_bits = needs_lower_bits(largest, Bits(header >> 32));
    out.write(Word(Word(largest) | Word(Word(lower_bits ? 1 : 0) << 32)));
    Upper upper[kWidth];
    WEFT_HLS_LOOP(read_upper) for (int e = 0; e < kWidth; ++e) {
      WEFT_HLS_PIPELINE(1);
      upper[e] = Upper(in.read());
    }
    WEFT_HLS_LOOP(join) for (int e = 0; e < kWidth; ++e) {
      WEFT_HLS_PIPELINE(1);
      Whole integer(upper[e]);
      if (lower_bits) integer = joined(upper[e], Lower(in.read()));
      out.write(Word(integer));
    }
  }
};

}  // namespace weft::hls::quant
