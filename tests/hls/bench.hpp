// One bench for every kernel and every type set: words into the kernel and, beside it, what the
// model makes of the same stimulus; bit for bit, through the type set's own channels, then with
// stalls and back-pressure.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "hls/common/types.hpp"
#include "tests/common/seed.hpp"
#include "tests/hls/stalling.hpp"

namespace weft::hls::test {

// One call of a kernel.
struct Call {
  std::vector<std::uint64_t> in;
  std::vector<std::uint64_t> expected;
};

using Word = Types::Unsigned<64>;

template <class Kernel>
std::vector<std::uint64_t> run(const Kernel& kernel, const std::vector<std::uint64_t>& in) {
  static Types::Channel<Word> from;  // of the type set: as deep as a test needs, so not on a stack
  static Types::Channel<Word> to;
  for (const std::uint64_t word : in) from.write(Word(word));
  kernel(from, to);
  std::vector<std::uint64_t> out;
  while (!to.empty()) out.push_back(to.read().to_uint64());
  EXPECT_TRUE(from.empty()) << "a word stays unread";
  while (!from.empty()) from.read();
  return out;
}

// `make(random)` gives a Call. All through plain channels, every `kStallEvery`th with each stall
// profile too.
inline constexpr int kStallEvery = 20;

template <class Kernel, class Make>
void compare(const Kernel& kernel, const Make& make, int calls, std::uint64_t own_seed) {
  const std::uint64_t seed = weft::test::seed_or(own_seed);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::mt19937_64 stalls_random(seed + 1);
  std::size_t compared = 0;
  for (int n = 0; n < calls; ++n) {
    const Call call = make(random);
    compared += call.expected.size();
    ASSERT_EQ(run(kernel, call.in), call.expected) << "call " << n;
    if (n % kStallEvery != 0) continue;
    for (const Stalls& stalls : kStalls) {
      ASSERT_EQ(run_stalled<Word>(kernel, call.in, stalls, stalls_random), call.expected)
          << "call " << n << ", stalls " << stalls.name;
    }
  }
  EXPECT_GE(compared, static_cast<std::size_t>(calls)) << "too little was compared";
}

}  // namespace weft::hls::test
