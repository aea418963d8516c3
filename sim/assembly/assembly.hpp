// An assembly: units by the path of their instance, the channels that join their ports, and the
// clocks they run on. It owns all of them, and whatever is done to every unit is a loop here. No
// SystemC: sim/assembly/assembly_module.hpp drives it. See docs/units/assembly.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/assembly/steady_state.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim {

// A clock that makes `cycles` cycles while the assembly's own makes `of`: both begin with cycle 0.
struct ClockRatio {
  std::int64_t cycles = 1;
  std::int64_t of = 1;
};

// The period of each clock in ticks, exactly: cycle n of a clock begins at tick n · period. The
// first is the assembly's own. ContractError where a tick would be less than a millionth of its
// cycle.
inline constexpr std::int64_t kMostTicksPerCycle = 1'000'000;
std::vector<Cycle> periods_of(std::span<const ClockRatio> others);
// Ticks in a cycle of the assembly's own clock; nothing where they are more than
// kMostTicksPerCycle.
std::int64_t ticks_per_cycle(std::span<const ClockRatio> others);

class Assembly {
 public:
  struct Member {
    std::string path;
    std::unique_ptr<Unit> unit;
    Cycle period = 1;  // of its clock, in ticks
    std::vector<Port> ports;
  };
  struct Join {
    std::string from;  // path and port
    std::string to;
    std::unique_ptr<AnyChannel> channel;
  };

  // `others`: clocks beside the assembly's own, which is clock 0; the first of them is clock 1.
  explicit Assembly(std::span<const ClockRatio> others = {}) : periods_(periods_of(others)) {}

  // The index of the member.
  std::size_t add(std::string path, std::unique_ptr<Unit> unit, std::size_t clock = 0);
  template <class U, class... Args>
  U& emplace(const std::string& path, Args&&... args) {
    auto made = std::make_unique<U>(std::forward<Args>(args)...);
    U& unit = *made;
    add(path, std::move(made));
    return unit;
  }
  // Joins a port that sends with one that takes in, by a channel of that depth. ContractError where
  // there are no such ports, they carry different messages, or one is joined already.
  AnyChannel& join(std::string_view from, std::string_view from_port, std::string_view to,
                   std::string_view to_port, std::size_t depth);
  // ContractError where a port is not joined.
  void check_joined() const;

  std::vector<Member>& members() { return members_; }
  const std::vector<Member>& members() const { return members_; }
  const std::vector<Join>& joins() const { return joins_; }
  std::span<const Cycle> periods() const { return periods_; }
  Member* find(std::string_view path);

  // The first driver; nullptr where there is none.
  Driver* driver() { return driver_; }
  const Driver* driver() const { return driver_; }
  // There is a driver, and the timing of every unit recurs: whole periods may be passed over.
  bool advances() const;

  // The state relative to `tick`, with the driver's position.
  SteadyState::Snapshot snapshot(Cycle tick, int level);
  // The whole periods that may be passed over, and what that adds up to; nothing is changed.
  // TooLarge where time or a count would not fit.
  struct Leap {
    Jump jump;  // cycles are ticks
    std::vector<std::uint64_t> sums;
    std::vector<std::int64_t> grown;  // ordinals, over the whole jump
  };
  Leap plan(const SteadyState::Found& found, Cycle tick);
  void jump(const Leap& leap);
  // What all units and channels count and sum.
  const std::vector<std::uint64_t*>& sums();

 private:
  std::vector<std::int64_t> ordinals() const;

  std::vector<Cycle> periods_;
  std::vector<Member> members_;
  std::map<std::string, std::size_t, std::less<>> index_;  // of members by path
  std::vector<Join> joins_;
  Driver* driver_ = nullptr;
  std::vector<std::uint64_t*> sums_;  // once it is first asked for
};

}  // namespace weft::sim
