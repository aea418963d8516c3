// Token pruner: of the tokens alive, all but the most important go; of equal ones the first stay,
// and the last `recent` of all whatever they are worth. models/prune/survivors.hpp: prune.
#pragma once

#include "hls/common/loops.hpp"
#include "hls/select/top_k.hpp"

namespace weft::hls::prune {

// Up to kMost tokens, their importance unsigned, of kBits.
template <class Types, int kMost, int kBits>
class Survivors {
 public:
  template <int W>
  using Unsigned = typename Types::template Unsigned<W>;
  using Top = select::TopK<Types, kMost, kBits>;
  using Value = typename Top::Value;
  using Word = typename Top::Word;
  static constexpr int kAliveBit = 63;
  static_assert(kBits <= kAliveBit, "an importance and whether it is alive fit a word");

  // In: a word of count, kept and recent (16 bits each from below), the seed, then a word a token:
  // its importance, at bit 63 whether it is alive. Out: Top::write(), then a bit a token, the first
  // at the lowest, 64 a word: whether it is alive still.
  template <class In, class Out>
  static void frame(In& in, Out& out) {
    Value importance[kMost];
    bool alive[kMost];
    bool stays[kMost];  // protected
    typename Top::Lists lists;
    const Word header = in.read();
    const int count = Unsigned<16>(header).to_int();
    const int kept = Unsigned<16>(header >> 16).to_int();
    const int recent = Unsigned<16>(header >> 32).to_int();
    const Word seed = in.read();
    WEFT_HLS_LOOP(load) for (int i = 0; i < kMost; ++i) {
      WEFT_HLS_PIPELINE(1);
      if (i >= count) break;
      const Word token = in.read();
      importance[i] = Value(token);
      alive[i] = (token >> kAliveBit) != 0;
    }
    int protected_ones = 0;
    WEFT_HLS_LOOP(protect) for (int i = kMost - 1; i >= 0; --i) {
      WEFT_HLS_PIPELINE(1);
      if (i >= count) continue;
      stays[i] = alive[i] && i >= count - recent && protected_ones < kept;
      if (stays[i]) ++protected_ones;
    }
    int candidates = 0;
    WEFT_HLS_LOOP(gather) for (int i = 0; i < kMost; ++i) {
      WEFT_HLS_PIPELINE(1);
      if (i >= count) break;
      if (alive[i] && !stays[i]) lists.values[0][candidates++] = importance[i];
    }
    typename Top::Selection found = Top::select(lists, candidates, kept - protected_ones, seed);
    Top::write(found, out);
    Word flags(0);
    WEFT_HLS_LOOP(filter) for (int i = 0; i < kMost; ++i) {
      WEFT_HLS_PIPELINE(1);
      if (i >= count) break;
      const bool candidate = alive[i] && !stays[i];
      const bool lives = stays[i] || (candidate && found.keep(importance[i]));
      flags = Word(flags | Word(Word(lives ? 1 : 0) << (i % 64)));
      if (i % 64 == 63 || i == count - 1) {
        out.write(flags);
        flags = Word(0);
      }
    }
  }
};

}  // namespace weft::hls::prune
