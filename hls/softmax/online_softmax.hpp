// Softmax in one pass over tiles of scores, with a running maximum and denominator, in the
// arithmetic of FuseMax-type engines: models/softmax/online_softmax.hpp.
#pragma once

#include "hls/common/loops.hpp"
#include "hls/numerics/exp_fp32.hpp"

namespace weft::hls::softmax {

// Rows of up to kMostTiles tiles.
template <class Types, int kTile, int kMostTiles>
class OnlineSoftmax {
 public:
  using Float = numerics::Fp32<Types>;
  using Bits = typename Float::Word;
  using Word = typename Types::template Unsigned<64>;

  // RM and RD, fp32 words.
  struct State {
    Bits maximum = Float::infinity(true);
    Bits denominator = Float::zero(false);
  };

  // One tile of `count` scores: their weights, bf16 as fp32 words; returns what earlier sums are
  // worth now, e^(s·(RM − RM')).
  static Bits step(State& state, const Bits (&scores)[kTile], int count, const Bits& scale_log2e,
                   Bits (&weights)[kTile]) {
    Bits maximum = state.maximum;
    WEFT_HLS_LOOP(find_maximum) for (int m = 0; m < kTile; ++m) {
      WEFT_HLS_PIPELINE(1);
      if (m >= count) break;
      maximum = Float::max(maximum, scores[m]);
    }
    WEFT_HLS_LOOP(exponentials) for (int m = 0; m < kTile; ++m) {
      WEFT_HLS_PIPELINE(1);
      if (m >= count) break;
      weights[m] = Float::round_to_bf16(
          numerics::ExpFp32<Types>::exp(Float::subtract(scores[m], maximum), scale_log2e));
    }
    Bits sum = Float::zero(false);
    WEFT_HLS_LOOP(add_weights) for (int m = 0; m < kTile; ++m) {
      WEFT_HLS_PIPELINE(4);  // one fp32 addition: the sum's order is fixed
      if (m >= count) break;
      sum = Float::add(sum, weights[m]);
    }
    const Bits correction =
        numerics::ExpFp32<Types>::exp(Float::subtract(state.maximum, maximum), scale_log2e);
    state.denominator = Float::add(sum, Float::multiply(state.denominator, correction));
    state.maximum = maximum;
    return correction;
  }

  // A row. In: a word of fp32(s·log₂ e) (lower 32 bits) and the number of scores (upper), then the
  // scores, fp32. Out, by tile: the correction, then the weights; last, RM (lower) and RD (upper).
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    const Word header = in.read();
    const Bits scale_log2e(header);
    int left = typename Types::template Unsigned<31>(header >> 32).to_int();
    State state;
    WEFT_HLS_LOOP(tiles) for (int tile = 0; tile < kMostTiles; ++tile) {
      if (left <= 0) break;
      const int count = left < kTile ? left : kTile;
      Bits scores[kTile];
      Bits weights[kTile];
      WEFT_HLS_LOOP(read) for (int m = 0; m < kTile; ++m) {
        WEFT_HLS_PIPELINE(1);
        if (m >= count) break;
        scores[m] = Bits(in.read());
      }
      out.write(Word(step(state, scores, count, scale_log2e, weights)));
      WEFT_HLS_LOOP(write) for (int m = 0; m < kTile; ++m) {
        WEFT_HLS_PIPELINE(1);
        if (m >= count) break;
        out.write(Word(weights[m]));
      }
      left -= count;
    }
    out.write(Word(Word(state.maximum) | Word(Word(state.denominator) << 32)));
  }
};

}  // namespace weft::hls::softmax
