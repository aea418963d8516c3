// What the benches of Verilated units share: how many random vectors, coverage bins, pauses on
// handshakes, a clock.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace weft::test {

// The number of random vectors: `full` times WEFT_BENCH_SCALE, a factor up to 1, where that is set.
// At least 10,000, or `full` if that is less.
inline std::uint64_t bench_count(std::uint64_t full) {
  const char* given = std::getenv("WEFT_BENCH_SCALE");
  const double scale = given != nullptr ? std::strtod(given, nullptr) : 1.0;
  const auto scaled =
      static_cast<std::uint64_t>(static_cast<double>(full) * std::clamp(scale, 0.0, 1.0));
  return std::max(scaled, std::min<std::uint64_t>(full, 10'000));
}

// Situations that a bench must have met; one that was not is a failure.
class Bins {
 public:
  explicit Bins(std::vector<std::string> names)
      : names_(std::move(names)), hits_(names_.size(), 0) {}

  void hit(std::size_t bin, bool happened = true) { hits_[bin] += happened ? 1 : 0; }
  void expect_all_hit() const {
    for (std::size_t bin = 0; bin < names_.size(); ++bin)
      EXPECT_GT(hits_[bin], 0u) << "never met: " << names_[bin];
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::uint64_t> hits_;
};

// Which side of a handshake pauses, and how.
enum class Stalls : std::uint8_t { none, source, sink, both, bursty };
inline constexpr Stalls kAllStalls[] = {Stalls::none, Stalls::source, Stalls::sink, Stalls::both,
                                        Stalls::bursty};
inline const char* name_of(Stalls stalls) {
  constexpr const char* kNames[] = {"none", "source", "sink", "both", "bursty"};
  return kNames[static_cast<int>(stalls)];
}

// One side's pauses: none, a fair coin each cycle, or long runs of either.
class Pauses {
 public:
  Pauses(bool pauses, bool bursty, std::uint64_t seed)
      : pauses_(pauses), bursty_(bursty), random_(seed) {}
  static Pauses of_source(Stalls s, std::uint64_t seed) {
    return {s != Stalls::none && s != Stalls::sink, s == Stalls::bursty, seed};
  }
  static Pauses of_sink(Stalls s, std::uint64_t seed) {
    return {s != Stalls::none && s != Stalls::source, s == Stalls::bursty, ~seed};
  }

  // Whether this side holds still in the next cycle.
  bool next() {
    if (!pauses_) return false;
    const std::uint64_t bits = random_();
    paused_ = bursty_ ? paused_ != (bits % 24 == 0) : bits % 2 == 0;
    return paused_;
  }

 private:
  bool pauses_;
  bool bursty_;
  bool paused_ = false;
  std::mt19937_64 random_;
};

// A Verilated unit with its own time; every register and every X starts as a random value of that
// seed. Of a unit with clk_i and rst_ni: set inputs, `settle`, look at outputs, `tick`.
template <typename Unit>
class Bench {
 public:
  explicit Bench(std::uint64_t seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed % 0x7FFFFFFF) + 1);
    unit_ = std::make_unique<Unit>(&context_);
  }
  ~Bench() { unit_->final(); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  Unit& unit() { return *unit_; }
  Unit* operator->() { return unit_.get(); }

  // Inputs to outputs, the clock low.
  void settle() { unit_->eval(); }
  // A rising edge; the clock is low again afterwards, with the falling edge not yet evaluated.
  void tick() {
    unit_->clk_i = 1;
    unit_->eval();
    unit_->clk_i = 0;
    context_.timeInc(1);
  }
  // Over one rising edge.
  void reset() {
    unit_->rst_ni = 1;
    settle();
    unit_->rst_ni = 0;
    settle();
    tick();
    unit_->rst_ni = 1;
    settle();
  }
  // Asynchronous alone: without a clock edge. Assertions do not see it (Verilator samples `disable
  // iff` at edges).
  void reset_between_edges() {
    unit_->clk_i = 0;
    unit_->rst_ni = 1;
    settle();
    unit_->rst_ni = 0;
    settle();
    unit_->rst_ni = 1;
    settle();
  }

 private:
  VerilatedContext context_;
  std::unique_ptr<Unit> unit_;
};

}  // namespace weft::test
