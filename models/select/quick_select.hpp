// The k-th largest of some values by quick-select as SpAtten's top-k engine does it (HPCA 2021,
// section IV-B): a round compares all candidates with a pivot among them; those above go into one
// FIFO, those below into another, those equal are counted; the next round takes one FIFO.
//
// T is an integer or a float without NaN. Candidates keep their order from round to round.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "models/common/error.hpp"
#include "models/select/pivot.hpp"

namespace weft::select {

// Where the k-th largest is after a round.
enum class Verdict : std::uint8_t { found, above, below };

// `wanted`: the rank looked for among the candidates of the round, from 1.
constexpr Verdict verdict(std::int64_t wanted, std::int64_t above, std::int64_t equal) {
  if (above >= wanted) return Verdict::above;
  return above + equal >= wanted ? Verdict::found : Verdict::below;
}

template <class T>
struct Round {
  std::int64_t elements = 0;  // candidates read
  std::int64_t position = 0;  // of the pivot among them
  T pivot{};
  std::int64_t below = 0;
  std::int64_t equal = 0;
  std::int64_t above = 0;
};

// What passes the filter after a selection. `all` and `none` take no round.
enum class Passes : std::uint8_t { threshold, all, none };

template <class T>
struct Selection {
  Passes passes = Passes::all;
  T threshold{};          // the k-th largest
  std::int64_t ties = 0;  // how many of those equal to it pass: the first in order
  std::vector<Round<T>> rounds;

  std::int64_t elements() const {  // compared in all rounds
    std::int64_t total = 0;
    for (const Round<T>& round : rounds) total += round.elements;
    return total;
  }
};

// FIFOs of a selection, kept between selections for their memory.
template <class T>
struct Fifos {
  std::vector<T> candidates;
  std::vector<T> above;
  std::vector<T> below;
};

// One round over `fifos.candidates`; fills `above` and `below`.
template <class T>
Round<T> compare(Fifos<T>& fifos, std::uint64_t seed, std::int64_t round) {
  const std::vector<T>& in = fifos.candidates;
  Round<T> done{.elements = static_cast<std::int64_t>(in.size())};
  done.position = pivot_position(seed, round, done.elements);
  done.pivot = in[static_cast<std::size_t>(done.position)];
  fifos.above.resize(in.size());
  fifos.below.resize(in.size());
  std::size_t above = 0;
  std::size_t below = 0;
  for (const T x : in) {  // no branch: a FIFO's next place is written, and kept where it counts
    fifos.above[above] = x;
    fifos.below[below] = x;
    above += static_cast<std::size_t>(x > done.pivot);
    below += static_cast<std::size_t>(x < done.pivot);
  }
  fifos.above.resize(above);
  fifos.below.resize(below);
  done.above = static_cast<std::int64_t>(above);
  done.below = static_cast<std::int64_t>(below);
  done.equal = done.elements - done.above - done.below;
  return done;
}

// k from 0 to any number: none for 0, all for as many as there are values or more.
template <class T>
Selection<T> quick_select(std::span<const T> values, std::int64_t k, std::uint64_t seed,
                          Fifos<T>& fifos) {
  static_assert(std::is_arithmetic_v<T>);
  check(k >= 0, "a count of what is kept");
  check(std::none_of(values.begin(), values.end(), [](T x) { return x != x; }),
        "NaN has no place among others");
  Selection<T> done;
  if (k == 0) done.passes = Passes::none;
  if (k == 0 || k >= static_cast<std::int64_t>(values.size())) return done;
  done.passes = Passes::threshold;
  fifos.candidates.assign(values.begin(), values.end());
  for (std::int64_t wanted = k;;) {
    const Round<T> round = compare(fifos, seed, static_cast<std::int64_t>(done.rounds.size()));
    done.rounds.push_back(round);
    switch (verdict(wanted, round.above, round.equal)) {
      case Verdict::found:
        done.threshold = round.pivot;
        done.ties = wanted - round.above;
        return done;
      case Verdict::above: fifos.candidates.swap(fifos.above); break;
      case Verdict::below:
        wanted -= round.above + round.equal;
        fifos.candidates.swap(fifos.below);
        break;
    }
  }
}

template <class T>
Selection<T> quick_select(std::span<const T> values, std::int64_t k, std::uint64_t seed) {
  Fifos<T> fifos;
  return quick_select(values, k, seed, fifos);
}

}  // namespace weft::select
