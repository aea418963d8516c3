// Rows of a head as they go through the arrays of Q·K and of Prob·V, for their benches: operands,
// beats, and the two runs that are compared.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "sim/matmul/dot_array.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {

// A unit as built: multipliers, places of the narrowest head, parts of the widest, bits of what is
// multiplied and of the sum.
template <class M, std::size_t multipliers, std::size_t min_width, std::size_t parts, std::size_t a,
          std::size_t b, std::size_t sum>
struct DotVariant {
  using Model = M;
  static constexpr std::size_t kMultipliers = multipliers;
  static constexpr std::size_t kMost = multipliers / min_width;  // rows of a beat
  static constexpr std::size_t kMinWidth = min_width;
  static constexpr std::size_t kParts = parts;
  static constexpr std::size_t kBitsA = a;
  static constexpr std::size_t kBitsB = b;
  static constexpr std::size_t kSumBits = sum;
  static constexpr std::size_t kLevels = std::bit_width(multipliers) - 1;
  static constexpr std::size_t kCountBits = std::bit_width(kMost);
};

// How a head of that width lies among the multipliers.
template <class V>
struct HeadPlaces {
  explicit HeadPlaces(std::size_t head_width)
      : width(head_width),
        places(std::min(V::kMultipliers, std::max(V::kMinWidth, std::bit_ceil(head_width)))),
        parts((head_width + V::kMultipliers - 1) / V::kMultipliers),
        rows(V::kMultipliers / places),
        level(static_cast<unsigned>(std::bit_width(places) - 1)) {}
  std::size_t width;
  std::size_t places;
  std::size_t parts;
  std::size_t rows;  // of a beat
  unsigned level;
};

struct DotRow {
  std::vector<std::int64_t> tokens;
  sim::QueryRow row;
  std::vector<std::int16_t> query;     // [width]
  std::vector<std::int16_t> elements;  // keys or values, [rows, width]
};

// Two's complement of so many bits; often an end of the range.
inline std::int16_t element(std::mt19937_64& random, std::size_t bits) {
  const auto most = static_cast<std::int32_t>(low_bits(bits - 1));
  const std::uint64_t drawn = random();
  if (drawn % 8 == 0) return static_cast<std::int16_t>((drawn & 8) != 0 ? most : -most - 1);
  return static_cast<std::int16_t>(static_cast<std::int32_t>(drawn >> 8 & low_bits(bits)) - most -
                                   1);
}

// What both benches do; `scores`: Q·K.
template <class V>
class DotArrayBench {
 public:
  DotArrayBench(std::uint64_t seed, sim::matmul::DotOf of)
      : seed_(seed), random_(seed), of_(of), dut_(seed) {}

  // Rows of one head; one in eight has no keys.
  void make_rows(std::size_t count, std::size_t width, std::size_t most_keys) {
    head_ = HeadPlaces<V>(width);
    rows_.clear();
    beats_.clear();
    owners_.clear();
    for (std::size_t r = 0; r < count; ++r) {
      rows_.push_back(std::make_unique<DotRow>());
      DotRow& made = *rows_.back();
      const std::size_t keys = random_() % 8 == 0 ? 0 : 1 + random_() % most_keys;
      made.tokens.resize(keys);
      made.row.tokens = made.tokens;
      made.row.width_qk = made.row.width_v = static_cast<std::int32_t>(width);
      for (std::size_t e = 0; e < width; ++e) made.query.push_back(element(random_, V::kBitsA));
      for (std::size_t e = 0; e < keys * width; ++e)
        made.elements.push_back(element(random_, V::kBitsB));
      for (std::size_t k = 0; k < keys; ++k) {
        made.row.probabilities.push_back(static_cast<std::int32_t>(
            random_() % 5 == 0 ? low_bits(V::kBitsA) : random_() & low_bits(V::kBitsA)));
      }
      std::size_t first = 0;
      do {
        const std::size_t here = std::min(head_.rows, keys - first);
        beats_.push_back({&made.row, static_cast<std::int32_t>(first),
                          static_cast<std::int32_t>(here), first + here == keys});
        owners_.resize(beats_.size(), &made);
        first += here;
      } while (first < keys);
    }
  }

  // The cycle in which each message of the SystemC unit is taken.
  std::vector<sim::Cycle> systemc(const std::vector<std::int64_t>& cycles, Stalls stalls,
                                  std::int64_t latency) {
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<sim::RowBeat>>("feed");
    assembly.emplace<sim::matmul::DotArray>(
        "unit",
        sim::matmul::DotArray::Config{.of = of_,
                                      .multipliers = static_cast<std::int64_t>(V::kMultipliers),
                                      .latency_cycles = latency},
        nullptr);
    auto& take = assembly.emplace<sim::test::Take<sim::RowBeat>>("take");
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "out", "take", "in", 2);
    for (std::size_t b = 0; b < beats_.size(); ++b)
      feed.messages.emplace_back(cycles[b], beats_[b]);
    take.ready = [this, stalls](sim::Cycle now) { return !pauses_at(stalls, false, now, seed_); };
    sim::test::run_to_end(assembly);
    std::vector<sim::Cycle> taken;
    for (const auto& [cycle, beat] : take.taken) taken.push_back(cycle);
    return taken;
  }

  // The same of the RTL, `count` messages. put(beat, part) sets the operands of a part; got() reads
  // what is at the output; seen(now) is called with all signals settled.
  template <class Out, class Put, class Got, class Seen>
  std::vector<std::pair<sim::Cycle, Out>> rtl(const std::vector<std::int64_t>& cycles,
                                              Stalls stalls, std::size_t count, Put put, Got got,
                                              Seen seen) {
    pulse_reset(dut_);
    dut_->level_i = static_cast<std::uint8_t>(head_.level);
    dut_->parts_i = static_cast<std::uint8_t>(head_.parts - 1);
    Link<std::size_t> in;
    Link<Out> out;
    std::vector<std::pair<sim::Cycle, Out>> taken;
    std::size_t fed = 0;
    std::size_t part = 0;
    std::size_t beat = 0;  // in hand, where a part of it was taken
    for (std::int64_t now = 0; taken.size() < count && now < 10'000'000; ++now) {
      dut_->in_valid_i = part > 0 || in.valid();
      if (part == 0 && in.valid()) beat = in.front();
      if (dut_->in_valid_i) put(beat, part);
      dut_->out_ready_i = out.ready();
      dut_.settle();
      seen();
      const bool takes = dut_->in_valid_i && dut_->in_ready_o;
      if (out.valid() && !pauses_at(stalls, false, now, seed_)) taken.emplace_back(now, out.pop());
      if (dut_->out_valid_o && out.ready()) out.push(got());
      if (takes) {
        if (part == 0) in.pop();
        part = (part + 1) % head_.parts;
      }
      if (fed < beats_.size() && cycles[fed] <= now && in.ready()) in.push(fed++);
      in.tick();
      out.tick();
      dut_.tick();
    }
    dut_->in_valid_i = 0;
    return taken;
  }

  // What is held at the output, `latency` cycles after a beat that put() sets the operands of, is
  // gone with a reset between clock edges, and what was under way behind it never comes.
  template <class Put>
  void expect_reset_drops(std::size_t latency, Put put) {
    pulse_reset(dut_);
    dut_->level_i = static_cast<std::uint8_t>(head_.level);
    dut_->parts_i = 0;
    dut_->out_ready_i = 0;
    dut_->in_valid_i = 1;
    put();
    for (std::size_t cycle = 0; cycle < latency; ++cycle) {
      dut_.settle();
      dut_.tick();
    }
    dut_.settle();
    ASSERT_EQ(dut_->out_valid_o, 1);
    ASSERT_EQ(dut_->in_ready_o, 0);
    dut_->in_valid_i = 0;
    dut_->rst_ni = 0;
    dut_.settle();  // no clock edge
    EXPECT_EQ(dut_->out_valid_o, 0);
    EXPECT_EQ(dut_->in_ready_o, 1);
    dut_.tick();
    dut_->rst_ni = 1;
    for (std::size_t cycle = 0; cycle < latency + 1; ++cycle) {
      dut_.settle();
      EXPECT_EQ(dut_->out_valid_o, 0);
      dut_.tick();
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  sim::matmul::DotOf of_;
  Bench<typename V::Model> dut_;
  HeadPlaces<V> head_{1};
  std::vector<std::unique_ptr<DotRow>> rows_;
  std::vector<sim::RowBeat> beats_;
  std::vector<const DotRow*> owners_;  // by beat
};

// Widths of heads that a variant takes: the narrowest, all of a power of two, and others.
template <class V>
std::vector<std::size_t> head_widths() {
  std::vector<std::size_t> widths{1, V::kMinWidth, V::kMultipliers, V::kMultipliers * V::kParts};
  if (V::kMultipliers > 2) widths.push_back(V::kMultipliers - 1);
  if (V::kMultipliers > 8) widths.push_back(V::kMultipliers / 2 - 3);
  if (V::kParts > 1) widths.push_back(V::kMultipliers * V::kParts - 5);
  return widths;
}

}  // namespace weft::test
