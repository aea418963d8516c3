#include "hls/select/zero_eliminator.hpp"

#include "models/select/zero_eliminator.hpp"
#include "tests/hls/bench.hpp"
#include "tests/hls/trace.hpp"

namespace weft::hls::test {
namespace {

// A frame of the kernel's lanes, and what the model makes of it.
template <int kLanes, int kBits>
struct Frames {
  using Kernel = select::ZeroEliminator<Types, kLanes, kBits>;

  static std::vector<std::uint64_t> words(const std::vector<std::uint64_t>& values,
                                          const std::vector<std::uint8_t>& valid) {
    std::vector<std::uint64_t> out(Kernel::kWords);
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::uint64_t slot = values[i] | std::uint64_t{valid[i]} << kBits;
      out[i / Kernel::kPerWord] |= slot << (i % Kernel::kPerWord * Kernel::kSlotBits);
    }
    return out;
  }

  static Call of(const std::vector<std::uint64_t>& values, const std::vector<std::uint8_t>& valid) {
    const auto slots = weft::select::eliminate_zeros(std::span<const std::uint64_t>(values),
                                                     std::span<const std::uint8_t>(valid));
    std::vector<std::uint64_t> kept(kLanes);
    std::vector<std::uint8_t> kept_valid(kLanes);
    for (std::size_t i = 0; i < kLanes; ++i) {
      kept[i] = slots[i].valid ? slots[i].value : 0;
      kept_valid[i] = slots[i].valid;
    }
    return {words(values, valid), words(kept, kept_valid)};
  }

  static Call random(std::mt19937_64& random) {
    std::vector<std::uint64_t> values(kLanes);
    std::vector<std::uint8_t> valid(kLanes);
    const std::uint64_t share = 1 + random() % 8;
    const bool few = random() % 2 == 0;  // zero everywhere, or nowhere
    for (auto& value : values) value = random() >> (64 - kBits);
    for (auto& v : valid) v = (random() % share == 0) != few;
    return of(values, valid);
  }

  static void compare(int calls) {
    test::compare([](auto& in, auto& out) { Kernel::frame(in, out); }, random, calls, 21);
  }
};

TEST(ZeroEliminator, EveryPatternOfTwelve) {
  unsigned pattern = 0;
  const auto make = [&](std::mt19937_64&) {
    std::vector<std::uint64_t> values(12);
    std::vector<std::uint8_t> valid(12);
    for (std::size_t i = 0; i < 12; ++i) {
      values[i] = 100 + i;
      valid[i] = (pattern >> i & 1u) != 0;
    }
    ++pattern;
    return Frames<12, 15>::of(values, valid);
  };
  compare([](auto& in, auto& out) { select::ZeroEliminator<Types, 12, 15>::frame(in, out); }, make,
          4096, 1);
}

TEST(ZeroEliminator, SixteenOfFifteenBits) { Frames<16, 15>::compare(20000); }
TEST(ZeroEliminator, OneLane) { Frames<1, 12>::compare(50); }
TEST(ZeroEliminator, SevenOfTwelveBits) { Frames<7, 12>::compare(2000); }
TEST(ZeroEliminator, SeventeenOfSixtyThreeBits) { Frames<17, 63>::compare(2000); }
// What a row's probabilities leave of its values: frames of sixteen keys.
TEST(ZeroEliminator, KeysOfTheTrace) {
  std::vector<Call> calls;
  for (const TraceRow& row : trace_rows()) {
    for (std::size_t first = 0; first + 16 <= row.probabilities.integers.size(); first += 16) {
      std::vector<std::uint64_t> keys(16);
      std::vector<std::uint8_t> valid(16);
      for (std::size_t i = 0; i < 16; ++i) {
        keys[i] = first + i;
        valid[i] = row.probabilities.integers[first + i] > 20;
      }
      calls.push_back(Frames<16, 15>::of(keys, valid));
    }
  }
  compare([](auto& in, auto& out) { select::ZeroEliminator<Types, 16, 15>::frame(in, out); },
          calls);
}
TEST(ZeroEliminatorLong, AHundredThousand) { Frames<16, 15>::compare(100000); }

}  // namespace
}  // namespace weft::hls::test
