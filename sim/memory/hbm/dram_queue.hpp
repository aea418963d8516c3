// Accesses that wait, of one kind, in lists by bank: those that hit the open row, and the others;
// each list in the order in which they came. The one that goes next is always the first of a list.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "sim/common/time.hpp"
#include "sim/memory/hbm/dram_banks.hpp"

namespace weft::sim::memory {

// One access to a bank.
struct DramAccess {
  std::uint64_t address = 0;  // within the channel
  std::uint64_t id = 0;       // of whoever asked
  std::int64_t row = 0;
  Cycle arrived = 0;
  std::uint64_t order = 0;  // of all that have come
  std::uint8_t bank = 0;
  bool write = false;
  bool precharged = false;  // another row for it
};

class DramQueue {
 public:
  static constexpr std::size_t kMost = 64;

  bool full(std::size_t limit) const { return size_ >= limit; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Banks that have some.
  std::uint64_t hit_banks() const { return hits_.banks; }
  std::uint64_t other_banks() const { return others_.banks; }
  const DramAccess& hit(std::size_t b) const { return entry_[hits_.head[b]]; }
  const DramAccess& other(std::size_t b) const { return entry_[others_.head[b]]; }
  std::uint64_t hit_order(std::size_t b) const { return hits_.order[b]; }
  std::uint64_t other_order(std::size_t b) const { return others_.order[b]; }
  void mark_other(std::size_t b) { entry_[others_.head[b]].precharged = true; }
  bool one_hit(std::size_t b) const { return hits_.head[b] == hits_.tail[b]; }

  bool holds(std::uint64_t address) const {
    for (std::uint64_t m = used_; m != 0; m &= m - 1) {
      if (entry_[static_cast<std::size_t>(std::countr_zero(m))].address == address) return true;
    }
    return false;
  }
  // The one that came first; not of an empty queue.
  const DramAccess& oldest() const {
    std::size_t best = static_cast<std::size_t>(std::countr_zero(used_));
    for (std::uint64_t m = used_; m != 0; m &= m - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(m));
      if (entry_[i].order < entry_[best].order) best = i;
    }
    return entry_[best];
  }

  void push(const DramAccess& access, bool hits) {
    const auto i = static_cast<std::size_t>(std::countr_zero(~used_));
    used_ |= std::uint64_t{1} << i;
    entry_[i] = access;
    (hits ? hits_ : others_).append(access.bank, static_cast<std::uint8_t>(i), access.order, next_);
    ++size_;
  }
  DramAccess pop_hit(std::size_t b) { return take(hits_.pop(b, next_, entry_)); }
  DramAccess pop_other(std::size_t b) { return take(others_.pop(b, next_, entry_)); }

  // Those that wait, in no order.
  template <class Visit>
  void each(const Visit& visit) {
    for (std::uint64_t m = used_; m != 0; m &= m - 1)
      visit(entry_[static_cast<std::size_t>(std::countr_zero(m))]);
  }
  template <class Visit>
  void each(const Visit& visit) const {
    for (std::uint64_t m = used_; m != 0; m &= m - 1)
      visit(entry_[static_cast<std::size_t>(std::countr_zero(m))]);
  }

  // The bank has opened this row: those of the others that hit it are hits. It had no hits.
  void opened(std::size_t b, std::int64_t row);
  // It has closed: all are others again.
  void closed(std::size_t b);

 private:
  using Next = std::array<std::uint8_t, kMost>;
  using Entries = std::array<DramAccess, kMost>;
  static constexpr std::uint8_t kEnd = 0xff;

  struct Lists {
    std::uint64_t banks = 0;  // whose list is not empty
    std::array<std::uint8_t, kMostBanks> head{};
    std::array<std::uint8_t, kMostBanks> tail{};
    std::array<std::uint64_t, kMostBanks> order{};  // of the head

    void append(std::size_t b, std::uint8_t i, std::uint64_t its_order, Next& next) {
      const std::uint64_t bit = std::uint64_t{1} << b;
      next[i] = kEnd;
      if ((banks & bit) == 0) {
        head[b] = i;
        order[b] = its_order;
      } else {
        next[tail[b]] = i;
      }
      tail[b] = i;
      banks |= bit;
    }
    std::uint8_t pop(std::size_t b, const Next& next, const Entries& entries) {
      const std::uint8_t i = head[b];
      if (next[i] == kEnd) {
        banks &= ~(std::uint64_t{1} << b);
      } else {
        head[b] = next[i];
        order[b] = entries[next[i]].order;
      }
      return i;
    }
  };

  const DramAccess& take(std::uint8_t i) {
    used_ &= ~(std::uint64_t{1} << i);
    --size_;
    return entry_[i];
  }

  Entries entry_{};
  Next next_{};
  std::uint64_t used_ = 0;
  Lists hits_, others_;
  std::size_t size_ = 0;
};

inline void DramQueue::opened(std::size_t b, std::int64_t row) {
  if ((others_.banks >> b & 1) == 0) return;
  std::uint8_t i = others_.head[b];
  others_.banks &= ~(std::uint64_t{1} << b);
  while (i != kEnd) {
    const std::uint8_t after = next_[i];
    (entry_[i].row == row ? hits_ : others_).append(b, i, entry_[i].order, next_);
    i = after;
  }
}

inline void DramQueue::closed(std::size_t b) {
  if ((hits_.banks >> b & 1) == 0) return;
  std::uint8_t hit = hits_.head[b];
  hits_.banks &= ~(std::uint64_t{1} << b);
  std::uint8_t other = (others_.banks >> b & 1) != 0 ? others_.head[b] : kEnd;
  others_.banks &= ~(std::uint64_t{1} << b);
  while (hit != kEnd || other != kEnd) {
    const bool take_hit = other == kEnd || (hit != kEnd && entry_[hit].order < entry_[other].order);
    std::uint8_t& from = take_hit ? hit : other;
    const std::uint8_t after = next_[from];
    others_.append(b, from, entry_[from].order, next_);
    from = after;
  }
}

}  // namespace weft::sim::memory
