// The k largest of up to kMost values by quick-select, ties to the first: models/select/top_k.hpp,
// round by round with the same pivots. One comparator: a candidate a cycle.
#pragma once

#include "hls/common/bits.hpp"
#include "hls/common/loops.hpp"
#include "hls/select/pivot.hpp"

namespace weft::hls::select {

enum class Passes : unsigned char { threshold, all, none };  // as the model counts them

// Values are unsigned, of kBits.
template <class Types, int kMost, int kBits>
class TopK {
 public:
  template <int W>
  using Unsigned = typename Types::template Unsigned<W>;
  using Value = Unsigned<kBits>;
  using Word = Unsigned<64>;
  using Index = Unsigned<kBitsFor<kMost>>;
  static_assert(kMost >= 1 && kMost < 65536 && kBits >= 1 && kBits <= 64, "what a word tells");

  struct Selection {
    Passes passes = Passes::all;
    Value threshold = Value(0);
    Index ties = Index(0);  // how many equal to it still pass: the first in order
    Index rounds = Index(0);

    bool keep(const Value& value) {
      if (passes != Passes::threshold) return passes == Passes::all;
      if (value > threshold) return true;
      if (value < threshold || ties == 0) return false;
      ties = Index(ties - 1);
      return true;
    }
  };

  // The FIFOs: candidates of a round, those above its pivot and those below take turns.
  struct Lists {
    Value values[3][kMost];
  };

  // Of lists.values[0][0 … count − 1]. A round compares at least one candidate less than the one
  // before it.
  static Selection select(Lists& lists, int count, int k, const Word& seed) {
    Selection done;
    if (k == 0) done.passes = Passes::none;
    if (k == 0 || k >= count) return done;
    done.passes = Passes::threshold;
    int candidates = 0;  // which list is which
    int elements = count;
    int wanted = k;
    WEFT_HLS_LOOP(rounds) for (int round = 0; round < kMost; ++round) {
      const int high = candidates == 2 ? 0 : candidates + 1;
      const int low = high == 2 ? 0 : high + 1;
      const int position = Pivot<Types>::position(seed, round, elements);
      const Value pivot = lists.values[candidates][position];
      int above = 0;
      int below = 0;
      WEFT_HLS_LOOP(compare) for (int i = 0; i < kMost; ++i) {
        WEFT_HLS_PIPELINE(1);
        if (i >= elements) break;
        const Value value = lists.values[candidates][i];
        if (value > pivot) lists.values[high][above++] = value;
        if (value < pivot) lists.values[low][below++] = value;
      }
      const int equal = elements - above - below;
      if (above < wanted && above + equal >= wanted) {
        done.threshold = pivot;
        done.ties = Index(wanted - above);
        done.rounds = Index(round + 1);
        break;
      }
      const bool take_above = above >= wanted;
      if (!take_above) wanted -= above + equal;
      candidates = take_above ? high : low;
      elements = take_above ? above : below;
    }
    return done;
  }

  // What was found, in two words: rounds, ties and `passes`, 16 bits each from below; the
  // threshold.
  template <class Out>
  static void write(const Selection& found, Out& out) {
    const Word rounds(found.rounds);
    const Word ties(found.ties);
    const Word passes(static_cast<int>(found.passes));
    out.write(Word(rounds | Word(ties << 16) | Word(passes << 32)));
    out.write(Word(found.threshold));
  }

  // In: a word of count (lower 32 bits, at most kMost) and k (upper), the seed, the values. Out:
  // write(), then the coordinates of what is kept, ascending: min(k, count) of them.
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    Value values[kMost];
    Lists lists;
    const Word header = in.read();
    const int count = Unsigned<32>(header).to_int();
    const int k = Unsigned<31>(header >> 32).to_int();
    const Word seed = in.read();
    WEFT_HLS_LOOP(load) for (int i = 0; i < kMost; ++i) {
      WEFT_HLS_PIPELINE(1);
      if (i >= count) break;
      values[i] = Value(in.read());
      lists.values[0][i] = values[i];
    }
    Selection found = select(lists, count, k, seed);
    write(found, out);
    WEFT_HLS_LOOP(filter) for (int i = 0; i < kMost; ++i) {
      WEFT_HLS_PIPELINE(1);
      if (i >= count) break;
      if (found.keep(values[i])) out.write(Word(i));
    }
  }
};

}  // namespace weft::hls::select
