// weft_dot_array: every score against softmax::dot_wide, and every beat in the cycle of the SystemC
// unit, at every width of a head and under stalls of both sides.
#include <Vdot_16.h>
#include <Vdot_64.h>
#include <Vdot_8.h>
#include <gtest/gtest.h>

#include "models/softmax/fixed_point.hpp"
#include "tests/matmul/dot_rows.hpp"

namespace weft::test {
namespace {

using sim::matmul::DotOf;

struct Scores {
  std::vector<std::uint64_t> integers;  // as they stand on the port
  bool last = false;
};

enum Bin : std::size_t { kHeld, kBehind, kEmpty, kShort, kWide, kFullBeat, kExtreme };

template <class V>
class DotArray : public testing::Test {
 protected:
  DotArray() : bench_(seed_or(91), DotOf::scores) {}

  // Places that a head does not need are 0 in the query and anything in the keys.
  void put(std::size_t b, std::size_t part) {
    const sim::RowBeat& beat = bench_.beats_[b];
    const DotRow& row = *bench_.owners_[b];
    const HeadPlaces<V>& head = bench_.head_;
    for (std::size_t place = 0; place < V::kMultipliers; ++place) {
      const std::size_t e = part * V::kMultipliers + place;
      const bool of_head = place < head.places;
      const std::uint64_t query = !of_head         ? bench_.random_()
                                  : e < head.width ? static_cast<std::uint64_t>(row.query[e])
                                                   : 0;
      set_port_bits(dut()->in_query_i, place * V::kBitsA, V::kBitsA, query);
      const std::size_t key = place / head.places;
      const std::size_t at = part * V::kMultipliers + place % head.places;
      const bool present = key < static_cast<std::size_t>(beat.count) && at < head.width;
      const std::size_t index = (static_cast<std::size_t>(beat.first) + key) * head.width + at;
      set_port_bits(dut()->in_keys_i, place * V::kBitsB, V::kBitsB,
                    present ? static_cast<std::uint64_t>(row.elements[index]) : bench_.random_());
    }
    dut()->in_count_i = static_cast<std::uint8_t>(beat.count);
    dut()->in_last_i = beat.last;
  }
  Scores got() {
    Scores scores;
    for (std::size_t i = 0; i < dut()->out_count_o; ++i) {
      scores.integers.push_back(port_bits(dut()->out_scores_o, i * V::kSumBits, V::kSumBits));
    }
    scores.last = dut()->out_last_o != 0;
    return scores;
  }
  Scores expected(std::size_t b, Bins& bins) const {
    const sim::RowBeat& beat = bench_.beats_[b];
    const DotRow& row = *bench_.owners_[b];
    const std::size_t width = bench_.head_.width;
    Scores scores{{}, beat.last};
    for (std::int32_t i = 0; i < beat.count; ++i) {
      const auto key = std::span<const std::int16_t>(row.elements)
                           .subspan(static_cast<std::size_t>(beat.first + i) * width, width);
      const std::int64_t score = softmax::dot_wide(row.query, key);
      const std::int64_t most = std::int64_t{1} << (V::kBitsA + V::kBitsB - 2);
      bins.hit(kExtreme, width == 1 && score == most);
      scores.integers.push_back(static_cast<std::uint64_t>(score) & low_bits(V::kSumBits));
    }
    bins.hit(kEmpty, beat.count == 0);
    bins.hit(kShort, beat.count > 0 && static_cast<std::size_t>(beat.count) < V::kMost);
    bins.hit(kFullBeat, static_cast<std::size_t>(beat.count) == V::kMost);
    bins.hit(kWide, bench_.head_.parts > 1);
    return scores;
  }

  void run(std::size_t rows, std::size_t width, Bins& bins) {
    SCOPED_TRACE("width " + std::to_string(width));
    bench_.make_rows(rows, width, 3 * V::kMost + 2);
    const std::int64_t latency = static_cast<std::int64_t>(2 + V::kLevels + bench_.head_.parts - 1);
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      const auto cycles = source_cycles(stalls, bench_.beats_.size(), bench_.seed_);
      const auto systemc = bench_.systemc(cycles, stalls, latency);
      const auto rtl = bench_.template rtl<Scores>(
          cycles, stalls, bench_.beats_.size(), [this](auto b, auto part) { put(b, part); },
          [this] { return got(); },
          [&] {
            const bool held = dut()->out_valid_o && !dut()->out_ready_i;
            bins.hit(kHeld, held);
            bins.hit(kBehind, held && dut()->in_valid_i);
          });
      ASSERT_EQ(systemc.size(), bench_.beats_.size());
      ASSERT_EQ(rtl.size(), systemc.size());
      for (std::size_t b = 0; b < rtl.size(); ++b) {
        const Scores right = expected(b, bins);
        ASSERT_EQ(rtl[b].second.integers, right.integers) << "beat " << b;
        ASSERT_EQ(rtl[b].second.last, right.last) << "beat " << b;
        ASSERT_EQ(rtl[b].first, systemc[b]) << "beat " << b;
        compared_ += right.integers.size();
      }
    }
  }

  void run_all(std::size_t rows) {
    SCOPED_TRACE(seed_text(bench_.seed_));
    Bins bins({"held at the output", "a beat behind it", "an empty row", "a short beat",
               "parts of a head", "a full beat", "the largest product"});
    bins.hit(kShort, V::kMost == 1);  // there is none
    bins.hit(kWide, V::kParts == 1);
    bins.hit(kExtreme, V::kMinWidth > 1);
    for (const std::size_t width : head_widths<V>()) {
      run(rows, width, bins);
      if (HasFatalFailure()) return;
    }
    EXPECT_GT(compared_, rows * head_widths<V>().size());
    bins.expect_all_hit();
  }

  Bench<typename V::Model>& dut() { return bench_.dut_; }

  DotArrayBench<V> bench_;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<DotVariant<Vdot_16, 16, 16, 4, 12, 12, 32>,
                                DotVariant<Vdot_8, 8, 1, 1, 5, 16, 23>,
                                DotVariant<Vdot_64, 64, 16, 2, 12, 12, 32>>;
TYPED_TEST_SUITE(DotArray, Variants);

TYPED_TEST(DotArray, EveryScoreInTheCycleOfSystemC) { this->run_all(60); }

template <class V>
class DotArrayLong : public DotArray<V> {};
TYPED_TEST_SUITE(DotArrayLong, Variants);

TYPED_TEST(DotArrayLong, Of5000RowsOfEveryWidthUnderEachProfile) { this->run_all(5000); }

TYPED_TEST(DotArray, AResetDropsWhatIsUnderWay) {
  this->bench_.make_rows(2, TypeParam::kMultipliers, 2);
  this->bench_.expect_reset_drops(2 + TypeParam::kLevels, [this] { this->put(0, 0); });
}

}  // namespace
}  // namespace weft::test
