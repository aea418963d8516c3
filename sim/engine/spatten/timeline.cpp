#include "sim/engine/spatten/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/common/active_unit.hpp"

namespace weft::sim::engine::spatten {
namespace {

constexpr UnitClass kSamplerClass{"sampler", {}};

// "fetcher.requests[3]" is of "fetcher.requests".
std::string without_numbers(const std::string& port) {
  std::string text;
  int depth = 0;
  for (const char letter : port) {
    if (letter == '[') ++depth;
    if (depth == 0) text += letter;
    if (letter == ']') --depth;
  }
  return text;
}

std::string_view name_of(Doing doing) {
  switch (doing) {
    case Doing::work: return "busy";
    case Doing::wait_in: return "stalled in";
    case Doing::wait_out: return "stalled out";
    case Doing::nothing: break;
  }
  return "";
}

}  // namespace

Sampler::Sampler(Assembly& assembly) {
  for (const Assembly::Join& join : assembly.joins()) {
    const std::string name = without_numbers(join.from) + " to " + without_numbers(join.to);
    auto found = std::find_if(queues_.begin(), queues_.end(),
                              [&](const Queue& queue) { return queue.name == name; });
    if (found == queues_.end()) found = queues_.insert(queues_.end(), Queue{name, {}});
    found->links.push_back(join.channel.get());
  }
  for (const Assembly::Member& member : assembly.members()) {
    auto* const memory = dynamic_cast<memory::Memory*>(member.unit.get());
    if (memory == nullptr) continue;
    memory_ = memory;
    memory_name_ = member.path;
  }
}

const UnitClass& Sampler::unit_class() const { return kSamplerClass; }

Sampler::Look Sampler::look(Cycle now) const {
  Look look;
  look.at = now;
  for (const Queue& queue : queues_) {
    std::uint64_t held = 0;
    for (const AnyChannel* link : queue.links) held += link->held();
    look.held.push_back(held);
  }
  if (memory_ == nullptr) return look;
  using weft::engine::DramCounter;
  const UnitCounts& counts = *memory_->counts();
  look.bytes = counts.counters[static_cast<std::size_t>(DramCounter::bytes_read)] +
               counts.counters[static_cast<std::size_t>(DramCounter::bytes_written)];
  look.busy = counts.busy_cycles;
  return look;
}

// Whether units wait for one another: it must not keep them company for ever.
bool Sampler::still(Cycle now) {
  std::uint64_t beats = 0;
  for (const Queue& queue : queues_) {
    for (const AnyChannel* link : queue.links) beats += link->count(ChannelCounter::beats);
  }
  if (std::exchange(beats_, beats) != beats) moved_at_ = now;
  return now - moved_at_ > kStill;
}

Cycle Sampler::step(Cycle now) {
  if (still(now)) return kNever;
  if (now % distance_ == 0) {
    looks_.push_back(look(now));
    if (looks_.size() == kMost) {
      std::size_t kept = 1;
      for (std::size_t i = 2; i < looks_.size(); i += 2) looks_[kept++] = std::move(looks_[i]);
      looks_.resize(kept);
      distance_ *= 2;
    }
  }
  return (now / distance_ + 1) * distance_;
}

void Sampler::finish(Cycle end, weft::engine::EventSink& sink) {
  while (!looks_.empty() && looks_.back().at >= end) looks_.pop_back();
  looks_.push_back(look(end));
  for (std::size_t q = 0; q < queues_.size(); ++q) {
    std::uint64_t last = 0;  // of a track that has not begun
    for (std::size_t i = 0; i + 1 < looks_.size(); ++i) {
      const std::uint64_t held = looks_[i].held[q];
      if (held != last)
        sink.sample(queues_[q].name, static_cast<std::uint64_t>(looks_[i].at),
                    static_cast<double>(held));
      last = held;
    }
  }
  if (memory_ == nullptr) return;
  for (std::size_t i = 0; i + 1 < looks_.size(); ++i) {
    const Look& from = looks_[i];
    const Look& to = looks_[i + 1];
    const auto cycles = static_cast<double>(to.at - from.at);
    const auto at = static_cast<std::uint64_t>(from.at);
    sink.sample(memory_name_ + " bytes a cycle", at,
                static_cast<double>(to.bytes - from.bytes) / cycles);
    sink.sample(memory_name_ + " busy", at, static_cast<double>(to.busy - from.busy) / cycles);
  }
}

Timeline::Timeline(weft::engine::EventSink& sink, std::span<const std::string> names,
                   Assembly& assembly, Controller& controller)
    : sink_(sink), queries_(static_cast<int>(names.size())) {
  auto sampler = std::make_unique<Sampler>(assembly);
  sampler_ = sampler.get();
  for (std::size_t n = 0; n < names.size(); ++n) {
    auto* const unit = dynamic_cast<ActiveUnit*>(assembly.find(names[n])->unit.get());
    if (unit == nullptr) continue;
    unit->activity().listen(this, static_cast<int>(n));
    activities_.push_back(&unit->activity());
  }
  controller.listen(this);
  assembly.add("timeline's sampler", std::move(sampler));  // stepped behind all others
}

void Timeline::did(int unit, Doing doing, Cycle begin, Cycle end) {
  if (doing == Doing::nothing) return;
  sink_.event({.begin = static_cast<std::uint64_t>(begin),
               .end = static_cast<std::uint64_t>(end),
               .unit = unit,
               .name = name_of(doing),
               .step = unit,
               .loops = {},
               .kind = weft::engine::EventKind::activity});
}

void Timeline::row_done(const QueryRow& row, Cycle begin, Cycle end) {
  const std::string name = fmt::format("layer {} head {}", row.layer, row.head);
  sink_.event({.begin = static_cast<std::uint64_t>(begin),
               .end = static_cast<std::uint64_t>(end),
               .unit = queries_,
               .name = name,
               .head = row.head,
               .tile = row.query,
               .group = row.layer,
               .step = queries_,
               .loops = {},
               .kind = weft::engine::EventKind::query});
}

void Timeline::passed_over(Cycle begin, Cycle end) {
  for (Activity* activity : activities_) activity->pass_over(begin, end);
  sink_.gap(static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end));
}

void Timeline::finish(Cycle end) {
  for (Activity* activity : activities_) activity->tell(end);
  sampler_->finish(end, sink_);
}

}  // namespace weft::sim::engine::spatten
