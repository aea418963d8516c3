// weft_head_importance: importances of heads over several layers against numerics::add in order,
// bit for bit, and rows done in the cycle of the SystemC unit, under stalls of both sides.
#include <Vhead_importance_1.h>
#include <Vhead_importance_8.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "models/numerics/bf16.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/prune/importance_cycles.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::QueryRow;

template <class M, std::size_t lanes, std::size_t heads>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kHeads = heads;
};

struct Row {
  QueryRow row;
  std::vector<std::uint32_t> outputs;
  std::size_t head = 0;
  bool fresh = false;
};

enum Bin : std::size_t { kSameHead, kShort, kParts, kHeld, kBehind, kNegative };

template <class V>
class HeadImportance : public testing::Test {
 protected:
  HeadImportance() : seed_(seed_or(95)), random_(seed_), dut_(seed_) {}

  // Rows of a layer: of each head some, one behind another or in any order.
  void make_layer(std::size_t width, Bins& bins) {
    rows_.clear();
    std::vector<bool> seen(V::kHeads);
    std::vector<float> magnitude(V::kHeads);
    for (std::size_t r = 0; r < 12 * V::kHeads; ++r) {
      rows_.push_back(std::make_unique<Row>());
      Row& made = *rows_.back();
      made.head = r % 2 == 0 ? r / 12 : random_() % V::kHeads;
      made.fresh = !seen[made.head];
      seen[made.head] = true;
      made.row.width_v = static_cast<std::int32_t>(width);
      float& sum = magnitude[made.head];
      for (std::size_t f = 0; f < width; ++f) {
        const auto mantissa =
            static_cast<float>(static_cast<std::int32_t>(random_() % 40001) - 20000);
        const float value = std::ldexp(mantissa, static_cast<int>(random_() % 24) - 16);
        made.outputs.push_back(numerics::bits_of(value));
        sum = numerics::add(sum, std::fabs(value));
        bins.hit(kNegative, value < 0);
      }
      bins.hit(kSameHead, r > 0 && rows_[r - 1]->head == made.head);
    }
    for (std::size_t h = 0; h < V::kHeads; ++h)
      importance_[h] = numerics::add(importance_[h], magnitude[h]);
    bins.hit(kShort, width % V::kLanes != 0 || V::kLanes == 1);
    bins.hit(kParts, width > V::kLanes);
  }

  std::vector<Cycle> systemc(const std::vector<std::int64_t>& cycles, Stalls stalls,
                             std::size_t parts) {
    return importance_cycles(rows_, cycles, V::kLanes, 1 + parts, [this, stalls](Cycle now) {
      return !pauses_at(stalls, false, now, seed_);
    });
  }

  void put(const Row& row, std::size_t part) {
    const std::size_t left = row.outputs.size() - part * V::kLanes;
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      set_port_bits(dut_->in_values_i, lane * 32, 32,
                    lane < left ? row.outputs[part * V::kLanes + lane] : random_());
    }
    dut_->in_count_i = static_cast<std::uint8_t>(std::min(left, V::kLanes));
    dut_->in_last_i = left <= V::kLanes;
    dut_->in_head_i = static_cast<std::uint8_t>(row.head);
    dut_->in_fresh_i = row.fresh;
  }

  std::vector<Cycle> rtl(const std::vector<std::int64_t>& cycles, Stalls stalls, std::size_t parts,
                         Bins& bins) {
    Link<std::size_t> in;
    Link<int> out;
    std::vector<Cycle> done;
    std::size_t fed = 0, part = 0, row = 0;
    for (Cycle now = 0; done.size() < rows_.size() && now < 10'000'000; ++now) {
      dut_->in_valid_i = part > 0 || in.valid();
      if (part == 0 && in.valid()) row = in.front();
      if (dut_->in_valid_i) put(*rows_[row], part);
      dut_->done_ready_i = out.ready();
      dut_.settle();
      bins.hit(kHeld, dut_->done_valid_o && !out.ready());
      bins.hit(kBehind, dut_->in_valid_i && !dut_->in_ready_o);
      const bool takes = dut_->in_valid_i && dut_->in_ready_o;
      if (out.valid() && !pauses_at(stalls, false, now, seed_)) {
        out.pop();
        done.push_back(now);
      }
      if (dut_->done_valid_o && out.ready()) out.push(0);
      if (takes) {
        if (part == 0) in.pop();
        part = (part + 1) % parts;
      }
      if (fed < rows_.size() && cycles[fed] <= now && in.ready()) in.push(fed++);
      in.tick();
      out.tick();
      dut_.tick();
    }
    dut_->in_valid_i = 0;
    return done;
  }

  // Behind a layer, every head one cycle after another.
  void expect_importances(bool fresh) {
    for (std::size_t h = 0; h <= V::kHeads; ++h) {
      dut_->settle_valid_i = h < V::kHeads;
      dut_->settle_head_i = static_cast<std::uint8_t>(h % V::kHeads);
      dut_->settle_fresh_i = fresh;
      dut_.settle();
      if (h > 0) {
        ASSERT_EQ(dut_->settle_value_o, numerics::bits_of(importance_[h - 1])) << "head " << h - 1;
        ++compared_;
      }
      dut_.tick();
    }
    dut_->settle_valid_i = 0;
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::unique_ptr<Row>> rows_;
  std::vector<float> importance_ = std::vector<float>(V::kHeads);
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vhead_importance_8, 8, 12>, Variant<Vhead_importance_1, 1, 3>>;
TYPED_TEST_SUITE(HeadImportance, Variants);

TYPED_TEST(HeadImportance, SumsAndCyclesOfEveryLayer) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"the same head twice in a row", "a short part", "several parts", "a row's end held",
             "a row behind it", "a negative output"});
  this->dut_.reset();
  this->dut_->settle_valid_i = 0;
  constexpr std::size_t kLanes = TypeParam::kLanes;
  for (const std::size_t width : {std::size_t{1}, kLanes, 2 * kLanes, 4 * kLanes - kLanes / 2}) {
    bool fresh = true;
    this->importance_.assign(TypeParam::kHeads, 0.0F);
    const std::size_t parts = (width + kLanes - 1) / kLanes;
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      this->make_layer(width, bins);
      const auto cycles = source_cycles(stalls, this->rows_.size(), this->seed_);
      const std::vector<Cycle> systemc = this->systemc(cycles, stalls, parts);
      const std::vector<Cycle> rtl = this->rtl(cycles, stalls, parts, bins);
      ASSERT_EQ(rtl, systemc);
      this->expect_importances(fresh);
      if (this->HasFatalFailure()) return;
      fresh = false;
    }
  }
  EXPECT_EQ(this->compared_, 4 * 5 * TypeParam::kHeads);
  bins.expect_all_hit();
}

TYPED_TEST(HeadImportance, AResetDropsARowsEnd) {
  this->dut_.reset();
  auto& dut = this->dut_;
  dut->settle_valid_i = 0;
  dut->done_ready_i = 0;
  dut->in_valid_i = 1;
  dut->in_count_i = 1;
  dut->in_last_i = 1;
  dut->in_fresh_i = 1;
  for (int cycle = 0; cycle < 2; ++cycle) {
    dut.settle();
    dut.tick();
  }
  dut.settle();
  ASSERT_EQ(dut->done_valid_o, 1);
  dut->in_valid_i = 0;
  dut->rst_ni = 0;
  dut.settle();  // no clock edge
  EXPECT_EQ(dut->done_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
