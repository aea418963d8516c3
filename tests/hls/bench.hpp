// One bench for every kernel and every type set: words into the kernel and, beside it, what the
// model makes of the same stimulus; bit for bit, through the type set's own channels, then with
// stalls and back-pressure.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
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

// Calls one by one through plain channels, every `kStallEvery`th with each stall profile too.
inline constexpr std::size_t kStallEvery = 20;

template <class Kernel>
class Bench {
 public:
  Bench(const Kernel& kernel, std::uint64_t seed) : kernel_(kernel), random_(seed) {}
  ~Bench() { EXPECT_GE(compared_, calls_) << "too little was compared"; }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void compare(const Call& call) {
    const std::size_t number = calls_++;
    compared_ += call.expected.size();
    ASSERT_EQ(run(kernel_, call.in), call.expected) << "call " << number;
    if (number % kStallEvery != 0) return;
    for (const Stalls& stalls : kStalls) {
      ASSERT_EQ(run_stalled<Word>(kernel_, call.in, stalls, random_), call.expected)
          << "call " << number << ", stalls " << stalls.name;
    }
  }

 private:
  Kernel kernel_;
  std::mt19937_64 random_;
  std::size_t calls_ = 0;
  std::size_t compared_ = 0;
};

// `make(random)` gives a Call.
template <class Kernel, class Make>
void compare(const Kernel& kernel, Make make, int calls, std::uint64_t own_seed) {
  const std::uint64_t seed = weft::test::seed_or(own_seed);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<Kernel> bench(kernel, seed + 1);
  for (int n = 0; n < calls && !testing::Test::HasFatalFailure(); ++n) bench.compare(make(random));
}

// For hls/common/testbench.cpp, where WEFT_HLS_VECTORS names a file: of some calls, from the first
// to near the last, how many words go in, those, how many come out, those.
inline constexpr std::size_t kVectorCalls = 6;
inline void write_vectors(const std::vector<Call>& calls) {
  const char* path = std::getenv("WEFT_HLS_VECTORS");
  if (path == nullptr) return;
  std::ofstream file(path);
  const std::size_t count = std::min(kVectorCalls, calls.size());
  for (std::size_t n = 0; n < count; ++n) {
    const Call& call = calls[n * calls.size() / count];
    for (const auto* words : {&call.in, &call.expected}) {
      file << words->size() << "u,\n";
      for (const std::uint64_t word : *words) file << word << "u,\n";
    }
  }
  ASSERT_TRUE(file.flush()) << path;
}

template <class Kernel>
void compare(const Kernel& kernel, const std::vector<Call>& calls) {
  ASSERT_FALSE(calls.empty());
  write_vectors(calls);
  Bench<Kernel> bench(kernel, 1);
  for (const Call& call : calls) {
    bench.compare(call);
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace weft::hls::test
