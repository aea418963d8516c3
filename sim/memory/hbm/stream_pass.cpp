#include "sim/memory/hbm/stream_pass.hpp"

#include <algorithm>

namespace weft::sim::memory {

using weft::memory::Access;
using weft::memory::Refresh;

StreamPass::StreamPass(const StreamConfig& config, std::span<const Access> accesses,
                       std::vector<std::uint32_t> mine, std::optional<std::size_t> only,
                       StreamResult& result)
    : config_(config),
      accesses_(accesses),
      mine_(std::move(mine)),
      only_(only),
      result_(result),
      channels_(config.channels, config.interleave_bytes),
      tried_(mine_.size(), kNever),
      most_(config.outstanding * (only ? 1 : config.channels)) {
  for (std::size_t c = 0; c < (only ? 1 : static_cast<std::size_t>(config.channels)); ++c) {
    lanes_.push_back({DramChannel(config.channel)});
    if (config.keep_commands) lanes_.back().channel.log_to(&result.commands[only.value_or(c)]);
  }
  const auto rows = config.mapping.row_span();
  if (!config.advance || !rows) return;
  // A channel's share of the space begins anew with its interleave too.
  lane_span_ = only ? *rows : std::max(*rows, static_cast<std::uint64_t>(config.interleave_bytes));
  span_ = lane_span_ * lanes_.size();
  span_rows_ = static_cast<std::int64_t>(lane_span_ / *rows);
  const weft::memory::DramGaps& gaps = lanes_.front().channel.gaps();
  const Refresh refresh = config.channel.control.refresh;
  if (refresh == Refresh::all_bank) interval_ = gaps.refi;
  if (refresh == Refresh::per_bank)
    interval_ = gaps.refi_bank * config.channel.part.organisation.all_banks();
  plan_look();
}

bool StreamPass::offer(std::size_t j) {
  if (tried_[j] == kNever) tried_[j] = now_;
  const std::uint64_t address = channels_.within(access(j).address);
  Lane& lane = lanes_[only_ ? 0 : channels_.channel(access(j).address)];
  const weft::memory::Place place = config_.mapping.place(address);
  if (!lane.channel.offer(now_, {address, j, place.bank, place.row, access(j).write})) return false;
  lane.at = now_ + 1;
  at_ = std::min(at_, lane.at);
  ++next_;
  ++in_flight_;
  if (!lane.channel.done().empty()) collect(lane.channel);  // a write that another one absorbed
  return true;
}

void StreamPass::collect(DramChannel& from) {
  const auto done = from.done();
  for (const DramChannel::Done& one : done) {
    if (!one.write)
      result_.read_latencies.push_back(static_cast<std::int32_t>(one.tick - tried_[one.id]));
    tried_[one.id] = kDone;
    if (config_.keep_completions) {
      result_.done_at[mine_[one.id]] = one.tick;
      completed_.push_back(static_cast<std::uint32_t>(one.id));
    }
    last_ = std::max(last_, one.tick);
  }
  in_flight_ -= static_cast<std::int64_t>(done.size());
  from.clear_done();
}

Cycle StreamPass::run() {
  while (true) {
    if (now_ >= look_at_ && next_ >= look_next_) look();
    while (next_ < mine_.size() && in_flight_ < most_ && offer(next_)) {
    }
    if (next_ == mine_.size() && in_flight_ == 0) break;
    now_ = at_;
    at_ = kNever;
    for (Lane& lane : lanes_) {
      if (lane.at <= now_) {
        lane.at = lane.channel.step(now_);
        if (!lane.channel.done().empty()) collect(lane.channel);
      }
      at_ = std::min(at_, lane.at);
    }
  }
  seen_.clear();
  return last_;
}

DramCounts StreamPass::run_out(Cycle last) {
  DramCounts all;
  for (Lane& lane : lanes_) {
    while (lane.at <= last) lane.at = lane.channel.step(lane.at);
    all.add(lane.channel.counts(last));
  }
  return all;
}

// At each refresh of everything, when little else is under way; without refreshes now and then.
void StreamPass::plan_look() {
  look_at_ = interval_ > 0 ? now_ - now_ % interval_ + interval_ : 0;
  look_next_ = interval_ > 0 ? 0 : next_ + kBetweenLooks;
}

void StreamPass::look() {
  plan_look();
  if (next_ == mine_.size()) return;
  if (++looks_ == kMostLooks) look_at_ = kNever;
  while (tried_[oldest_] == kDone) ++oldest_;
  const StateHash::Value hash = state_hash().value();
  const auto [it, first] = seen_.try_emplace({hash.low, hash.high});
  if (!first) {
    const std::size_t periods = periods_after(it->second);
    if (periods == 0) return;
    pass_over(it->second, periods);
    seen_.clear();
    looks_ = 0;
    return;
  }
  it->second = {next_, result_.read_latencies.size(), completed_.size(), now_, {}, {}};
  for (const Lane& lane : lanes_) it->second.counts.push_back(lane.channel.counts());
  for (const auto& commands : result_.commands) it->second.commands.push_back(commands.size());
}

StateHash StreamPass::state_hash() const {
  StateHash out;
  const std::uint64_t whole = linear(next_) / span_;
  const DramChannel::Origin origin{whole * lane_span_,
                                   static_cast<std::int64_t>(whole) * span_rows_, next_};
  out.word(static_cast<std::int64_t>(linear(next_) % span_));
  out.word(in_flight_);
  for (const Lane& lane : lanes_) {
    lane.channel.fingerprint(out, now_, origin);
    out.word(lane.at - now_);
  }
  // What is in flight, and the next one, which may have been refused.
  for (std::size_t j = oldest_; j <= next_; ++j) {
    if (tried_[j] == kDone) continue;
    out.word(static_cast<std::int64_t>(next_ - j));
    out.word(tried_[j] == kNever ? -1 : now_ - tried_[j]);
  }
  return out;
}

// How many periods the accesses to come are those of the last one, moved; with the one after them,
// which may be offered and refused.
std::size_t StreamPass::periods_after(const Seen& before) const {
  const std::size_t period = next_ - before.next;
  if (period == 0) return 0;
  const std::uint64_t moved = linear(next_) - linear(before.next);
  std::size_t same = 0;
  while (next_ + same < mine_.size() &&
         linear(next_ + same) - linear(before.next + same) == moved &&
         access(next_ + same).write == access(before.next + same).write)
    ++same;
  return same == 0 ? 0 : (same - 1) / period;
}

void StreamPass::pass_over(const Seen& before, std::size_t periods) {
  const std::size_t more = (next_ - before.next) * periods;
  const Cycle ticks = (now_ - before.now) * static_cast<Cycle>(periods);
  const auto spans = static_cast<std::int64_t>(linear(next_) / span_) -
                     static_cast<std::int64_t>(linear(before.next) / span_);
  repeat_results(before, periods, spans * span_rows_);
  const std::int64_t all_spans = spans * static_cast<std::int64_t>(periods);
  const DramChannel::Origin by{static_cast<std::uint64_t>(all_spans) * lane_span_,
                               all_spans * span_rows_, more};
  for (std::size_t c = 0; c < lanes_.size(); ++c) {
    lanes_[c].channel.advance(ticks, by, before.counts[c], periods);
    lanes_[c].at += ticks;
  }
  for (std::size_t j = next_ + 1; j-- > oldest_;)
    tried_[j + more] = tried_[j] == kNever || tried_[j] == kDone ? tried_[j] : tried_[j] + ticks;
  result_.passed_over += more;
  oldest_ += more;
  next_ += more;
  now_ += ticks;
  at_ += ticks;
  last_ += ticks;
  plan_look();
}

void StreamPass::repeat_results(const Seen& before, std::size_t periods, std::int64_t rows) {
  const Cycle ticks = now_ - before.now;
  const std::size_t period = next_ - before.next;
  std::vector<std::int32_t>& latencies = result_.read_latencies;
  const std::size_t read = latencies.size();
  for (std::size_t n = 0; n < periods; ++n) {
    for (std::size_t i = before.latencies; i < read; ++i) latencies.push_back(latencies[i]);
  }
  for (std::size_t i = before.completed; i < completed_.size(); ++i) {
    const std::size_t j = completed_[i];
    for (std::size_t n = 1; n <= periods; ++n)
      result_.done_at[mine_[j + n * period]] =
          result_.done_at[mine_[j]] + static_cast<Cycle>(n) * ticks;
  }
  for (std::size_t c = 0; c < before.commands.size(); ++c) {
    std::vector<SentCommand>& commands = result_.commands[c];
    if (only_ && c != *only_) continue;
    const std::size_t sent = commands.size();
    for (std::size_t n = 1; n <= periods; ++n) {
      for (std::size_t i = before.commands[c]; i < sent; ++i) {
        SentCommand one = commands[i];
        one.tick += static_cast<Cycle>(n) * ticks;
        if (has_row(one.command)) one.row += static_cast<std::int64_t>(n) * rows;
        commands.push_back(one);
      }
    }
  }
}

}  // namespace weft::sim::memory
