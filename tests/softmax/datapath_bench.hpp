// A unit of the softmax datapath without back-pressure: operands in, at random with pauses between,
// and results a fixed number of cycles later, each beside what the model says.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "tests/common/rtl_bench.hpp"

namespace weft::test {

// A unit as built for a number of bits.
template <class M, int bits>
struct DatapathVariant {
  using Model = M;
  static constexpr int kBits = bits;
};

template <class Unit, class Result>
class DatapathBench {
 public:
  DatapathBench(std::uint64_t seed, std::size_t latency) : dut_(seed), latency_(latency) {
    dut_.reset();
  }
  Unit* operator->() { return dut_.operator->(); }

  // A cycle, with operands on the ports, whose result is to be `expected`, or without. `got` reads
  // the result's port. False where something differs.
  template <class Got>
  bool cycle(std::optional<Result> expected, Got got) {
    dut_->in_valid_i = expected.has_value();
    under_way_.push_back(expected);
    dut_.settle();
    bool right = true;
    if (under_way_.size() > latency_) {
      const std::optional<Result> due = under_way_.front();
      under_way_.pop_front();
      right = (dut_->out_valid_o != 0) == due.has_value();
      if (due.has_value()) {
        last_ = got(*dut_.operator->());
        last_expected_ = *due;
        right = right && last_ == *due;
        ++compared_;
      }
    } else {
      right = dut_->out_valid_o == 0;
    }
    dut_.tick();
    return right;
  }
  template <class Got>
  bool drain(Got got) {
    bool right = true;
    for (std::size_t i = 0; i <= latency_; ++i) right = cycle({}, got) && right;
    return right;
  }
  // Nothing is under way behind an asynchronous reset.
  bool empty_behind_reset() {
    dut_->rst_ni = 0;
    dut_.settle();
    return dut_->out_valid_o == 0;
  }

  Result last() const { return last_; }
  Result last_expected() const { return last_expected_; }
  std::uint64_t compared() const { return compared_; }

 private:
  Bench<Unit> dut_;
  std::size_t latency_;
  std::deque<std::optional<Result>> under_way_;
  Result last_{};
  Result last_expected_{};
  std::uint64_t compared_ = 0;
};

}  // namespace weft::test
