// What feeds rows into a unit and takes them out, for benches of the units of a SpAtten engine.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/assembly/assembly_module.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::test {

inline constexpr UnitClass kBenchClass{"bench"};

// Sends messages, each no earlier than its cycle.
template <class Message>
class Feed final : public Unit {
 public:
  std::deque<std::pair<Cycle, Message>> messages;

  const UnitClass& unit_class() const override { return kBenchClass; }
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::values; }
  void list_ports(PortList& ports) override { ports.add("out", out_); }
  Cycle step(Cycle now) override {
    if (messages.empty()) return kNever;
    if (messages.front().first > now) return messages.front().first;
    if (!out_.offer(now, messages.front().second)) return kNever;
    messages.pop_front();
    return messages.empty() ? kNever : now + 1;
  }

 private:
  Out<Message> out_;
};

// Takes a message where `ready` says so, and notes when.
template <class Message>
class Take final : public Unit {
 public:
  std::function<bool(Cycle)> ready = [](Cycle) { return true; };
  std::vector<std::pair<Cycle, Message>> taken;

  const UnitClass& unit_class() const override { return kBenchClass; }
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::values; }
  void list_ports(PortList& ports) override { ports.add("in", in_); }
  Cycle step(Cycle now) override {
    if (in_.empty()) return kNever;
    if (in_.ready(now) && ready(now)) taken.emplace_back(now, in_.pop(now));
    return in_.empty() ? kNever : now + 1;
  }

 private:
  In<Message> in_;
};

// Steps until nothing happens any more.
inline void run_to_end(Assembly& assembly) {
  with_fresh_kernel([&] {
    AssemblyModule module("assembly", assembly, {.pauses = false});
    sc_core::sc_start();
    if (module.failure().error) std::rethrow_exception(module.failure().error);
  });
}

// A row's beats of `lanes` positions, one a cycle from `from` on.
inline void feed_row(Feed<RowBeat>& feed, QueryRow& row, std::int64_t keys, std::int64_t lanes,
                     Cycle from = 0) {
  for (std::int64_t first = 0; first < keys; first += lanes) {
    const std::int64_t count = std::min(lanes, keys - first);
    feed.messages.push_back({from + first / lanes,
                             {&row, static_cast<std::int32_t>(first),
                              static_cast<std::int32_t>(count), first + count == keys}});
  }
}

}  // namespace weft::sim::test
