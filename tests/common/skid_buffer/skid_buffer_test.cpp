// weft_skid_buffer against a queue of two places, every output in every cycle.
#include <Vskid_1.h>
#include <Vskid_33.h>
#include <Vskid_64.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t width>
struct Variant {
  using Model = M;
  static constexpr std::size_t kWidth = width;
};

template <class V>
class SkidBuffer : public testing::Test {
 protected:
  SkidBuffer() : seed_(seed_or(52)), dut_(seed_) { pulse_reset(dut_); }

  static std::uint64_t cut(std::uint64_t value) { return value & low_bits(V::kWidth); }
  void set(bool valid, std::uint64_t word, bool ready) {
    dut_->in_valid_i = valid;
    set_port_bits(dut_->in_data_i, 0, V::kWidth, word);
    dut_->out_ready_i = ready;
    dut_.settle();
  }
  void expect_outputs(const std::deque<std::uint64_t>& held) {
    ASSERT_EQ(dut_->in_ready_o, held.size() < 2);
    ASSERT_EQ(dut_->out_valid_o, !held.empty());
    if (!held.empty()) {
      ASSERT_EQ(port_bits(dut_->out_data_o, 0, V::kWidth), held.front());
      ++compared_;
    }
  }

  std::uint64_t seed_;
  Bench<typename V::Model> dut_;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vskid_1, 1>, Variant<Vskid_33, 33>, Variant<Vskid_64, 64>>;
TYPED_TEST_SUITE(SkidBuffer, Variants);

TYPED_TEST(SkidBuffer, PassesAWordACycleOneCycleLater) {
  for (std::uint64_t i = 0; i < 100; ++i) {
    this->set(true, i * 7, true);
    if (i == 0) {
      this->expect_outputs({});
    } else {
      this->expect_outputs({this->cut((i - 1) * 7)});
    }
    this->dut_.tick();
  }
  EXPECT_EQ(this->compared_, 99u);
}

TYPED_TEST(SkidBuffer, HoldsTwoWordsBehindABlockedOutput) {
  this->set(true, 1, false);
  this->dut_.tick();
  this->set(true, 0, false);
  this->expect_outputs({1});
  this->dut_.tick();
  this->set(true, 1, false);
  this->expect_outputs({1, 0});
  this->dut_.tick();
  this->set(false, 1, true);
  this->expect_outputs({1, 0});
  this->dut_.tick();
  this->set(false, 1, true);
  this->expect_outputs({0});
  this->dut_.tick();
  this->set(false, 1, true);
  this->expect_outputs({});
}

TYPED_TEST(SkidBuffer, AResetEmptiesItAtOnce) {
  this->set(true, 1, false);
  this->dut_.tick();
  this->dut_.settle();
  this->dut_.tick();
  this->dut_.settle();
  this->expect_outputs({1, 1});
  this->dut_->in_valid_i = 0;
  this->dut_->rst_ni = 0;
  this->dut_.settle();
  this->expect_outputs({});
}

TYPED_TEST(SkidBuffer, AnyTrafficUnderStallsOfBothSides) {
  SCOPED_TRACE(seed_text(this->seed_));
  std::mt19937_64 random(this->seed_);
  Bins bins({"empty", "one", "two", "push refused", "pop of nothing",
             "push and pop of the only word", "pop of one of two"});
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
      const std::uint64_t word = this->cut(random());
      this->set(!push, ~word, !pop);  // neither side's wish may show at the other within the cycle
      this->expect_outputs(held);
      this->set(push, word, pop);
      this->expect_outputs(held);
      if (this->HasFatalFailure()) return;
      const bool pushes = push && held.size() < 2;
      const bool pops = pop && !held.empty();
      bins.hit(held.size());
      bins.hit(3, push && !pushes);
      bins.hit(4, pop && !pops);
      bins.hit(5, pushes && pops);
      bins.hit(6, pops && held.size() == 2);
      if (pops) held.pop_front();
      if (pushes) held.push_back(word);
      this->dut_.tick();
    }
    EXPECT_GT(this->compared_, before + 1000);
  }
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
