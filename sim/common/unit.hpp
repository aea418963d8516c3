// The contract of a timed unit: a plain class with one copyable state and no coroutine, kernel type
// or global in it. It reads its channels as they stood before this cycle, so that units may be
// stepped in any order; a step in a cycle in which there is nothing to do changes nothing.
//
// Steady-state advance: a unit whose timing recurs tells its state relative to now (fingerprint)
// and moves it by whole periods (jump). Numbers that a period makes grow, always by as much, are
// counts, sums or ordinals.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "models/common/error.hpp"
#include "models/common/unit_class.hpp"
#include "sim/common/port.hpp"
#include "sim/common/state_words.hpp"
#include "sim/common/time.hpp"
#include "sim/common/timing.hpp"

namespace weft::sim {

// Over `periods` periods, each so many iterations of the driver's loop `level`; `cycles` long in
// all, in the clock of the unit that is told.
struct Jump {
  int level = 0;
  std::int64_t iterations = 0;
  std::int64_t periods = 0;
  Cycle cycles = 0;
};

class Unit {
 public:
  static constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int64_t>::max();

  virtual ~Unit() = default;

  virtual const UnitClass& unit_class() const = 0;
  virtual TimingDependsOn timing_depends_on() const = 0;
  virtual void list_ports(PortList& ports) = 0;

  // Does what is to be done in cycle `now` of its clock, and says in which it is to be called next
  // unless a channel wakes it before; kNever: when a channel does.
  virtual Cycle step(Cycle now) = 0;

  // Whom to wake, of a unit that is driven by a process of its own; others are put into a shell.
  virtual Waker* own_process() { return nullptr; }

  // What its class declares; nullptr where it counts nothing.
  virtual UnitCounts* counts() { return nullptr; }
  // Counts all cycles before `now`, of a unit that counts them when what it does changes.
  virtual void settle(Cycle /*now*/) {}
  // Other numbers that only grow.
  virtual void list_sums(std::vector<std::uint64_t*>& /*sums*/) {}

  // Of units whose timing recurs.
  virtual void fingerprint(StateWords& /*out*/) const { refuse(); }
  virtual void advance(Cycle /*cycles*/) { refuse(); }
  // How far it is in a program of its own; and times that are only told, never compared, which stay
  // where they are when it has nothing to do.
  virtual void list_ordinals(std::vector<std::int64_t>& /*ordinals*/) const {}
  // How many periods more are like the last, in which its ordinals grew by `grown`.
  virtual std::int64_t periods_left(const Jump& /*period*/,
                                    std::span<const std::int64_t> /*grown*/) const {
    return kAnyNumber;
  }
  // By `grown` its ordinals grow over the whole jump.
  virtual void jump(const Jump& jump, std::span<const std::int64_t> /*grown*/) {
    advance(jump.cycles);
  }

 private:
  [[noreturn]] static void refuse() {
    throw ContractError("a unit that is stepped was asked to be advanced");
  }
};

// A unit with all its state in one value, which can be kept, put back and compared.
template <std::copyable S>
class UnitOf : public Unit {
 public:
  using State = S;
  UnitOf() = default;
  explicit UnitOf(State state) : state_(std::move(state)) {}

  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 protected:
  State state_{};
};

inline constexpr int kMostLevels = 8;
using Position = std::array<std::int64_t, kMostLevels>;  // iteration of each loop, outermost first

// A unit that knows where in its program an assembly is: it tells when a new iteration begins.
// Iterations of one loop, within the same iterations of the loops outside it and the same phase,
// are what may recur.
class Driver {
 public:
  static constexpr int kNoBoundary = -1;

  virtual ~Driver() = default;

  virtual bool done() const = 0;
  virtual std::size_t phase() const = 0;
  virtual const Position& position() const = 0;
  virtual bool advances_at(int level) const = 0;

  // The outermost loop that began a new iteration since the last call.
  int take_boundary() { return std::exchange(boundary_, kNoBoundary); }
  // Called in the cycle of a boundary, and in the one in which everything is done.
  using Notice = void (*)(void* context);
  void on_boundary(Notice notice, void* context) {
    notice_ = notice;
    context_ = context;
  }

 protected:
  void begin_iteration(int level) {
    boundary_ = level;
    notify();
  }
  void notify() {
    if (notice_ != nullptr) notice_(context_);
  }

 private:
  int boundary_ = kNoBoundary;
  Notice notice_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace weft::sim
