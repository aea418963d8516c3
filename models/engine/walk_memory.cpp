#include "models/engine/walk_memory.hpp"

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

Pace pace_of(double bandwidth_bytes_per_s, double clock_hz) {
  Pace pace;
  for (pace.block_bytes = 16; pace.block_bytes < (std::int64_t{1} << 40); pace.block_bytes *= 2) {
    const double cycles = static_cast<double>(pace.block_bytes) * clock_hz / bandwidth_bytes_per_s;
    pace.block_cycles = static_cast<std::int64_t>(std::ceil(cycles));
    if (static_cast<double>(pace.block_cycles) <= cycles * (1 + 1e-4)) break;
  }
  return pace;
}

Pace pace_of(const Dram& dram, double clock_hz) {
  if (!dram.bus_bytes) return pace_of(dram.bandwidth_bytes_per_s, clock_hz);
  return pace_of(
      std::min(dram.bandwidth_bytes_per_s, static_cast<double>(*dram.bus_bytes) * clock_hz),
      clock_hz);
}

std::int64_t WalkMemory::transfer(std::int64_t now, std::int64_t bytes, std::int64_t address,
                                  bool write) {
  const std::int64_t burst = dram_.burst_bytes;
  std::int64_t left = (address % burst + bytes + burst - 1) / burst;
  const std::int64_t end = address + bytes;
  const auto next = [&](std::int64_t at) {
    const std::int64_t part = std::min(burst - address % burst, end - address);
    request(at, part, address, write);
    address += part;
    --left;
  };
  next(now + kToFetcher);
  const bool rounds = held_up(write);
  const std::int64_t singly = rounds ? 2 * dram_.outstanding : kSingly;
  std::int64_t before = last_ready_;  // of the request a round ago
  for (std::int64_t i = 1; left > 0 && i < singly; ++i) {
    if (i == singly - dram_.outstanding) before = last_ready_;
    next(0);
  }
  if (rounds && left > dram_.outstanding) {
    const std::int64_t skipped = (left - 1) / dram_.outstanding;
    repeat(skipped, last_ready_ - before);
    left -= skipped * dram_.outstanding;
    address += skipped * dram_.outstanding * burst;
  } else if (!rounds && left > kSingly) {
    const std::int64_t skipped = left - 1;
    stream(skipped, write);
    left -= skipped;
    address += skipped * burst;
  }
  while (left > 0) next(0);
  return last_ready_ + kToSequencer;
}

// Whether requests wait for those under way to come back, longer than for the bus.
bool WalkMemory::held_up(bool write) const {
  const double service = static_cast<double>(dram_.burst_bytes) / pace_.bytes_per_cycle();
  const double trip = kToMemory + std::ceil(service) + static_cast<double>(latency_) + kPlaceFreed;
  return dram_.outstanding <= kMostRound &&
         static_cast<double>(dram_.outstanding) * interval(write) < trip;
}

double WalkMemory::interval(bool write) const {
  const double service = static_cast<double>(dram_.burst_bytes) / pace_.bytes_per_cycle();
  return std::max({1.0, service, static_cast<double>(beats(dram_.burst_bytes, 0, write))});
}

// As many requests as may be under way make a round of `cycles`, again and again.
void WalkMemory::repeat(std::int64_t rounds, std::int64_t cycles) {
  last_request_ += rounds * cycles;
  free_cycle_ += rounds * cycles;
  last_ready_ += rounds * cycles;
  requests_ += rounds * dram_.outstanding;
  for (Responses& r : responses_) {
    r.begin += rounds * dram_.outstanding;
    r.first += static_cast<double>(rounds * cycles);
  }
}

// Whole requests one after another at the pace of the bus, or one a cycle.
void WalkMemory::stream(std::int64_t requests, bool write) {
  const double each = interval(write);
  at_a_pace_ = at_a_pace_ || each != std::floor(each);
  remember({requests_, requests, static_cast<double>(last_ready_) + each, each});
  requests_ += requests;
  last_request_ += requests;
  const std::int64_t parts = free_part_ + requests * dram_.burst_bytes * pace_.block_cycles;
  free_cycle_ = std::max(free_cycle_ + parts / pace_.block_bytes, last_request_ + kToMemory);
  free_part_ = parts % pace_.block_bytes;
  last_ready_ = std::max(
      last_ready_ + static_cast<std::int64_t>(std::floor(static_cast<double>(requests) * each)),
      free_cycle_ + latency_);
}

void WalkMemory::sooner(std::int64_t cycles) {
  last_request_ -= cycles;
  free_cycle_ -= cycles;
  last_ready_ -= cycles;
  for (Responses& r : responses_) r.first -= static_cast<double>(cycles);
}

void WalkMemory::request(std::int64_t at, std::int64_t bytes, std::int64_t address, bool write) {
  last_request_ = std::max({at, last_request_ + 1, room()});
  const std::int64_t taken = last_request_ + kToMemory;
  if (free_cycle_ < taken) {
    free_cycle_ = taken;
    free_part_ = 0;
  }
  const std::int64_t parts = free_part_ + bytes * pace_.block_cycles;
  free_cycle_ += parts / pace_.block_bytes;
  free_part_ = parts % pace_.block_bytes;
  const std::int64_t end = free_cycle_ + (free_part_ > 0 ? 1 : 0);
  last_ready_ = std::max(last_ready_ + beats(bytes, address, write), end + latency_);
  remember({requests_++, 1, static_cast<double>(last_ready_), 0});
}

std::int64_t WalkMemory::room() const {
  const std::int64_t wanted = requests_ - dram_.outstanding;
  const std::size_t oldest = remembered_ > kRemembered ? remembered_ - kRemembered : 0;
  for (std::size_t i = remembered_; i > oldest; --i) {
    const Responses& r = responses_[(i - 1) % kRemembered];
    if (wanted >= r.begin + r.count) break;  // further back than any that holds a place
    if (wanted >= r.begin)
      return static_cast<std::int64_t>(
                 std::ceil(r.first + r.interval * static_cast<double>(wanted - r.begin))) +
             kPlaceFreed;
  }
  return 0;
}

void WalkMemory::remember(const Responses& responses) {
  responses_[remembered_++ % kRemembered] = responses;
}

std::int64_t WalkMemory::beats(std::int64_t bytes, std::int64_t address, bool write) const {
  if (!dram_.bus_bytes) return 0;
  if (write) return 1;
  return (address % *dram_.bus_bytes + bytes + *dram_.bus_bytes - 1) / *dram_.bus_bytes;
}

}  // namespace weft::engine
