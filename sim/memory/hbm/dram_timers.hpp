// The banks of a channel by the tick from which on each may be asked for something, so that those
// whose time has not come cost nothing: a wheel of 64 ticks, a bank that is further away stands in
// its last.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "sim/common/time.hpp"

namespace weft::sim::memory {

constexpr std::size_t kMostBanks = 64;

inline std::size_t first_of(std::uint64_t banks) {
  return static_cast<std::size_t>(std::countr_zero(banks));
}
inline std::uint64_t bit_of(std::size_t b) { return std::uint64_t{1} << b; }
// All of a mask or nothing, where no branch predictor would tell.
inline std::uint64_t mask_if(bool all) {
  return std::uint64_t{0} - static_cast<std::uint64_t>(all);
}

// A tick or an order with a bank below it: of two the less is that of the earlier, or of the lower
// bank.
class BankKey {
 public:
  BankKey() = default;
  BankKey(std::uint64_t value, std::size_t b) : key_(value << kBits | b) {}

  bool none() const { return key_ == kNone; }
  std::size_t bank() const { return key_ & (kMostBanks - 1); }
  std::uint64_t value() const { return key_ >> kBits; }
  Cycle tick() const { return none() ? kNever : static_cast<Cycle>(value()); }
  void least(const BankKey& other) { key_ = std::min(key_, other.key_); }
  void least_if(bool it_counts, const BankKey& other) {
    key_ = std::min(key_, other.key_ | mask_if(!it_counts));
  }

 private:
  static constexpr int kBits = 6;
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::uint64_t key_ = kNone;
};

class BankTimers {
 public:
  Cycle time(std::size_t b) const { return time_[b]; }

  void set(std::size_t b, Cycle time) {
    if (time == time_[b]) return;
    leave(b);
    time_[b] = time;
    enter(b);
  }

  // Those whose time is no later than `now`, which never goes back.
  std::uint64_t come(Cycle now) {
    if (now > seen_) turn(now);
    return come_;
  }

  // Of `banks`, whose time has not come, the least key of ready(b), which is no earlier than its
  // time.
  template <class Ready>
  BankKey soonest(std::uint64_t banks, const Ready& ready) const {
    BankKey least;
    for (std::uint64_t ahead = std::rotr(used_, slot_of(seen_ + 1)); ahead != 0;
         ahead &= ahead - 1) {
      const Cycle tick = seen_ + 1 + static_cast<Cycle>(std::countr_zero(ahead));
      if (tick > least.tick()) break;
      for (std::uint64_t m = slot_[index_of(tick)] & banks; m != 0; m &= m - 1) {
        const std::size_t b = first_of(m);
        least.least({static_cast<std::uint64_t>(ready(b)), b});
      }
    }
    return least;
  }

  // All times move by so many ticks, and so does what has been seen.
  void advance(Cycle ticks) {
    slot_ = {};
    used_ = far_ = 0;
    seen_ += ticks;
    for (std::size_t b = 0; b < kMostBanks; ++b) {
      time_[b] += ticks;
      enter(b);
    }
  }

 private:
  static constexpr Cycle kSlots = 64;
  static int slot_of(Cycle tick) { return static_cast<int>(tick & (kSlots - 1)); }
  static std::size_t index_of(Cycle tick) { return static_cast<std::size_t>(slot_of(tick)); }

  void leave(std::size_t b) {
    const std::uint64_t bit = bit_of(b);
    far_ &= ~bit;
    if ((come_ & bit) != 0) {
      come_ &= ~bit;
      return;
    }
    std::uint64_t& slot = slot_[place_[b]];
    slot &= ~bit;
    if (slot == 0) used_ &= ~bit_of(place_[b]);
  }
  void enter(std::size_t b) {
    const std::uint64_t bit = bit_of(b);
    if (time_[b] <= seen_) {
      come_ |= bit;
      return;
    }
    if (time_[b] - seen_ >= kSlots) far_ |= bit;
    const std::size_t place = index_of(std::min(time_[b], seen_ + kSlots - 1));
    place_[b] = static_cast<std::uint8_t>(place);
    slot_[place] |= bit;
    used_ |= bit_of(place);
  }
  void turn(Cycle now) {
    std::uint64_t due = used_;
    if (now - seen_ < kSlots)
      due &= std::rotl(bit_of(static_cast<std::size_t>(now - seen_)) - 1, slot_of(seen_ + 1));
    seen_ = now;
    used_ &= ~due;
    std::uint64_t banks = 0;
    for (; due != 0; due &= due - 1) {
      std::uint64_t& slot = slot_[first_of(due)];
      banks |= slot;
      slot = 0;
    }
    come_ |= banks & ~far_;
    for (banks &= far_; banks != 0; banks &= banks - 1) {
      far_ &= ~bit_of(first_of(banks));
      enter(first_of(banks));
    }
  }

  std::array<Cycle, kMostBanks> time_{};
  std::array<std::uint64_t, kSlots> slot_{};  // banks, by tick
  std::array<std::uint8_t, kMostBanks> place_{};
  std::uint64_t used_ = 0;  // slots that have some
  std::uint64_t come_ = ~std::uint64_t{0};
  std::uint64_t far_ = 0;  // those beyond the wheel
  Cycle seen_ = 0;
};

}  // namespace weft::sim::memory
