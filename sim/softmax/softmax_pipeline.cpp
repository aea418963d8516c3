#include "sim/softmax/softmax_pipeline.hpp"

#include <algorithm>
#include <array>

#include "models/common/count.hpp"

namespace weft::sim::softmax {
namespace {

enum class Count : std::uint8_t { rows, exponentials, fifo_wait_cycles };
constexpr std::array<CounterDeclaration, 3> kCounters{{
    {"rows", "rows", "whose probabilities were made, each pass by itself"},
    {"exponentials", "operations", "exponentials"},
    {"fifo_waits", "times", "that scores found the FIFO full"},
}};
constexpr UnitClass kClass{"softmax_pipeline", kCounters};

constexpr std::size_t at(Count count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& SoftmaxPipeline::unit_class() const { return kClass; }

void SoftmaxPipeline::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

void SoftmaxPipeline::exponentiate(Cycle now) {
  if (now < in_free_at_ || !in_.ready(now)) return;
  const std::int64_t count = in_.front(now).count;
  if (held_ + count > config_.most_keys()) {
    ++activity_.counter(at(Count::fifo_wait_cycles));
    return;
  }
  const RowBeat beat = in_.pop(now);
  held_ += count;
  activity_.counter(at(Count::exponentials)) += static_cast<std::uint64_t>(count);
  in_free_at_ = now + std::max<std::int64_t>(1, ceil_div(count, config_.parallelism));
  if (!beat.last) return;
  if (kernels_ != nullptr) kernels_->softmax(*beat.row);
  summed_.push_back({beat.row, in_free_at_ - 1 + first_after() + config_.accumulate_cycles, 0,
                     beat.first + count});
}

void SoftmaxPipeline::divide(Cycle now) {
  if (now < divide_free_at_ || summed_.empty() || summed_.front().ready > now) return;
  const auto latency = static_cast<std::size_t>(config_.divide_cycles + config_.quantise_cycles);
  if (flights_.size() >= latency) return;
  Summed& summed = summed_.front();
  const std::int64_t count = std::min(config_.parallelism, summed.keys - summed.divided);
  const bool last = summed.divided + count == summed.keys;
  flights_.push_back({now + static_cast<Cycle>(latency),
                      {summed.row, static_cast<std::int32_t>(summed.divided),
                       static_cast<std::int32_t>(count), last}});
  divide_free_at_ = now + 1;
  summed.divided += count;
  held_ -= count;
  if (!last) return;
  summed_.pop_front();
  ++activity_.counter(at(Count::rows));
}

// False where what is ready has no room.
bool SoftmaxPipeline::give(Cycle now) {
  while (!flights_.empty() && flights_.front().ready <= now) {
    if (!out_.offer(now, flights_.front().beat)) return false;
    flights_.pop_front();
  }
  return true;
}

// A wire. Probabilities are there with the last beat, for what selects from them.
Cycle SoftmaxPipeline::pass(Cycle now) {
  const bool ready = in_.ready(now);
  if (ready) {
    QueryRow& row = *in_.front(now).row;
    if (in_.front(now).first == 0)
      row.probabilities.assign(static_cast<std::size_t>(row.keys_seen()), 0);
    if (in_.front(now).last && kernels_ != nullptr) kernels_->softmax(row);
  }
  const bool passed = ready && out_.offer(now, in_.front(now));
  if (passed) in_.pop(now);
  activity_.is(now, passed ? Doing::work : ready ? Doing::wait_out : Doing::nothing);
  return passed || (!ready && !in_.empty()) ? now + 1 : kNever;
}

Cycle SoftmaxPipeline::step(Cycle now) {
  if (config_.wire) return pass(now);
  const bool given = give(now);
  if (given) divide(now);
  exponentiate(now);
  const bool works = in_free_at_ > now || divide_free_at_ > now;
  const bool empty = summed_.empty() && flights_.empty() && held_ == 0;
  activity_.is(now, works    ? Doing::work
                    : !given ? Doing::wait_out
                    : empty  ? Doing::nothing
                             : Doing::wait_in);
  Cycle next = kNever;
  if (given && !flights_.empty()) next = flights_.front().ready;
  if (given && !summed_.empty())
    next = std::min(next, std::max({summed_.front().ready, divide_free_at_, now + 1}));
  if (!in_.empty()) {  // a full FIFO is left by a division
    const bool full = held_ + 1 > config_.most_keys();
    if (!full) next = std::min(next, std::max(in_free_at_, now + 1));
  } else if (in_free_at_ > now) {
    next = std::min(next, in_free_at_);
  }
  return next;
}

}  // namespace weft::sim::softmax
