#include "sim/engine/perfetto.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "models/common/json.hpp"

namespace weft::sim::engine {
namespace {

using json::Writer;
using weft::engine::EventKind;

void write_metadata(Writer& out, const char* name, int thread, const std::string& text) {
  out.begin_object();
  out.field("ph", "M");
  out.field("name", name);
  out.field("cat", "__metadata");
  out.field("pid", 1);
  out.field("tid", thread);
  out.key("args");
  out.begin_object();
  out.field("name", text);
  out.end_object();
  out.end_object();
}

// Slices of one thread of a timeline must not overlap: what a unit does at the same time (loads on
// their way) is dealt to lanes, each a thread. `ends` holds the lanes' last ends.
std::size_t free_lane(std::vector<std::uint64_t>& ends, std::uint64_t begin, std::uint64_t end) {
  const auto found =
      std::find_if(ends.begin(), ends.end(), [&](std::uint64_t last) { return last <= begin; });
  const auto lane = static_cast<std::size_t>(found - ends.begin());
  if (found == ends.end()) ends.push_back(end);
  ends[lane] = end;
  return lane;
}

// Units are numbered as arrays in the architecture's order, then what moves to and from the memory,
// or through an assembly: as many lanes as there are of that under way at once.
std::string thread_name(const weft::engine::Lowering& lowering, int unit, EventKind kind,
                        int lane) {
  if (kind == EventKind::transfer) return fmt::format("transfer in flight {}", lane + 1);
  if (kind == EventKind::query) return fmt::format("query in flight {}", lane + 1);
  return lowering.array_names[static_cast<std::size_t>(unit)] +
         (lane == 0 ? "" : fmt::format(" ({})", lane + 1));
}

const char* category(EventKind kind) {
  switch (kind) {
    case EventKind::firing: return "einsum";
    case EventKind::transfer: return "memory";
    case EventKind::activity: return "unit";
    case EventKind::query: return "query";
  }
  return "";
}

}  // namespace

bool PerfettoTrace::event(const weft::engine::UnitEvent& event) {
  const std::uint64_t now = event.kind == EventKind::firing ? event.begin : event.end;
  if (seen_.insert({event.group, event.step}).second) {
    if (left_ == 0 && !left_out_.empty()) left_out_.back().end = now;
    left_ += each_;
  }
  if (left_ == 0) return true;
  Kept& kept = events_.emplace_back(Kept{event.begin,
                                         event.end,
                                         event.unit,
                                         std::string(event.name),
                                         event.head,
                                         event.tile,
                                         {},
                                         event.kind,
                                         0});
  if (event.kind == EventKind::query) kept.at.emplace_back("layer", event.group);
  for (const int l : event.loops) {
    if (l > 0)
      kept.at.emplace_back(event.lowered->loops[static_cast<std::size_t>(l)].name,
                           event.at[static_cast<std::size_t>(l)]);
  }
  if (--left_ == 0) left_out_.push_back({now, 0});
  return true;
}

void PerfettoTrace::sample(std::string_view track, std::uint64_t from, double mean) {
  samples_.push_back({std::string(track), from, mean});
}

void PerfettoTrace::gap(std::uint64_t begin, std::uint64_t end) { gaps_.push_back({begin, end}); }

void PerfettoTrace::write_notice(json::Writer& out, const char* category, const std::string& text,
                                 std::uint64_t at) {
  out.begin_object();
  out.field("ph", "i");
  out.field("s", "g");
  out.field("name", text);
  out.field("cat", category);
  out.field("ts", at);
  out.field("pid", 1);
  out.field("tid", 0);
  out.end_object();
}

void PerfettoTrace::write_slice(json::Writer& out, const Kept& kept) {
  out.begin_object();
  out.field("ph", "X");
  out.field("name", kept.name);
  out.field("cat", category(kept.kind));
  out.field("ts", kept.begin);
  out.field("dur", kept.end - kept.begin);
  out.field("pid", 1);
  out.field("tid", kept.thread);
  out.key("args");
  out.begin_object();
  if (kept.kind != EventKind::activity) {
    out.field("head", kept.head);
    out.field(kept.kind == EventKind::query ? "query" : "tile", kept.tile);
  }
  for (const auto& [loop, iteration] : kept.at) out.field(loop, iteration);
  out.end_object();
  out.end_object();
}

void PerfettoTrace::write_sample(json::Writer& out, const Sample& sample) {
  out.begin_object();
  out.field("ph", "C");
  out.field("name", sample.track);
  out.field("cat", "mean");
  out.field("ts", sample.from);
  out.field("pid", 1);
  out.field("tid", 0);
  out.key("args");
  out.begin_object();
  out.field("mean", sample.mean);
  out.end_object();
  out.end_object();
}

std::string PerfettoTrace::finish(const weft::engine::Design& design,
                                  const weft::engine::Result& result) const {
  const weft::engine::Lowering& lowering = design.lowering(result.shape.causal);
  Writer out(json::Layout::compact);
  out.begin_object();
  out.field("displayTimeUnit", "ns");
  out.key("otherData");
  out.begin_object();
  out.field("design", design.name());
  out.field("time", "1 us is 1 cycle");
  out.field("clock_hz", result.clock_hz);
  out.field("cycles", result.cycles);
  out.field("complete", left_out_.empty() && gaps_.empty());
  out.end_object();
  out.key("traceEvents");
  out.begin_array();
  write_metadata(out, "process_name", 0, design.name());
  std::vector<Kept> events = events_;
  std::stable_sort(events.begin(), events.end(),
                   [](const Kept& a, const Kept& b) { return a.begin < b.begin; });
  // The first lane of unit u is thread u + 1, the next so many further.
  const int threads_a_lane = std::max(100, static_cast<int>(lowering.array_names.size()) + 2);
  std::map<int, std::vector<std::uint64_t>> lanes;
  std::map<int, std::string> threads;
  for (Kept& kept : events) {
    const auto lane = static_cast<int>(free_lane(lanes[kept.unit], kept.begin, kept.end));
    kept.thread = kept.unit + 1 + lane * threads_a_lane;
    threads[kept.thread] = thread_name(lowering, kept.unit, kept.kind, lane);
  }
  for (const auto& [thread, name] : threads) write_metadata(out, "thread_name", thread, name);
  for (const Kept& kept : events) write_slice(out, kept);
  for (const Sample& sample : samples_) write_sample(out, sample);
  for (const Gap& gap : gaps_)
    write_notice(out, "advance", fmt::format("advanced {} cycles", gap.end - gap.begin), gap.begin);
  for (const Gap& gap : left_out_) {
    const std::uint64_t end = gap.end == 0 ? result.cycles : gap.end;
    write_notice(out, "left out", fmt::format("left out {} cycles", end - std::min(end, gap.begin)),
                 gap.begin);
  }
  out.end_array();
  out.end_object();
  return out.take() + "\n";
}

}  // namespace weft::sim::engine
