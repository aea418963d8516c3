// weft_value_array: every output of a row against softmax::dot_wide by channel, and every row in
// the cycle of the SystemC unit, at every width of a head and under stalls of both sides.
#include <Vvalue_16.h>
#include <Vvalue_64.h>
#include <Vvalue_8.h>
#include <gtest/gtest.h>

#include "models/softmax/fixed_point.hpp"
#include "tests/matmul/dot_rows.hpp"

namespace weft::test {
namespace {

using sim::matmul::DotOf;
using Sums = std::vector<std::uint64_t>;  // of the head's channels, as they stand on the port

enum Bin : std::size_t { kHeld, kBehind, kEmpty, kShort, kWide, kFullBeat, kSeveralBeats };

template <class V>
class ValueArray : public testing::Test {
 protected:
  ValueArray() : bench_(seed_or(92), DotOf::outputs) {}

  // Anything stands in places that no value of the beat needs, and in probabilities beyond it.
  void put(std::size_t b, std::size_t part) {
    const sim::RowBeat& beat = bench_.beats_[b];
    const DotRow& row = *bench_.owners_[b];
    const HeadPlaces<V>& head = bench_.head_;
    for (std::size_t place = 0; place < V::kMultipliers; ++place) {
      const std::size_t value = place / head.places;
      const std::size_t at = part * V::kMultipliers + place % head.places;
      const bool present = value < static_cast<std::size_t>(beat.count) && at < head.width;
      const std::size_t index = (static_cast<std::size_t>(beat.first) + value) * head.width + at;
      set_port_bits(dut()->in_values_i, place * V::kBitsB, V::kBitsB,
                    present ? static_cast<std::uint64_t>(row.elements[index]) : bench_.random_());
    }
    for (std::size_t i = 0; i < V::kMost; ++i) {
      const std::size_t key = static_cast<std::size_t>(beat.first) + i;
      set_port_bits(dut()->in_probabilities_i, i * V::kBitsA, V::kBitsA,
                    i < static_cast<std::size_t>(beat.count)
                        ? static_cast<std::uint64_t>(row.row.probabilities[key])
                        : bench_.random_());
    }
    dut()->in_count_i = static_cast<std::uint8_t>(beat.count);
    dut()->in_last_i = beat.last;
  }
  Sums got() {
    Sums sums;
    for (std::size_t f = 0; f < bench_.head_.width; ++f)
      sums.push_back(port_bits(dut()->out_sums_o, f * V::kSumBits, V::kSumBits));
    return sums;
  }
  Sums expected(const DotRow& row) const {
    const std::size_t width = bench_.head_.width;
    std::vector<std::int16_t> probabilities(row.row.probabilities.begin(),
                                            row.row.probabilities.end());
    Sums sums;
    for (std::size_t f = 0; f < width; ++f) {
      std::vector<std::int16_t> channel;
      for (std::size_t k = 0; k < probabilities.size(); ++k)
        channel.push_back(row.elements[k * width + f]);
      const std::int64_t sum = softmax::dot_wide(probabilities, channel);
      sums.push_back(static_cast<std::uint64_t>(sum) & low_bits(V::kSumBits));
    }
    return sums;
  }

  void run(std::size_t rows, std::size_t width, Bins& bins) {
    SCOPED_TRACE("width " + std::to_string(width));
    bench_.make_rows(rows, width, 3 * V::kMost + 2);
    for (const sim::RowBeat& beat : bench_.beats_) {
      const auto count = static_cast<std::size_t>(beat.count);
      bins.hit(kEmpty, count == 0);
      bins.hit(kShort, count > 0 && count < V::kMost);
      bins.hit(kFullBeat, count == V::kMost);
      bins.hit(kSeveralBeats, !beat.last);
    }
    bins.hit(kWide, bench_.head_.parts > 1);
    const auto latency = static_cast<std::int64_t>(3 + bench_.head_.parts - 1);
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      const auto cycles = source_cycles(stalls, bench_.beats_.size(), bench_.seed_);
      const auto systemc = bench_.systemc(cycles, stalls, latency);
      const auto rtl = bench_.template rtl<Sums>(
          cycles, stalls, rows, [this](auto b, auto part) { put(b, part); },
          [this] { return got(); },
          [&] {
            const bool held = dut()->out_valid_o && !dut()->out_ready_i;
            bins.hit(kHeld, held);
            bins.hit(kBehind, held && dut()->in_valid_i);
          });
      ASSERT_EQ(systemc.size(), rows);
      ASSERT_EQ(rtl.size(), rows);
      for (std::size_t r = 0; r < rows; ++r) {
        ASSERT_EQ(rtl[r].second, expected(*bench_.rows_[r])) << "row " << r;
        ASSERT_EQ(rtl[r].first, systemc[r]) << "row " << r;
        compared_ += rtl[r].second.size();
      }
    }
  }

  void run_all(std::size_t rows) {
    SCOPED_TRACE(seed_text(bench_.seed_));
    Bins bins({"held at the output", "a beat behind it", "an empty row", "a short beat",
               "parts of a head", "a full beat", "a row of several beats"});
    bins.hit(kShort, V::kMost == 1);  // there is none
    bins.hit(kWide, V::kParts == 1);
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

using Variants = testing::Types<DotVariant<Vvalue_16, 16, 16, 4, 12, 12, 32>,
                                DotVariant<Vvalue_8, 8, 1, 1, 5, 16, 28>,
                                DotVariant<Vvalue_64, 64, 16, 2, 12, 12, 32>>;
TYPED_TEST_SUITE(ValueArray, Variants);

TYPED_TEST(ValueArray, EveryRowInTheCycleOfSystemC) { this->run_all(60); }

template <class V>
class ValueArrayLong : public ValueArray<V> {};
TYPED_TEST_SUITE(ValueArrayLong, Variants);

TYPED_TEST(ValueArrayLong, Of5000RowsOfEveryWidthUnderEachProfile) { this->run_all(5000); }

TYPED_TEST(ValueArray, AResetDropsWhatIsUnderWay) {
  this->bench_.make_rows(20, TypeParam::kMultipliers, 1);
  this->bench_.expect_reset_drops(3, [this] { this->put(0, 0); });
}

}  // namespace
}  // namespace weft::test
