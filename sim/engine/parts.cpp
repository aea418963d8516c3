#include "sim/engine/parts.hpp"

#include <algorithm>

namespace weft::sim::engine {

Parts::Part::Part(const weft::engine::Schedule& made) : schedule(made), layout(made) {
  for (const weft::engine::GroupSchedule& group : schedule.groups) {
    auto& own = walkers.emplace_back();
    for (const weft::engine::ScheduledStep& step : group.steps)
      own.emplace_back(*schedule.lowering, *schedule.sizing, group.group, step.loops);
    const weft::engine::LoweredGroup& lowered = schedule.lowering->groups[group.group];
    pass_tiled.push_back(weft::engine::kNone);
    for (std::size_t i = 0; i < lowered.tiled.size(); ++i) {
      if (lowered.tiled[i].base == lowered.pass_rank) pass_tiled.back() = static_cast<int>(i);
    }
  }
}

Parts::Parts(const weft::engine::Schedule& first, weft::engine::ScheduleStream* more)
    : more_(more), longest_latency_(first.longest_latency) {
  parts_.push_back(std::make_unique<Part>(first));
}

// The part behind `part` is there, or is now.
bool Parts::fetch(std::size_t part, bool complete) {
  if (part + 1 < parts_.size()) return true;
  if (more_ == nullptr) return false;
  const weft::engine::Schedule* made = more_->next(complete);
  if (made == nullptr) return false;
  const Part& before = *parts_.back();
  check(made->lowering->tensors.size() == before.schedule.lowering->tensors.size() &&
            made->groups.size() == before.schedule.groups.size() &&
            made->lowering->arch == before.schedule.lowering->arch,
        "parts of one run are of one binding on one architecture");
  auto added = std::make_unique<Part>(*made);
  added->base = plus(before.base, before.layout.bytes(), "bytes of the tensors in memory");
  added->heads = plus(before.heads, before.schedule.sizing->repeats, "heads of all layers");
  added->goes_on = !more_->drains() && weft::engine::continues(before.schedule, *made);
  longest_latency_ = std::max(longest_latency_, made->longest_latency);
  parts_.push_back(std::move(added));
  return true;
}

bool Parts::goes_on(std::size_t part) { return fetch(part, false) && parts_[part + 1]->goes_on; }

bool Parts::follows(std::size_t part) { return fetch(part, true); }

std::int64_t Parts::expected() const {
  const auto there = static_cast<std::int64_t>(parts_.size());
  return more_ == nullptr ? there : std::max(there, more_->expected());
}

}  // namespace weft::sim::engine
