// The state of linear attention with a decay, in fixed point: models/softmax/linear_state.hpp.
#pragma once

#include "hls/common/bits.hpp"
#include "hls/common/loops.hpp"

namespace weft::hls::softmax {

// Up to kMostSteps tokens a frame.
template <class Types, int kWidthQk, int kWidthV, int kMostSteps>
class LinearState {
 public:
  template <int W>
  using Unsigned = typename Types::template Unsigned<W>;
  template <int W>
  using Signed = typename Types::template Signed<W>;
  template <int W, int I>
  using Fixed = typename Types::template Fixed<W, I>;
  using Word = Unsigned<64>;
  using Operand = Fixed<8, 8>;
  using Decay = Fixed<18, 2>;   // 0 to 1 in steps of 2^−16
  using State = Fixed<32, 20>;  // rounded to the nearest, ties to even; saturates
  using Sum = Fixed<40 + kLog2Up<kWidthQk>, 28 + kLog2Up<kWidthQk>>;  // exact
  using Output = Fixed<32, 32>;
  static constexpr int kPerWord = 8;
  static constexpr int words(int width) { return (width + kPerWord - 1) / kPerWord; }

  // In: a word of λ·2^16 (lower 32 bits) and the number of tokens (upper), then for each token the
  // words of q, k and v, 8 values a word. Out: kWidthV words a token, 32 bits of each used. The
  // state is zero before a frame.
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    const Word header = in.read();
    const Decay decay = Types::template fixed_of<18, 2>(Signed<18>(header));
    const int steps = Unsigned<31>(header >> 32).to_int();
    State state[kWidthQk][kWidthV];
    WEFT_HLS_LOOP(clear_rows) for (int e = 0; e < kWidthQk; ++e) {
      WEFT_HLS_LOOP(clear) for (int f = 0; f < kWidthV; ++f) {
        WEFT_HLS_PIPELINE(1);
        state[e][f] = Types::template fixed_of<32, 20>(Signed<32>(0));
      }
    }
    WEFT_HLS_LOOP(tokens) for (int t = 0; t < kMostSteps; ++t) {
      if (t >= steps) break;
      Operand q[kWidthQk];
      Operand k[kWidthQk];
      Operand v[kWidthV];
      read_row<kWidthQk>(in, q);
      read_row<kWidthQk>(in, k);
      read_row<kWidthV>(in, v);
      step(q, k, v, decay, state, out);
    }
  }

 private:
  template <class Out>
  static void step(const Operand (&q)[kWidthQk], const Operand (&k)[kWidthQk],
                   const Operand (&v)[kWidthV], const Decay& decay,
                   State (&state)[kWidthQk][kWidthV], Out& out) {
    Sum sums[kWidthV];
    WEFT_HLS_LOOP(rows) for (int e = 0; e < kWidthQk; ++e) {
      WEFT_HLS_LOOP(update) for (int f = 0; f < kWidthV; ++f) {
        WEFT_HLS_PIPELINE(1);
        const State next = decay * state[e][f] + k[e] * v[f];
        state[e][f] = next;
        const Sum product = q[e] * next;
        sums[f] = e == 0 ? product : Sum(sums[f] + product);
      }
    }
    WEFT_HLS_LOOP(outputs) for (int f = 0; f < kWidthV; ++f) {
      WEFT_HLS_PIPELINE(1);
      const Output output = sums[f];
      out.write(Word(Unsigned<32>(Types::template raw_of<32, 32>(output))));
    }
  }

  template <int kWidth, class In>
  static void read_row(In& in, Operand (&row)[kWidth]) {
    WEFT_HLS_LOOP(read_words) for (int w = 0; w < words(kWidth); ++w) {
      WEFT_HLS_PIPELINE(1);
      const Word word = in.read();
      WEFT_HLS_LOOP(unpack) for (int s = 0; s < kPerWord; ++s) {
        WEFT_HLS_UNROLL;
        const int e = w * kPerWord + s;
        if (e < kWidth) row[e] = Types::template fixed_of<8, 8>(Signed<8>(word >> (8 * s)));
      }
    }
  }
};

}  // namespace weft::hls::softmax
