// Softmax of int8 scores in int8, streaming, without a multiplier:
// models/softmax/streaming_int8.hpp.
#pragma once

#include "hls/common/bits.hpp"
#include "hls/common/loops.hpp"

namespace weft::hls::softmax {

// Rows of up to kMostWords words of 8 scores; a group, that shares a maximum, is two words.
template <class Types, int kMostWords>
class StreamingInt8 {
 public:
  template <int W>
  using Unsigned = typename Types::template Unsigned<W>;
  template <int W>
  using Signed = typename Types::template Signed<W>;
  using Word = Unsigned<64>;
  using Score = Signed<8>;
  using Sum = Unsigned<kBitsFor<kMostWords * 8> + 8>;
  using Shift = Unsigned<4>;
  static constexpr int kPerWord = 8;
  static constexpr int kGroup = 16;

  // In: a word of the number of scores, 1 at least, then the scores, 8 a word, the first at the
  // lowest bits. Out: as many words of weights, 255 being one; zero beyond the last.
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    const int count = Unsigned<31>(in.read()).to_int();
    Word row[kMostWords];
    Score maximum(-128);
    Sum sum(0);
    WEFT_HLS_LOOP(groups) for (int w = 0; w < kMostWords; w += 2) {
      WEFT_HLS_PIPELINE(2);
      if (w * kPerWord >= count) break;
      row[w] = in.read();
      const bool two = (w + 1) * kPerWord < count;
      if (two) row[w + 1] = in.read();
      Score scores[kGroup];
      unpack(row[w], 0, scores);
      unpack(two ? row[w + 1] : Word(0), kPerWord, scores);
      add(scores, count - w * kPerWord, maximum, sum);
    }
    const Unsigned<8> inverse = inverse_of(sum);
    WEFT_HLS_LOOP(weights) for (int w = 0; w < kMostWords; ++w) {
      WEFT_HLS_PIPELINE(1);
      if (w * kPerWord >= count) break;
      Word word(0);
      WEFT_HLS_LOOP(pack) for (int s = 0; s < kPerWord; ++s) {
        WEFT_HLS_UNROLL;
        const Score score(Unsigned<8>(row[w] >> (8 * s)));
        const Unsigned<8> weight(inverse >> shift_of(maximum, score).to_int());
        if (w * kPerWord + s < count) word = Word(word | Word(Word(weight) << (8 * s)));
      }
      out.write(word);
    }
  }

 private:
  static void unpack(const Word& word, int first, Score (&scores)[kGroup]) {
    WEFT_HLS_LOOP(lanes) for (int s = 0; s < kPerWord; ++s) {
      WEFT_HLS_UNROLL;
      scores[first + s] = Score(Unsigned<8>(word >> (8 * s)));
    }
  }

  static Shift shift_of(const Score& high, const Score& low) {
    return Shift(Unsigned<9>(high - low + 16) >> 5);
  }

  // The first `count` of a group, all of them where there are more.
  static void add(const Score (&scores)[kGroup], int count, Score& maximum, Sum& sum) {
    Score larger = maximum;
    WEFT_HLS_LOOP(find_maximum) for (int i = 0; i < kGroup; ++i) {
      WEFT_HLS_UNROLL;
      if (i < count && scores[i] > larger) larger = scores[i];
    }
    Sum total(sum >> shift_of(larger, maximum).to_int());
    WEFT_HLS_LOOP(powers) for (int i = 0; i < kGroup; ++i) {
      WEFT_HLS_UNROLL;
      if (i < count)
        total = Sum(total + Unsigned<9>(Unsigned<9>(256) >> shift_of(larger, scores[i]).to_int()));
    }
    maximum = larger;
    sum = total;
  }

  // ⌊255 · 256 / sum⌋, of a sum from 256 on: 16 steps, a bit of the quotient each.
  static Unsigned<8> inverse_of(const Sum& sum) {
    const Unsigned<16> dividend(255 * 256);
    Sum rest(0);
    Unsigned<16> quotient(0);
    WEFT_HLS_LOOP(quotient_bits) for (int bit = 15; bit >= 0; --bit) {
      WEFT_HLS_PIPELINE(1);
      rest = Sum(Sum(rest << 1) | Sum((dividend >> bit) & 1));
      const bool goes = rest >= sum;
      if (goes) rest = Sum(rest - sum);
      quotient = Unsigned<16>(Unsigned<16>(quotient << 1) | Unsigned<16>(goes ? 1 : 0));
    }
    return Unsigned<8>(quotient);
  }
};

}  // namespace weft::hls::softmax
