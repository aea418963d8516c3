// Compacts the valid ones of kLanes values, order kept: models/select/zero_eliminator.hpp, lane by
// lane. A prefix sum counts the invalid places before each, then ⌈log₂ kLanes⌉ layers of shifters
// move each value by the bits of its count.
#pragma once

#include "hls/common/bits.hpp"
#include "hls/common/loops.hpp"

namespace weft::hls::select {

template <class Types, int kLanes, int kBits>
class ZeroEliminator {
 public:
  using Value = typename Types::template Unsigned<kBits>;
  using Word = typename Types::template Unsigned<64>;
  static constexpr int kSlotBits = kBits + 1;  // the value, above it whether it is valid
  static constexpr int kPerWord = 64 / kSlotBits;
  static constexpr int kWords = (kLanes + kPerWord - 1) / kPerWord;
  static constexpr int kLayers = kLog2Up<kLanes>;
  static_assert(kLanes >= 1 && kBits >= 1 && kBits <= 63, "a slot fits a word");

  // No state and no loop that is not unrolled: an interval of 1.
  static void compact(Value (&values)[kLanes], bool (&valid)[kLanes]) {
    Count shifts[kLanes];
    Count zeros(0);
    WEFT_HLS_LOOP(count_zeros) for (int i = 0; i < kLanes; ++i) {
      WEFT_HLS_UNROLL;
      shifts[i] = zeros;
      if (!valid[i]) zeros = Count(zeros + 1);
    }
    WEFT_HLS_LOOP(layers) for (int layer = 0; layer < kLayers; ++layer) {
      WEFT_HLS_UNROLL;
      const int by = 1 << layer;
      // A place takes from `by` places behind it, or keeps its own: ascending, so that the one
      // behind is still as the layer found it.
      WEFT_HLS_LOOP(places) for (int i = 0; i < kLanes; ++i) {
        WEFT_HLS_UNROLL;
        const bool leaves = valid[i] && moves(shifts[i], layer);
        const int from = i + by < kLanes ? i + by : i;
        const bool arrives = from != i && valid[from] && moves(shifts[from], layer);
        if (arrives) values[i] = values[from];
        if (arrives) shifts[i] = shifts[from];
        valid[i] = arrives || (valid[i] && !leaves);
      }
    }
  }

  // One frame: kWords words in, kWords out. Slot s of a word stands at bits s·kSlotBits and up; the
  // slots of the last word beyond the lanes are zero.
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    Value values[kLanes];
    bool valid[kLanes];
    WEFT_HLS_LOOP(read) for (int w = 0; w < kWords; ++w) {
      WEFT_HLS_PIPELINE(1);
      const Word word = in.read();
      WEFT_HLS_LOOP(unpack) for (int s = 0; s < kPerWord; ++s) {
        WEFT_HLS_UNROLL;
        const int lane = w * kPerWord + s;
        if (lane < kLanes) {
          values[lane] = Value(word >> (s * kSlotBits));
          valid[lane] = ((word >> (s * kSlotBits + kBits)) & 1) != 0;
        }
      }
    }
    compact(values, valid);
    WEFT_HLS_LOOP(write) for (int w = 0; w < kWords; ++w) {
      WEFT_HLS_PIPELINE(1);
      Word word(0);
      WEFT_HLS_LOOP(pack) for (int s = 0; s < kPerWord; ++s) {
        WEFT_HLS_UNROLL;
        const int lane = w * kPerWord + s;
        if (lane < kLanes && valid[lane]) {
          word = Word(word | (Word(values[lane]) << (s * kSlotBits)));
          word = Word(word | (Word(1) << (s * kSlotBits + kBits)));
        }
      }
      out.write(word);
    }
  }

 private:
  using Count = typename Types::template Unsigned<kBitsFor<kLanes>>;

  static bool moves(const Count& shift, int layer) { return ((shift >> layer) & 1) != 0; }
};

}  // namespace weft::hls::select
