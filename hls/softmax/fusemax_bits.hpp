// Attention of one query in one pass over tiles of keys, fused: scores, online softmax and the sum
// of values, no score leaves the kernel. models/softmax/fusemax_bits.hpp: fusemax_attention.
#pragma once

#include "hls/common/loops.hpp"
#include "hls/softmax/online_softmax.hpp"

namespace weft::hls::softmax {

// Q·K over kWidthQk, values of kWidthV, kTile keys a tile (M0), up to kMostTiles of them.
template <class Types, int kWidthQk, int kWidthV, int kTile, int kMostTiles>
class FuseMaxAttention {
 public:
  template <int W>
  using Unsigned = typename Types::template Unsigned<W>;
  using Online = OnlineSoftmax<Types, kTile, kMostTiles>;
  using Float = typename Online::Float;
  using Bits = typename Online::Bits;
  using Word = typename Online::Word;
  static constexpr int kPerWord = 4;  // bf16 values, the first at the lowest bits
  static constexpr int words(int width) { return (width + kPerWord - 1) / kPerWord; }

  struct Tile {
    Bits keys[kTile][kWidthQk];
    Bits values[kTile][kWidthV];
  };

  // In: a word of fp32(s·log₂ e) (lower 32 bits) and the number of keys (upper, 1 at least), the
  // query's words, then for each key its words and those of its value. Out: the words of the
  // output.
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    const Word header = in.read();
    const Bits scale_log2e(header);
    int left = Unsigned<31>(header >> 32).to_int();
    Bits query[kWidthQk];
    read_row<kWidthQk>(in, query);
    typename Online::State state;
    Bits numerators[kWidthV];
    WEFT_HLS_LOOP(clear) for (int f = 0; f < kWidthV; ++f) {
      WEFT_HLS_UNROLL;
      numerators[f] = Float::zero(false);
    }
    WEFT_HLS_LOOP(tiles) for (int tile = 0; tile < kMostTiles; ++tile) {
      if (left <= 0) break;
      const int count = left < kTile ? left : kTile;
      Tile rows;
      WEFT_HLS_LOOP(read_keys) for (int m = 0; m < kTile; ++m) {
        if (m >= count) break;
        read_row<kWidthQk>(in, rows.keys[m]);
        read_row<kWidthV>(in, rows.values[m]);
      }
      step(state, query, rows, count, scale_log2e, numerators);
      left -= count;
    }
    write(state, numerators, out);
  }

 private:
  static void step(typename Online::State& state, const Bits (&query)[kWidthQk], const Tile& rows,
                   int count, const Bits& scale_log2e, Bits (&numerators)[kWidthV]) {
    Bits scores[kTile];
    WEFT_HLS_LOOP(clear_scores) for (int m = 0; m < kTile; ++m) {
      WEFT_HLS_UNROLL;
      scores[m] = Float::zero(false);
    }
    // Keys inside, so that a sum comes up again a tile later: a macc a cycle from 4 keys on.
    WEFT_HLS_LOOP(channels) for (int e = 0; e < kWidthQk; ++e) {
      WEFT_HLS_LOOP(products) for (int m = 0; m < kTile; ++m) {
        WEFT_HLS_PIPELINE(1);
        if (m >= count) break;
        scores[m] = Float::macc(query[e], rows.keys[m][e], scores[m]);
      }
    }
    Bits weights[kTile];
    const Bits correction = Online::step(state, scores, count, scale_log2e, weights);
    Bits sums[kWidthV];
    WEFT_HLS_LOOP(clear_sums) for (int f = 0; f < kWidthV; ++f) {
      WEFT_HLS_UNROLL;
      sums[f] = Float::zero(false);
    }
    WEFT_HLS_LOOP(weigh) for (int m = 0; m < kTile; ++m) {
      if (m >= count) break;
      WEFT_HLS_LOOP(value_products) for (int f = 0; f < kWidthV; ++f) {
        WEFT_HLS_PIPELINE(1);
        sums[f] = Float::macc(weights[m], rows.values[m][f], sums[f]);
      }
    }
    WEFT_HLS_LOOP(correct) for (int f = 0; f < kWidthV; ++f) {
      WEFT_HLS_PIPELINE(1);
      numerators[f] = Float::add(sums[f], Float::multiply(numerators[f], correction));
    }
  }

  template <int kWidth, class In>
  static void read_row(In& in, Bits (&row)[kWidth]) {
    WEFT_HLS_LOOP(read_words) for (int w = 0; w < words(kWidth); ++w) {
      WEFT_HLS_PIPELINE(1);
      const Word word = in.read();
      WEFT_HLS_LOOP(unpack) for (int s = 0; s < kPerWord; ++s) {
        WEFT_HLS_UNROLL;
        const int e = w * kPerWord + s;
        if (e < kWidth) row[e] = Bits(Bits(Unsigned<16>(word >> (16 * s))) << 16);
      }
    }
  }

  template <class Out>
  static void write(const typename Online::State& state, const Bits (&numerators)[kWidthV],
                    Out& out) {
    WEFT_HLS_LOOP(write_words) for (int w = 0; w < words(kWidthV); ++w) {
      Word word(0);
      WEFT_HLS_LOOP(quotients) for (int s = 0; s < kPerWord; ++s) {
        const int f = w * kPerWord + s;
        if (f >= kWidthV) break;
        const Bits output = Float::round_to_bf16(Float::divide(numerators[f], state.denominator));
        word = Word(word | Word(Word(Unsigned<16>(output >> 16)) << (16 * s)));
      }
      out.write(word);
    }
  }
};

}  // namespace weft::hls::softmax
