// weft_fifo against a std::deque, every output in every cycle.
#include <Vfifo_1.h>
#include <Vfifo_2.h>
#include <Vfifo_3.h>
#include <Vfifo_5.h>
#include <Vfifo_8.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

enum Bin : std::size_t { kFull, kRefused, kNothing, kPushAlone, kPopAlone, kRefill, kBoth, kHolds };
std::vector<std::string> bin_names(std::size_t depth) {
  std::vector<std::string> names{"full",        "push refused", "pop of nothing",
                                 "push alone",  "pop alone",    "filled again after it was empty",
                                 "push and pop"};
  for (std::size_t count = 0; count <= depth; ++count)
    names.push_back("holds " + std::to_string(count));
  return names;
}

template <class M, std::size_t depth, std::size_t width>
struct Variant {
  using Model = M;
  static constexpr std::size_t kDepth = depth;
  static constexpr std::size_t kWidth = width;
};

template <class V>
class Fifo : public testing::Test {
 protected:
  using Model = typename V::Model;

  Fifo() : seed_(seed_or(51)), dut_(seed_) { pulse_reset(dut_); }

  void put(bool valid, std::uint64_t word) {
    dut_->in_valid_i = valid;
    set_port_bits(dut_->in_data_i, 0, V::kWidth, word);
  }
  std::uint64_t word() { return port_bits(dut_->out_data_o, 0, V::kWidth); }
  static std::uint64_t cut(std::uint64_t value) { return value & low_bits(V::kWidth); }

  // Outputs must be those of a queue that holds `expected`, whatever the inputs.
  void expect_outputs(const std::deque<std::uint64_t>& expected) {
    ASSERT_EQ(dut_->in_ready_o, expected.size() < V::kDepth);
    ASSERT_EQ(dut_->out_valid_o, !expected.empty());
    ASSERT_EQ(dut_->count_o, expected.size());
    if (!expected.empty()) {
      ASSERT_EQ(word(), expected.front());
      ++compared_;
    }
  }

  std::uint64_t seed_;
  Bench<Model> dut_;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vfifo_1, 1, 8>, Variant<Vfifo_2, 2, 1>, Variant<Vfifo_3, 3, 64>,
                   Variant<Vfifo_5, 5, 33>, Variant<Vfifo_8, 8, 16>>;
TYPED_TEST_SUITE(Fifo, Variants);

TYPED_TEST(Fifo, AWordIsSeenInTheCycleAfterItsPush) {
  for (std::uint64_t i = 0; i < 3 * TypeParam::kDepth; ++i) {
    this->dut_->out_ready_i = 1;
    this->put(true, 5 * i + 1);
    this->dut_.settle();
    this->expect_outputs({});
    this->dut_.tick();
    this->put(false, 0);
    this->dut_.settle();
    this->expect_outputs({this->cut(5 * i + 1)});
    this->dut_.tick();
    this->dut_.settle();
    this->expect_outputs({});
  }
  EXPECT_EQ(this->compared_, 3 * TypeParam::kDepth);
}

TYPED_TEST(Fifo, TakesAsManyWordsAsItIsDeepAndGivesThemInOrder) {
  std::deque<std::uint64_t> held;
  this->dut_->out_ready_i = 0;
  for (std::uint64_t i = 0; i < TypeParam::kDepth + 3; ++i) {
    this->put(true, i * 0x9E3779B97F4A7C15u);
    this->dut_.settle();
    this->expect_outputs(held);
    if (held.size() < TypeParam::kDepth) held.push_back(this->cut(i * 0x9E3779B97F4A7C15u));
    this->dut_.tick();
  }
  EXPECT_EQ(held.size(), TypeParam::kDepth);
  this->put(false, 0);
  this->dut_->out_ready_i = 1;
  while (!held.empty()) {
    this->dut_.settle();
    this->expect_outputs(held);
    held.pop_front();
    this->dut_.tick();
  }
  this->expect_outputs({});
}

TYPED_TEST(Fifo, AResetEmptiesItAtOnce) {
  this->put(true, 1);
  this->dut_->out_ready_i = 0;
  for (std::size_t i = 0; i < TypeParam::kDepth; ++i) {
    this->dut_.settle();
    this->dut_.tick();
  }
  this->put(false, 0);
  this->dut_->rst_ni = 0;
  this->dut_.settle();  // no clock edge
  this->expect_outputs({});
  this->dut_.tick();
  this->dut_.settle();
  this->dut_->rst_ni = 1;
  this->put(true, 0);
  this->dut_.tick();
  this->put(false, 1);
  this->dut_.settle();
  this->expect_outputs({0});
}

TYPED_TEST(Fifo, AnyTrafficUnderStallsOfBothSides) {
  SCOPED_TRACE(seed_text(this->seed_));
  std::mt19937_64 random(this->seed_);
  Bins bins(bin_names(TypeParam::kDepth));
  for (const Stalls stalls : kAllStalls) {
    SCOPED_TRACE(name_of(stalls));
    Pauses source = Pauses::of_source(stalls, random());
    Pauses sink = Pauses::of_sink(stalls, random());
    std::deque<std::uint64_t> held;
    pulse_reset(this->dut_);
    const std::uint64_t before = this->compared_;
    for (int cycle = 0; cycle < 4000; ++cycle) {
      const bool push = !source.next();
      const bool pop = !sink.next();
      const std::uint64_t pushed = this->cut(random());
      // Neither side's wish may show at the other within the cycle.
      this->put(!push, ~pushed);
      this->dut_->out_ready_i = !pop;
      this->dut_.settle();
      this->expect_outputs(held);
      this->put(push, pushed);
      this->dut_->out_ready_i = pop;
      this->dut_.settle();
      this->expect_outputs(held);
      if (this->HasFatalFailure()) return;
      const bool pushes = push && held.size() < TypeParam::kDepth;
      const bool pops = pop && !held.empty();
      bins.hit(kFull, held.size() == TypeParam::kDepth);
      bins.hit(kRefused, push && !pushes);
      bins.hit(kNothing, pop && !pops);
      bins.hit(kPushAlone, pushes && !pops);
      bins.hit(kPopAlone, pops && !pushes);
      bins.hit(kRefill, pushes && held.empty() && cycle > 100);
      bins.hit(kBoth, (pushes && pops) || TypeParam::kDepth == 1);  // a depth of 1 cannot
      bins.hit(kHolds + held.size());
      if (pops) held.pop_front();
      if (pushes) held.push_back(pushed);
      this->dut_.tick();
    }
    EXPECT_GT(this->compared_, before + 1000);
  }
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
