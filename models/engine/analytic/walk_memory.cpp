#include "models/engine/analytic/walk_memory.hpp"

#include <algorithm>
#include <cmath>

namespace weft::engine {
namespace {

// Cycles from one unit to the next, each behind a register: command to fetcher, request to memory;
// response, completion.
constexpr std::int64_t kToFetcher = 1;
constexpr std::int64_t kToMemory = 1;
constexpr std::int64_t kToSequencer = 2;
constexpr std::int64_t kPlaceFreed =
    2;  // from a response's readiness to the request that takes its place

}  // namespace

// A request is made a cycle after the one before it at the earliest, and is at the bus a cycle
// later. Those of a transfer wait for the bus alone if each takes it a cycle at least: all do that
// are not the last, where they begin at such units. The first of the next transfer waits for the
// bus too, if this one takes it longer than there are requests, with a cycle more for each of the
// small ones, of one request, that may follow meanwhile; behind a small one asked for by itself it
// comes in time. At last, a request takes the place of the one `outstanding` before it. Where that
// is not of the transfers under way, it has long come back. Where it is, those between the two are
// whole bursts but for the first and the last of each transfer, and take the bus longer than the
// way back.
bool WalkMemory::is_bus(std::int64_t unit, std::int64_t bytes) const {
  const auto takes = [&](std::int64_t moved, std::int64_t cycles) {
    return static_cast<double>(moved) * static_cast<double>(pace_.block_cycles) >=
           static_cast<double>(cycles) * static_cast<double>(pace_.block_bytes);
  };
  const std::int64_t burst = dram_.burst_bytes;
  const std::int64_t between = dram_.outstanding - 1 - 2 * kUnderWay;
  const std::int64_t back = latency_ + kPlaceFreed + kToMemory + 2;  // cycles begun at both ends
  if (dram_.bus_bytes || between <= 0 || !takes(between * burst, back)) return false;
  if (bytes <= unit) return true;  // within a burst
  const std::int64_t requests = ceil_div(bytes, burst) + 1;
  return takes(unit, 1) && takes(bytes, requests + kUnderWay - 1);
}

std::int64_t WalkMemory::transfer(std::int64_t now, std::int64_t bytes, std::int64_t address,
                                  bool write) {
  if (as_bus_)
    return bus_.serve(now + kToFetcher + kToMemory, bytes, pace_) + latency_ + kToSequencer;
  const std::int64_t burst = dram_.burst_bytes;
  const std::int64_t end = address + bytes;
  std::int64_t room = burst - address % burst;  // in the burst; all of the next ones
  const auto next = [&](std::int64_t at) {
    const std::int64_t part = std::min(room, end - address);
    request(at, part, address, write);
    address += part;
    room = burst;
  };
  next(now + kToFetcher);
  // Until all those under way are its own whole bursts, it goes request by request.
  const std::int64_t singly = std::min<std::int64_t>(dram_.outstanding, kMostRound) + 1;
  if (end - address > (singly + kSingly) * burst) {
    for (std::int64_t i = 0; i < singly; ++i) next(0);
    // But for the last request, all that are left are whole bursts.
    const std::int64_t whole = (end - address - 1) / burst;
    if (held_up(write)) {
      in_rounds(whole, address, write);
    } else {
      stream(whole, write);
      address += whole * burst;
    }
  }
  while (address < end) next(0);
  return last_ready_ + kToSequencer;
}

// Whether requests wait for those under way to come back, longer than for the bus.
bool WalkMemory::held_up(bool write) const {
  const double service = static_cast<double>(dram_.burst_bytes) / pace_.bytes_per_cycle();
  const double trip =
      kToMemory + std::ceil(service) + static_cast<double>(latency_) + kPlaceFreed + 1;
  return dram_.outstanding <= kMostRound &&
         static_cast<double>(dram_.outstanding) * interval(write) < trip;
}

double WalkMemory::interval(bool write) const {
  const double service = static_cast<double>(dram_.burst_bytes) / pace_.bytes_per_cycle();
  return std::max(
      {1.0, service, static_cast<double>(data_beats(dram_, 0, dram_.burst_bytes, write))});
}

// Rounds of as many requests as may be under way, until two of them are alike: then so are all that
// are left.
std::int64_t WalkMemory::in_rounds(std::int64_t left, std::int64_t& address, bool write) {
  const std::int64_t burst = dram_.burst_bytes;
  const auto round = [&] {
    StateHash state;
    for (std::int64_t i = 0; i < dram_.outstanding; ++i) {
      request(0, burst, address, write);
      address += burst;
    }
    left -= dram_.outstanding;
    this->state(last_request_, state);
    return state.value();
  };
  StateHash::Value before;
  for (int i = 0; left >= dram_.outstanding; ++i) {
    const std::int64_t from = last_ready_;
    const StateHash::Value here = round();
    const bool alike = i > 0 && here == before;
    before = here;
    const std::int64_t rounds = left / dram_.outstanding;
    if (rounds == 0 || (!alike && i < kRounds)) continue;
    at_a_pace_ = at_a_pace_ || !alike;
    repeat(rounds, last_ready_ - from);
    address += rounds * dram_.outstanding * burst;
    left -= rounds * dram_.outstanding;
  }
  return left;
}

void WalkMemory::repeat(std::int64_t rounds, std::int64_t cycles) {
  last_request_ += rounds * cycles;
  bus_.cycle += rounds * cycles;
  last_ready_ += rounds * cycles;
  requests_ += rounds * dram_.outstanding;
  for (Responses& r : responses_) {
    r.begin += rounds * dram_.outstanding;
    r.first += rounds * cycles;
  }
}

// Whole requests one after another, which the bus serves without a pause, or one a cycle.
void WalkMemory::stream(std::int64_t requests, bool write) {
  const std::int64_t parts = dram_.burst_bytes * pace_.block_cycles;  // of one
  const std::int64_t beats_each = data_beats(dram_, 0, dram_.burst_bytes, write);
  const std::int64_t block = pace_.block_bytes;
  Responses made{requests_, requests, 0, 0, 0};
  if (parts > std::max<std::int64_t>(1, beats_each) * block) {  // the bus sets the pace
    made.first = bus_.cycle + latency_;
    made.part = bus_.part + parts;
    made.each = parts;
  } else {
    const std::int64_t each = std::max<std::int64_t>(1, beats_each);
    made.first = last_ready_ + each;
    made.each = each * block;
  }
  bus_.take(requests * made.each, pace_);
  remember(made);
  requests_ += requests - 1;  // the place of the last, for its room
  last_request_ = std::max(last_request_ + requests, room());
  ++requests_;
  last_ready_ = std::max(last_ready_, ready(made, requests - 1));
}

void WalkMemory::sooner(std::int64_t cycles) {
  bus_.cycle -= cycles;
  if (as_bus_) return;
  last_request_ -= cycles;
  last_ready_ -= cycles;
  for (Responses& r : responses_) r.first -= cycles;
}

void WalkMemory::state(std::int64_t now, StateHash& out) const {
  const bool idle = bus_.cycle < now + kToFetcher + kToMemory;
  out.word(idle ? 0 : bus_.cycle - now);
  out.word(idle ? 0 : bus_.part);
  if (as_bus_) return;
  out.time(last_request_, now);
  const std::int64_t beats = dram_.bus_bytes ? dram_.burst_bytes / *dram_.bus_bytes + 1 : 0;
  out.time(last_ready_ + beats, now);
  const std::size_t oldest = remembered_ > kRemembered ? remembered_ - kRemembered : 0;
  for (std::size_t i = remembered_; i > oldest; --i) {
    const Responses& r = responses_[(i - 1) % kRemembered];
    if (r.begin + r.count + dram_.outstanding <= requests_) break;
    if (ready(r, r.count - 1) + kPlaceFreed <= now) break;
    out.word(requests_ - r.begin);
    out.word(r.count);
    out.word(r.first - now);
    out.word(r.part);
    out.word(r.each);
  }
}

void WalkMemory::request(std::int64_t at, std::int64_t bytes, std::int64_t address, bool write) {
  last_request_ = std::max({at, last_request_ + 1, room()});
  const std::int64_t end = bus_.serve(last_request_ + kToMemory, bytes, pace_);
  const std::int64_t beats = data_beats(dram_, static_cast<std::uint64_t>(address), bytes, write);
  last_ready_ = std::max(last_ready_ + beats, end + latency_);
  remember({requests_++, 1, last_ready_, 0, 0});
}

std::int64_t WalkMemory::room() {
  const std::int64_t wanted = requests_ - dram_.outstanding;
  if (wanted < 0) return 0;
  if (remembered_ > kRemembered) oldest_ = std::max(oldest_, remembered_ - kRemembered);
  const auto at = [&]() -> const Responses& { return responses_[oldest_ % kRemembered]; };
  while (oldest_ < remembered_ && at().begin + at().count <= wanted) ++oldest_;
  // Further back than any that holds a place: none is remembered.
  if (oldest_ == remembered_ || wanted < at().begin) return 0;
  return ready(at(), wanted - at().begin) + kPlaceFreed;
}

std::int64_t WalkMemory::ready(const Responses& responses, std::int64_t k) const {
  if (responses.each == 0) return responses.first;
  const std::int64_t parts = responses.part + k * responses.each;
  return responses.first + ceil_div(parts, pace_.block_bytes);
}

void WalkMemory::remember(const Responses& responses) {
  responses_[remembered_++ % kRemembered] = responses;
}

}  // namespace weft::engine
