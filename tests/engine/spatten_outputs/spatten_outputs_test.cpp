// weft_spatten_outputs: outputs of queries against softmax::dequantise and importances of heads
// against numerics::add in order, bit for bit; queries done in the cycle of the SystemC unit, under
// pauses of the source.
#include <Vspatten_outputs_16.h>
#include <Vspatten_outputs_4.h>
#include <Vspatten_outputs_8.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <memory>

#include "models/numerics/bf16.hpp"
#include "models/softmax/fixed_point.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/prune/importance_cycles.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::QueryRow;

template <class M, std::size_t multipliers, std::size_t parts, std::size_t heads,
          std::size_t tag_bits>
struct Variant {
  using Model = M;
  static constexpr std::size_t kMultipliers = multipliers;
  static constexpr std::size_t kParts = parts;
  static constexpr std::size_t kHeads = heads;
  static constexpr std::size_t kTagBits = tag_bits;
};

struct Query {
  QueryRow row;
  std::vector<std::int32_t> sums;
  float scale = 0;
  std::vector<std::uint32_t> outputs;  // fp32
  std::size_t head = 0;
  bool fresh = false;
};

enum Bin : std::size_t { kSameHead, kParts, kBehind, kFull, kNegative, kRounded, kLeast };

template <class V>
class SpattenOutputs : public testing::Test {
 protected:
  static constexpr std::size_t kPartBits =
      V::kParts <= 1 ? 1 : static_cast<std::size_t>(std::bit_width(V::kParts - 1));

  SpattenOutputs() : seed_(seed_or(98)), random_(seed_), dut_(seed_) {}

  // A sum of any size, often the least or one that has no fp32 of its own.
  std::int32_t any_sum() {
    const auto bits = static_cast<std::uint32_t>(random_());
    if (bits % 64 == 0) return INT32_MIN;
    return static_cast<std::int32_t>(bits) >> (random_() % 32);
  }

  // Queries of a layer: of each head some, one behind another or in any order.
  void make_layer(std::size_t parts, Bins& bins) {
    queries_.clear();
    std::vector<bool> seen(V::kHeads);
    std::vector<float> magnitude(V::kHeads);
    const std::size_t width = parts * V::kMultipliers;
    for (std::size_t q = 0; q < 10 * V::kHeads + 20; ++q) {
      queries_.push_back(std::make_unique<Query>());
      Query& made = *queries_.back();
      made.head = q % 2 == 0 ? q / 10 % V::kHeads : random_() % V::kHeads;
      made.fresh = !seen[made.head];
      seen[made.head] = true;
      made.row.width_v = static_cast<std::int32_t>(width);
      made.scale = std::ldexp(1.0F + static_cast<float>(random_() % 65536) / 65536.0F,
                              static_cast<int>(random_() % 60) - 40);
      float& sum = magnitude[made.head];
      for (std::size_t f = 0; f < width; ++f) {
        made.sums.push_back(any_sum());
        const float value = softmax::dequantise(made.sums.back(), made.scale);
        made.outputs.push_back(numerics::bits_of(value));
        sum = numerics::add(sum, std::fabs(value));
        bins.hit(kNegative, value < 0);
        bins.hit(kRounded, std::abs(static_cast<std::int64_t>(made.sums.back())) > 1 << 24);
        bins.hit(kLeast, made.sums.back() == INT32_MIN);
      }
      bins.hit(kSameHead, q > 0 && queries_[q - 1]->head == made.head);
    }
    for (std::size_t h = 0; h < V::kHeads; ++h)
      importance_[h] = numerics::add(importance_[h], magnitude[h]);
    bins.hit(kParts, parts > 1 || V::kParts == 1);
  }

  // Cycles in which queries are done: a part a cycle, the last one 7 cycles behind its own.
  std::vector<Cycle> systemc(const std::vector<std::int64_t>& cycles, std::size_t parts) {
    std::vector<Cycle> done =
        importance_cycles(queries_, cycles, V::kMultipliers, 6 + parts, [](Cycle) { return true; });
    for (Cycle& cycle : done) --cycle;  // that link
    return done;
  }

  void put(const Query& query, std::size_t number) {
    for (std::size_t f = 0; f < V::kParts * V::kMultipliers; ++f) {
      const std::uint64_t sum =
          f < query.sums.size() ? static_cast<std::uint32_t>(query.sums[f]) : random_();
      set_port_bits(dut_->in_sums_i, f * 32, 32, sum);
    }
    dut_->in_scale_i = numerics::bits_of(query.scale);
    set_port_bits(dut_->in_head_i, 0, 8 * sizeof dut_->in_head_i, query.head);
    dut_->in_fresh_i = query.fresh;
    dut_->in_tag_i = tag_of(number);
  }
  static std::uint8_t tag_of(std::size_t number) {
    return static_cast<std::uint8_t>(number & low_bits(V::kTagBits));
  }

  // A part of the query that comes out, where one does.
  void expect_part(std::size_t parts, Cycle now, std::vector<Cycle>& last_parts) {
    if (!dut_->out_valid_o) return;
    const std::size_t q = outs_ / parts, part = outs_ % parts;
    ASSERT_LT(q, queries_.size());
    EXPECT_EQ(dut_->out_tag_o, tag_of(q));
    EXPECT_EQ(dut_->out_part_o, part);
    EXPECT_EQ(dut_->out_last_o, part + 1 == parts);
    for (std::size_t m = 0; m < V::kMultipliers; ++m) {
      ASSERT_EQ(port_bits(dut_->out_values_o, m * 32, 32),
                queries_[q]->outputs[part * V::kMultipliers + m])
          << "query " << q << " part " << part << " output " << m;
      ++compared_;
    }
    if (part > 0) {
      EXPECT_EQ(now, last_cycle_ + 1);
    }
    last_cycle_ = now;
    if (part + 1 == parts) last_parts.push_back(now);
    ++outs_;
  }

  std::vector<Cycle> rtl(const std::vector<std::int64_t>& cycles, std::size_t parts, Bins& bins) {
    std::vector<Cycle> done, last_parts;
    std::size_t fed = 0;
    outs_ = 0;
    for (Cycle now = 0; done.size() < queries_.size() && now < 1'000'000; ++now) {
      dut_->in_valid_i = fed < queries_.size() && cycles[fed] <= now;
      if (dut_->in_valid_i) put(*queries_[fed], fed);
      dut_.settle();
      expect_part(parts, now, last_parts);
      if (HasFatalFailure()) break;
      if (dut_->done_valid_o) {
        EXPECT_EQ(dut_->done_tag_o, tag_of(done.size()));
        done.push_back(now);
      }
      bins.hit(kFull, dut_->in_valid_i && !dut_->in_ready_o);
      bins.hit(kBehind, dut_->in_valid_i && outs_ % parts != 0);
      if (dut_->in_valid_i && dut_->in_ready_o) ++fed;
      dut_.tick();
    }
    dut_->in_valid_i = 0;
    EXPECT_EQ(last_parts.size(), done.size());
    for (std::size_t q = 0; q < std::min(done.size(), last_parts.size()); ++q)
      EXPECT_EQ(last_parts[q] + 2, done[q]) << "query " << q;
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
      }
      dut_.tick();
    }
    dut_->settle_valid_i = 0;
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::unique_ptr<Query>> queries_;
  std::vector<float> importance_ = std::vector<float>(V::kHeads);
  std::size_t outs_ = 0;  // parts that have come out
  Cycle last_cycle_ = 0;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vspatten_outputs_16, 16, 4, 12, 4>,
                                Variant<Vspatten_outputs_4, 4, 1, 1, 6>,
                                Variant<Vspatten_outputs_8, 8, 3, 5, 5>>;
TYPED_TEST_SUITE(SpattenOutputs, Variants);

TYPED_TEST(SpattenOutputs, ValuesImportancesAndCyclesOfEveryLayer) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"the same head twice in a row", "several parts", "a query behind another",
             "the link full", "a negative output", "a sum beyond 2^24", "the least sum"});
  if (TypeParam::kParts == 1) {  // a query a cycle: the link is never full, nor a query amid
    bins.hit(kFull);
    bins.hit(kBehind);
  }
  this->dut_->settle_valid_i = 0;
  this->dut_.reset();
  for (std::size_t parts = 1; parts <= TypeParam::kParts; ++parts) {
    bool fresh = true;
    this->dut_->parts_i = static_cast<std::uint8_t>(parts - 1);
    this->importance_.assign(TypeParam::kHeads, 0.0F);
    for (const Stalls stalls : {Stalls::none, Stalls::source, Stalls::bursty}) {
      SCOPED_TRACE(std::to_string(parts) + " parts, " + name_of(stalls));
      this->make_layer(parts, bins);
      const auto cycles = source_cycles(stalls, this->queries_.size(), this->seed_);
      const std::vector<Cycle> systemc = this->systemc(cycles, parts);
      ASSERT_EQ(this->rtl(cycles, parts, bins), systemc);
      this->expect_importances(fresh);
      if (this->HasFatalFailure()) return;
      fresh = false;
    }
  }
  EXPECT_GT(this->compared_, 3u * 20 * TypeParam::kMultipliers);
  bins.expect_all_hit();
}

TYPED_TEST(SpattenOutputs, AResetDropsWhatIsUnderWay) {
  auto& dut = this->dut_;
  dut->settle_valid_i = 0;
  dut.reset();
  dut->parts_i = static_cast<std::uint8_t>(TypeParam::kParts - 1);
  dut->in_head_i = 0;
  dut->in_valid_i = 1;
  for (int cycle = 0; cycle < 7; ++cycle) {
    dut.settle();
    dut.tick();
  }
  dut->in_valid_i = 0;
  dut.settle();
  ASSERT_EQ(dut->out_valid_o, 1);
  pulse_reset(dut);
  for (std::size_t cycle = 0; cycle < 12 + 2 * TypeParam::kParts; ++cycle) {
    dut.settle();
    EXPECT_EQ(dut->out_valid_o, 0);
    EXPECT_EQ(dut->done_valid_o, 0);
    dut.tick();
  }
  // and the next query begins with its first part
  dut->in_valid_i = 1;
  dut.settle();
  dut.tick();
  dut->in_valid_i = 0;
  for (int cycle = 0; cycle < 6; ++cycle) {
    dut.settle();
    EXPECT_EQ(dut->out_valid_o, cycle == 5);
    if (dut->out_valid_o) {
      EXPECT_EQ(dut->out_part_o, 0);
    }
    dut.tick();
  }
}

}  // namespace
}  // namespace weft::test
