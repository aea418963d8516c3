#include "sim/memory/hbm/stream_run.hpp"

#include <algorithm>

namespace weft::sim::memory {
namespace {

using weft::memory::Access;

class Runner {
 public:
  Runner(const StreamConfig& config, std::span<const Access> accesses)
      : config_(config),
        accesses_(accesses),
        channels_(config.channels, config.interleave_bytes),
        tried_(accesses.size(), kNever) {
    result_.requests = accesses.size();
    if (config.keep_completions) result_.done_at.resize(accesses.size());
    result_.commands.resize(config.keep_commands ? static_cast<std::size_t>(config.channels) : 0);
    result_.read_latencies.reserve(accesses.size());
  }

  StreamResult run() {
    if (config_.window == Window::stream) {
      run_in_lockstep();
    } else {
      for (std::size_t c = 0; c < static_cast<std::size_t>(config_.channels); ++c) run_channel(c);
    }
    run_out();
    return std::move(result_);
  }

 private:
  // A channel whose accesses are done, and the tick of its next step.
  struct Ended {
    DramChannel channel;
    Cycle next;
  };

  DramChannel channel(std::size_t c) {
    DramChannel made(config_.channel);
    if (config_.keep_commands) made.log_to(&result_.commands[c]);
    return made;
  }

  // False where the channel refuses it.
  bool offer(DramChannel& to, Cycle now, std::size_t i) {
    if (tried_[i] == kNever) tried_[i] = now;
    const std::uint64_t address = channels_.within(accesses_[i].address);
    const weft::memory::Place place = config_.mapping.place(address);
    return to.offer(now, {address, i, place.bank, place.row, accesses_[i].write});
  }

  // Takes note of what is done; how many.
  std::int64_t collect(DramChannel& from) {
    const auto done = from.done();
    if (done.empty()) return 0;
    for (const DramChannel::Done& one : done) {
      if (!one.write)
        result_.read_latencies.push_back(static_cast<std::int32_t>(one.tick - tried_[one.id]));
      if (config_.keep_completions) result_.done_at[one.id] = one.tick;
      result_.ticks = std::max(result_.ticks, one.tick);
    }
    const auto count = static_cast<std::int64_t>(done.size());
    from.clear_done();
    return count;
  }

  // The accesses of one channel in their order; other channels do not matter to it.
  void run_channel(std::size_t c) {
    std::vector<std::uint32_t> mine;
    for (std::size_t i = 0; i < accesses_.size(); ++i) {
      if (channels_.channel(accesses_[i].address) == c)
        mine.push_back(static_cast<std::uint32_t>(i));
    }
    DramChannel at = channel(c);
    std::size_t next = 0;
    std::int64_t in_flight = 0;
    Cycle now = 0;
    while (true) {
      bool offered = false;
      while (next < mine.size() && in_flight < config_.outstanding && offer(at, now, mine[next])) {
        ++next;
        ++in_flight;
        in_flight -= collect(at);
        offered = true;
      }
      if (next == mine.size() && in_flight == 0) break;
      step_at_ = offered ? now + 1 : step_at_;
      now = step_at_;
      step_at_ = at.step(now);
      in_flight -= collect(at);
    }
    ended_.push_back({std::move(at), step_at_});
    step_at_ = 0;
  }

  // Channels that were done early refresh until the last one is.
  void run_out() {
    for (Ended& one : ended_) {
      while (one.next <= result_.ticks) one.next = one.channel.step(one.next);
      result_.counts.add(one.channel.counts());
    }
  }

  void run_in_lockstep() {
    std::vector<DramChannel> all;
    for (std::size_t c = 0; c < static_cast<std::size_t>(config_.channels); ++c)
      all.push_back(channel(c));
    std::vector<Cycle> at(all.size(), 0);
    const std::int64_t most = config_.outstanding * config_.channels;
    std::size_t next = 0;
    std::int64_t in_flight = 0;
    Cycle now = 0;
    while (true) {
      while (next < accesses_.size() && in_flight < most) {
        const std::size_t c = channels_.channel(accesses_[next].address);
        if (!offer(all[c], now, next)) break;
        ++next;
        ++in_flight;
        in_flight -= collect(all[c]);
        at[c] = now + 1;
      }
      if (next == accesses_.size() && in_flight == 0) break;
      now = *std::min_element(at.begin(), at.end());
      for (std::size_t c = 0; c < all.size(); ++c) {
        if (at[c] > now) continue;
        at[c] = all[c].step(now);
        in_flight -= collect(all[c]);
      }
    }
    for (std::size_t c = 0; c < all.size(); ++c) ended_.push_back({std::move(all[c]), at[c]});
  }

  const StreamConfig& config_;
  std::span<const Access> accesses_;
  weft::memory::ChannelMap channels_;
  std::vector<Cycle> tried_;  // tick of the first offer
  Cycle step_at_ = 0;
  std::vector<Ended> ended_;
  StreamResult result_;
};

}  // namespace

StreamResult run_stream(const StreamConfig& config, std::span<const Access> accesses) {
  return Runner(config, accesses).run();
}

}  // namespace weft::sim::memory
