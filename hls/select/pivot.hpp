// Which candidate of a round is the pivot: models/select/pivot.hpp, docs/units/select.md.
#pragma once

namespace weft::hls::select {

template <class Types>
class Pivot {
 public:
  using Seed = typename Types::template Unsigned<64>;

  // From 0 to elements − 1, of less than 2^31 elements. Three products of 64 bits: the longest path
  // of a selection, once a round.
  static int position(const Seed& seed, int round, int elements) {
    const Seed word = mix(Seed(seed + Seed(Seed(round + 1) * Seed(0x9E3779B97F4A7C15u))));
    const Half upper(word >> 32);
    return Half(Seed(upper * Half(elements)) >> 32).to_int();
  }

 private:
  using Half = typename Types::template Unsigned<32>;

  static Seed mix(const Seed& seed) {
    const Seed x(Seed(seed ^ Seed(seed >> 30)) * Seed(0xBF58476D1CE4E5B9u));
    const Seed y(Seed(x ^ Seed(x >> 27)) * Seed(0x94D049BB133111EBu));
    return Seed(y ^ Seed(y >> 31));
  }
};

}  // namespace weft::hls::select
