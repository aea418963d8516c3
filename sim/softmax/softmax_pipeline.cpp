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
    {"fifo_waits", "times", "that scores found no place"},
}};
constexpr UnitClass kClass{"softmax_pipeline", kCounters};

constexpr std::size_t at(Count count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& SoftmaxPipeline::unit_class() const { return kClass; }

void SoftmaxPipeline::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

// A row begins a word of its own, an empty one too. Where all words are of the row that comes, what
// is to come has to fit into the last of them.
bool SoftmaxPipeline::take(Cycle now) {
  if (now < in_free_at_ || !in_.ready(now)) return false;
  const std::int64_t count = in_.front(now).count;
  const std::int64_t words =
      std::max<std::int64_t>(1, ceil_div(own_keys_ + count, config_.parallelism));
  const std::int64_t opened = words - own_words_;
  const bool room = scores_ + std::max<std::int64_t>(1, opened) <= config_.fifo_depth ||
                    (own_words_ == config_.fifo_depth && opened == 0);
  if (!room || (!coming_ && score_rows_ >= config_.rows)) {
    ++activity_.counter(at(Count::fifo_wait_cycles));
    return false;
  }
  const RowBeat beat = in_.pop(now);
  if (!coming_) ++score_rows_;
  scores_ += opened;
  activity_.counter(at(Count::exponentials)) += static_cast<std::uint64_t>(count);
  in_free_at_ = now + std::max<std::int64_t>(1, ceil_div(count, config_.parallelism));
  coming_ = !beat.last;
  own_keys_ += count;
  own_words_ = words;
  if (!beat.last) return true;
  if (kernels_ != nullptr) kernels_->softmax(*beat.row);
  largest_known_.push_back({beat.row, in_free_at_ - 1 + config_.to_largest(), own_keys_, words});
  own_keys_ = own_words_ = 0;
  return true;
}

// A word of the oldest row whose largest score is known.
bool SoftmaxPipeline::exponentiate(Cycle now) {
  if (largest_known_.empty() || largest_known_.front().ready > now) return false;
  Waiting& row = largest_known_.front();
  if (exponentials_ >= config_.fifo_depth) return false;
  if (row.read == 0 && exponential_rows_ >= config_.rows) return false;
  if (row.read == 0) ++exponential_rows_;
  ++exponentials_;
  --scores_;
  if (++row.read < row.words) return true;
  --score_rows_;
  sum_known_.push_back({row.row, now + config_.to_sum(), row.keys, row.words});
  largest_known_.pop_front();
  return true;
}

// A word of the oldest row whose sum is known. One place more than the latency, since one that
// leaves in a cycle is free in the next.
bool SoftmaxPipeline::divide(Cycle now) {
  if (sum_known_.empty() || sum_known_.front().ready > now) return false;
  if (flights_.size() > static_cast<std::size_t>(config_.to_integers())) return false;
  Waiting& row = sum_known_.front();
  const std::int64_t first = row.read * config_.parallelism;
  const std::int64_t count = std::min(config_.parallelism, row.keys - first);
  const bool last = ++row.read == row.words;
  flights_.push_back(
      {now + config_.to_integers(),
       {row.row, static_cast<std::int32_t>(first), static_cast<std::int32_t>(count), last}});
  --exponentials_;
  if (!last) return true;
  --exponential_rows_;
  sum_known_.pop_front();
  ++activity_.counter(at(Count::rows));
  return true;
}

bool SoftmaxPipeline::give(Cycle now) {
  if (flights_.empty() || flights_.front().ready > now) return false;
  if (!out_.offer(now, flights_.front().beat)) return false;
  flights_.pop_front();
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

void SoftmaxPipeline::fingerprint(StateWords& out) const {
  ActiveUnit::fingerprint(out);
  out.recent_time(in_free_at_, 0);
  for (const std::int64_t word : {own_keys_, own_words_, scores_, score_rows_, exponentials_,
                                  exponential_rows_, std::int64_t{coming_}})
    out.word(word);
  for (const std::deque<Waiting>* waiting : {&largest_known_, &sum_known_}) {
    out.word(static_cast<std::int64_t>(waiting->size()));
    for (const Waiting& one : *waiting) {
      out.word(one.row->age());
      out.recent_time(one.ready, 0);
      for (const std::int64_t word : {one.keys, one.words, one.read}) out.word(word);
    }
  }
  out.word(static_cast<std::int64_t>(flights_.size()));
  for (const Flight& flight : flights_) {
    out.recent_time(flight.ready, 0);
    flight.beat.fingerprint(out);
  }
}

void SoftmaxPipeline::advance(Cycle cycles) {
  ActiveUnit::advance(cycles);
  in_free_at_ += cycles;
  for (Waiting& one : largest_known_) one.ready += cycles;
  for (Waiting& one : sum_known_) one.ready += cycles;
  for (Flight& flight : flights_) flight.ready += cycles;
}

// Each part sees the next one's places as they were before this cycle.
Cycle SoftmaxPipeline::step(Cycle now) {
  if (config_.wire) return pass(now);
  const bool taken = take(now);
  const bool exponentiated = exponentiate(now);
  const bool divided = divide(now);
  const bool given = give(now);
  const bool held = !given && !flights_.empty() && flights_.front().ready <= now;
  const bool empty = score_rows_ == 0 && exponential_rows_ == 0 && flights_.empty();
  // Every word is in each part once: how busy the pipeline is, its middle tells.
  activity_.is(now, exponentiated ? Doing::work
                    : held        ? Doing::wait_out
                    : empty       ? Doing::nothing
                                  : Doing::wait_in);
  if (taken || exponentiated || divided || given) return now + 1;
  Cycle next = kNever;
  const auto look_at = [&](Cycle ready) {
    if (ready > now) next = std::min(next, ready);
  };
  if (!in_.empty()) look_at(std::max(in_free_at_, in_.ready(now) ? now : now + 1));
  if (!largest_known_.empty()) look_at(largest_known_.front().ready);
  if (!sum_known_.empty()) look_at(sum_known_.front().ready);
  if (!flights_.empty()) look_at(flights_.front().ready);
  return next;
}

}  // namespace weft::sim::softmax
