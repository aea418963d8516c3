#include "sim/engine/perfetto.hpp"

#include <fmt/format.h>

#include <set>

#include "models/common/json.hpp"

namespace weft::sim::engine {
namespace {

using json::Writer;

void write_metadata(Writer& out, const char* name, int thread, const std::string& text) {
  out.begin_object();
  out.field("ph", "M");
  out.field("name", name);
  out.field("pid", 1);
  out.field("tid", thread);
  out.key("args");
  out.begin_object();
  out.field("name", text);
  out.end_object();
  out.end_object();
}

// Units are numbered as arrays in the architecture's order, then the memory port.
std::string unit_name(const weft::engine::Lowering& lowering, int unit) {
  return unit < static_cast<int>(lowering.array_names.size()) ? lowering.array_names[unit] : "memory port";
}

}  // namespace

bool PerfettoTrace::event(const weft::engine::UnitEvent& event) {
  if (events_.size() >= most_) {
    cut_ = true;
    return false;
  }
  events_.push_back({event.begin, event.end, event.unit, std::string(event.name), event.head, event.tile});
  return true;
}

void PerfettoTrace::gap(std::uint64_t begin, std::uint64_t end) { gaps_.push_back({begin, end}); }

std::string PerfettoTrace::finish(const weft::engine::Design& design, const weft::engine::Result& result) const {
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
  out.field("complete", !cut_ && gaps_.empty());
  out.end_object();
  out.key("traceEvents");
  out.begin_array();
  write_metadata(out, "process_name", 0, design.name());
  std::set<int> units;
  for (const Kept& kept : events_) units.insert(kept.unit);
  for (const int unit : units) write_metadata(out, "thread_name", unit + 1, unit_name(lowering, unit));
  for (const Kept& kept : events_) {
    out.begin_object();
    out.field("ph", "X");
    out.field("name", kept.name);
    out.field("cat", kept.unit < static_cast<int>(lowering.array_names.size()) ? "einsum" : "memory");
    out.field("ts", kept.begin);
    out.field("dur", kept.end - kept.begin);
    out.field("pid", 1);
    out.field("tid", kept.unit + 1);
    out.key("args");
    out.begin_object();
    out.field("head", kept.head);
    out.field("tile", kept.tile);
    out.end_object();
    out.end_object();
  }
  for (const Gap& gap : gaps_) {
    out.begin_object();
    out.field("ph", "i");
    out.field("s", "g");
    out.field("name", fmt::format("advanced {} cycles", gap.end - gap.begin));
    out.field("cat", "advance");
    out.field("ts", gap.begin);
    out.field("pid", 1);
    out.field("tid", 0);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take() + "\n";
}

}  // namespace weft::sim::engine
