#include <VExp0.h>
#include <VExp1.h>
#include <VExp3.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <deque>

#include "models/numerics/exp_fp32.hpp"
#include "tests/numerics/exact_fp32.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 101;
using Operands = std::array<std::uint32_t, 2>;  // difference, scale

std::uint32_t model(const Operands& o) {
  return as_word(numerics::exp_maccs(as_float(o[0]), as_float(o[1])));
}

// The table of docs/units/numerics.md on host arithmetic, its integers taken from numbers rather
// than from their bits.
float flushed(float x) { return as_float(ieee_result(x)); }
std::uint32_t ieee(const Operands& o) {
  const float x = ieee_operand(o[0]);
  const float c = ieee_operand(o[1]);
  const float t = flushed(std::fma(x, c, 12582912.0f));
  if (std::isnan(t)) return 0x7FC00000u;
  const float n = t - 12582912.0f;
  if (n <= -127) return 0;
  if (n >= 129) return 0x7F800000u;
  const float r = flushed(std::fma(x, c, -n));
  float p = flushed(std::fma(as_float(0x3C1D0166u), r, as_float(0x3D64FE23u)));
  for (const std::uint32_t coefficient : {0x3E7601BCu, 0x3F317096u, 0x3F800000u})
    p = flushed(std::fma(p, r, as_float(coefficient)));
  const double value = std::ldexp(static_cast<double>(p), static_cast<int>(n));
  return value < 0x1p-126 ? 0 : as_word(static_cast<float>(value));
}

Operands next_operands(Fp32Random& random) {
  constexpr float kScales[] = {1.44269504f, 0.18033688f, 0.12751743f, 0.25503486f,
                               1.0f};  // log2 e times 1, 1/8, 1/sqrt 128, 1/sqrt 32; and 1
  const float c = kScales[random.bits() % std::size(kScales)];
  const float unit = static_cast<float>(random.bits() >> 40) * 0x1p-24f;  // [0, 1)
  const auto whole = static_cast<float>(random.in_range(-130, 3));
  switch (random.bits() % 10) {
    case 0: return {random.word(), random.word()};
    case 1:
      return {random.special_word(),
              random.in_range(0, 1) != 0 ? random.special_word() : as_word(c)};
    case 2:
      return {random.near(as_word((-126.0f - unit) / c)), as_word(c)};  // around the least result
    case 3:
      return {random.near(as_word((127.4f + 2.0f * unit) / c)), as_word(c)};  // around the greatest
    case 4:
      return {random.near(as_word((whole + 0.5f) / c)), as_word(c)};  // halfway between integers
    case 5: return {random.near(as_word(whole / c)), as_word(c)};     // integers
    case 6:
      return {random.with_exponent(random.in_range(90, 127)) | 0x80000000u, as_word(c)};  // small
    case 7:
      return {random.with_exponent(random.in_range(1, 254)),
              random.with_exponent(random.in_range(1, 254))};
    default: return {as_word(-140.0f * unit / c), as_word(c)};  // as in a softmax
  }
}

enum Bin : std::size_t {
  kNan,
  kMinusInfinity,
  kPlusInfinity,
  kFarBelow,
  kJustBelow,
  kUnderflowAtInsert,
  kOverflow,
  kOverflowAtInsert,
  kGreatestPower,
  kOne,
  kPower0,
  kPositive,
  kNegative,
  kHalfway
};
std::vector<std::string> bin_names() {
  return {"NaN",
          "e^-inf",
          "e^+inf",
          "t negative",
          "n below -126",
          "n = -126 and 2^r below 1",
          "n above 128",
          "n = 128 and 2^r from 1",
          "n = 128 and 2^r below 1",
          "exactly 1",
          "n = 0",
          "n above 0",
          "n below 0",
          "halfway between integers"};
}

void classify(const Operands& o, std::uint32_t result, Bins& bins) {
  const float x = ieee_operand(o[0]);
  const float c = ieee_operand(o[1]);
  const float t = std::fma(x, c, 12582912.0f);
  const float n = t - 12582912.0f;
  bins.hit(kNan, result == 0x7FC00000u);
  bins.hit(kMinusInfinity, std::isinf(x) && result == 0);
  bins.hit(kPlusInfinity, std::isinf(x) && result == 0x7F800000u);
  bins.hit(kFarBelow, std::isfinite(x) && t < 0);
  bins.hit(kJustBelow, t >= 0 && n < -126);
  bins.hit(kUnderflowAtInsert, n == -126 && result == 0);
  bins.hit(kOverflow, std::isfinite(x) && n > 128);
  bins.hit(kOverflowAtInsert, n == 128 && result == 0x7F800000u);
  bins.hit(kGreatestPower, n == 128 && result < 0x7F800000u);
  bins.hit(kOne, result == 0x3F800000u);
  bins.hit(kPower0, n == 0);
  bins.hit(kPositive, n > 0 && n <= 128);
  bins.hit(kNegative, n < 0 && n >= -126);
  const double product = static_cast<double>(x) * static_cast<double>(c);
  bins.hit(kHalfway, std::fabs(product) < 1000 && product != std::nearbyint(product) &&
                         2 * product == std::nearbyint(2 * product));
}

template <typename Unit>
void offer(Unit& unit, bool valid, const Operands& o) {
  unit.in_valid_i = valid ? 1 : 0;
  unit.in_difference_i = o[0];
  unit.in_scale_i = o[1];
}

// Exponentials through the handshakes. Where nothing stalls, the interval between inputs and the
// latency are exact.
template <typename Unit, int kStages>
class Traffic {
 public:
  Traffic(Stalls stalls, std::uint64_t seed, Bins& bins)
      : stalls_(stalls),
        bench_(seed),
        random_(seed),
        source_(Pauses::of_source(stalls, seed)),
        sink_(Pauses::of_sink(stalls, seed)),
        bins_(bins) {
    offer(bench_.unit(), false, {});
    bench_->out_ready_i = 0;
    bench_.reset();
  }

  void run(std::uint64_t vectors) {
    for (cycle_ = 0; delivered_ < vectors; ++cycle_) {
      ASSERT_LT(cycle_, 1000 + vectors * kInterval * 16) << "no progress";
      drive();
      bench_.settle();
      ASSERT_TRUE(output_is_right()) << "cycle " << cycle_;
      ASSERT_TRUE(input_is_on_time()) << "cycle " << cycle_;
      bench_.tick();
    }
    EXPECT_GE(comparison_.compared(), 2 * vectors);
  }

 private:
  static constexpr std::uint64_t kInterval = std::uint64_t{6} * (kStages + 1);
  struct Flight {
    Operands operands{};
    std::uint64_t accepted = 0;
  };

  void drive() {
    if (!offering_) {
      offering_ = !source_.next();
      offered_ = next_operands(random_);  // without valid, the payload does not matter
    }
    offer(bench_.unit(), offering_, offered_);
    bench_->out_ready_i = sink_.next() ? 0 : 1;
  }

  bool output_is_right() {
    const bool valid = bench_->out_valid_o != 0;
    const std::uint32_t result = bench_->out_result_o;
    if (waiting_ && (!valid || result != waited_for_))
      return fails("a stalled result changed or was withdrawn");
    if (valid && flight_.empty()) return fails("a result without an input");
    if (valid && !waiting_) {
      const std::uint64_t taken = cycle_ - flight_.front().accepted;
      if (taken < kInterval || (stalls_ == Stalls::none && taken != kInterval))
        return fails("latency");
    }
    waiting_ = valid && bench_->out_ready_i == 0;
    waited_for_ = result;
    if (!valid || waiting_) return true;
    const Operands operands = flight_.front().operands;
    flight_.pop_front();
    classify(operands, result, bins_);
    return comparison_.same(result, model(operands), "the model", operands) &&
           comparison_.same(result, ieee(operands), "IEEE with flushing", operands) &&
           (delivered_++ % 1000 != 0 ||
            comparison_.same(
                result, exact::word(exact::exp_maccs(as_float(operands[0]), as_float(operands[1]))),
                "exact arithmetic", operands));
  }

  bool input_is_on_time() {
    if (!offering_ || bench_->in_ready_o == 0) return true;
    if (stalls_ == Stalls::none && cycle_ != 0 && cycle_ != accepted_ + kInterval)
      return fails("interval");
    accepted_ = cycle_;
    flight_.push_back({offered_, cycle_});
    offering_ = false;
    return true;
  }

  static bool fails(const char* what) {
    ADD_FAILURE() << what;
    return false;
  }

  Stalls stalls_;
  Bench<Unit> bench_;
  Fp32Random random_;
  Pauses source_;
  Pauses sink_;
  Bins& bins_;
  Comparison comparison_;
  std::deque<Flight> flight_;
  std::uint64_t cycle_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t accepted_ = 0;  // the cycle of the last input's handshake
  Operands offered_{};
  bool offering_ = false;
  bool waiting_ = false;  // a result was not taken in the cycle before
  std::uint32_t waited_for_ = 0;
};

template <typename Unit, int kStages>
void run(std::uint64_t vectors, Stalls stalls, std::uint64_t seed, Bins& bins) {
  SCOPED_TRACE(seed_text(seed) + ", stalls: " + name_of(stalls));
  Traffic<Unit, kStages>(stalls, seed, bins).run(vectors);
}

TEST(ExpFp32, RandomArguments) {
  Bins bins(bin_names());
  run<VExp0, 0>(bench_count(10'000'000), Stalls::none, seed_or(kSeed), bins);
  bins.expect_all_hit();
}
TEST(ExpFp32Long, RandomArguments) {
  Bins bins(bin_names());
  run<VExp0, 0>(bench_count(100'000'000), Stalls::none, seed_or(kSeed + 100), bins);
  bins.expect_all_hit();
}

template <typename Unit, int kStages>
void all_stalls() {
  Bins bins(bin_names());
  for (const Stalls stalls : kAllStalls)
    run<Unit, kStages>(bench_count(100'000), stalls, seed_or(kSeed + kStages), bins);
  bins.expect_all_hit();
}
TEST(ExpFp32, StallsWithACombinationalMacc) { all_stalls<VExp0, 0>(); }
TEST(ExpFp32, StallsWithOneStage) { all_stalls<VExp1, 1>(); }
TEST(ExpFp32, StallsWithThreeStages) { all_stalls<VExp3, 3>(); }

// Valid does not wait for ready, one result waits behind another, and then no input is taken; order
// is kept.
template <typename Unit, int kStages>
void fill_up() {
  constexpr int kInterval = 6 * (kStages + 1);
  const Operands first = {0xC0A9999Au, 0x3E38AA3Bu};
  const Operands second = {0xBF800000u, 0x3E38AA3Bu};
  Bench<Unit> bench(seed_or(kSeed));
  offer(bench.unit(), false, first);
  bench->out_ready_i = 0;
  bench.reset();
  int accepted = 0;
  for (int cycle = 0; cycle < 4 * kInterval; ++cycle) {
    offer(bench.unit(), cycle > 0, accepted == 0 ? first : second);  // ready comes before valid
    bench.settle();
    const bool ready = cycle <= 1 || cycle == kInterval + 1;
    ASSERT_EQ(bench->in_ready_o, ready ? 1 : 0) << "cycle " << cycle;
    ASSERT_EQ(bench->out_valid_o, cycle > kInterval ? 1 : 0) << "cycle " << cycle;
    accepted += bench->in_valid_i != 0 && bench->in_ready_o != 0 ? 1 : 0;
    bench.tick();
  }
  EXPECT_EQ(accepted, 2);
  offer(bench.unit(), true, second);
  bench->out_ready_i = 1;
  for (const std::uint32_t wanted : {0x3F03FBC3u, 0x3F61EB7Bu}) {  // the page's table
    bench.settle();
    EXPECT_EQ(bench->out_valid_o, 1);
    EXPECT_EQ(bench->out_result_o, wanted);
    bench.tick();
  }
  bench.settle();
  EXPECT_EQ(bench->out_valid_o, 0);
}
TEST(ExpFp32, FillsUpAndKeepsOrder) {
  fill_up<VExp0, 0>();
  fill_up<VExp1, 1>();
  fill_up<VExp3, 3>();
}

// Reset in every cycle of an exponential: nothing comes out, the next one is right and on time.
template <typename Unit, int kStages>
void reset_any_time() {
  constexpr int kInterval = 6 * (kStages + 1);
  for (int moment = 0; moment <= 2 * kInterval + 2; ++moment) {
    Bench<Unit> bench(seed_or(kSeed) + static_cast<std::uint64_t>(moment));
    offer(bench.unit(), false, {});
    bench->out_ready_i = 0;
    bench.reset();
    offer(bench.unit(), true, {0xBF800000u, 0x3E38AA3Bu});
    for (int cycle = 0; cycle < moment; ++cycle) {
      bench.settle();
      bench.tick();
    }
    bench->in_valid_i = 0;
    bench.reset();
    bench->out_ready_i = 1;
    offer(bench.unit(), true, {0xC0A9999Au, 0x3E38AA3Bu});
    for (int cycle = 0; cycle <= kInterval; ++cycle) {
      bench.settle();
      ASSERT_EQ(bench->in_ready_o, cycle % kInterval == 0 ? 1 : 0)
          << "reset after " << moment << " cycles, cycle " << cycle;
      ASSERT_EQ(bench->out_valid_o, cycle == kInterval ? 1 : 0)
          << "reset after " << moment << " cycles, cycle " << cycle;
      if (cycle == kInterval) {
        EXPECT_EQ(bench->out_result_o, 0x3F03FBC3u);
      }
      bench.tick();
    }
  }
}
TEST(ExpFp32, ResetAtAnyTime) {
  reset_any_time<VExp0, 0>();
  reset_any_time<VExp1, 1>();
  reset_any_time<VExp3, 3>();
}

}  // namespace
}  // namespace weft::test
