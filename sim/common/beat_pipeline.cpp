#include "sim/common/beat_pipeline.hpp"

#include <algorithm>

namespace weft::sim {

void BeatPipeline::fingerprint(StateWords& out) const {
  ActiveUnit::fingerprint(out);
  out.recent_time(free_at_, 0);
  out.word(static_cast<std::int64_t>(flights_.size()));
  for (const Flight& flight : flights_) {
    out.recent_time(flight.ready, 0);
    flight.beat.fingerprint(out);
  }
}

void BeatPipeline::advance(Cycle cycles) {
  ActiveUnit::advance(cycles);
  free_at_ += cycles;
  for (Flight& flight : flights_) flight.ready += cycles;
}

Cycle BeatPipeline::step(Cycle now) {
  bool held = false;
  if (!flights_.empty() && flights_.front().ready <= now) {  // one leaves a cycle
    held = !give(now, flights_.front().beat);
    if (!held) flights_.pop_front();
  }
  if (!held && now >= free_at_ && flights_.size() < places_ && in_.ready(now)) {
    const RowBeat beat = in_.pop(now);
    free_at_ = now + take(beat);
    const Cycle from = from_ == LatencyFrom::last_part ? free_at_ - 1 : now;
    flights_.push_back({from + latency_, beat});
  }
  activity_.is(now, held               ? Doing::wait_out
                    : free_at_ > now   ? Doing::work
                    : flights_.empty() ? Doing::nothing
                                       : Doing::wait_in);
  if (held) return kNever;  // woken when there is room
  Cycle next = kNever;
  if (!flights_.empty()) next = std::max(flights_.front().ready, now + 1);
  if (free_at_ > now) {
    next = std::min(next, std::max(free_at_, now + 1));
  } else if (!in_.empty()) {
    next = now + 1;
  }
  return next;
}

}  // namespace weft::sim
