// What a run is asked for, and what it tells on the way.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "models/cost/table.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/result/result.hpp"
#include "models/program/program.hpp"
#include "models/workload/trace.hpp"
#include "models/workload/workload.hpp"

namespace weft::engine {

class WalkMemo;

// What an event of a timeline is: a step's firing in an array, a transfer, what a unit of an
// assembly did without a break (busy, or stalled), a query on its way through an assembly.
enum class EventKind : std::uint8_t { firing, transfer, activity, query };

// One thing a unit did, for timelines. Firings are told when they begin, all others when they end.
struct UnitEvent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  int unit = 0;  // arrays, or an assembly's units; then the memory's transfers (loads and stores),
                 // or queries, several of which are under way at once
  std::string_view name;  // "BQK", "load K", "busy"
  std::int64_t head = 0;  // of all batches and layers
  std::int64_t tile = 0;  // ordinal of the step's firing within the run; of queries the query
  int group = 0;          // of queries the layer
  int step = 0;           // of the group's schedule
  const LoweredGroup* lowered =
      nullptr;                 // names the loops; this and the next live as long as the run
  std::span<const int> loops;  // the step's, outermost first
  Coordinates at{};            // iteration of each of them, by loop
  EventKind kind = EventKind::firing;
};

struct EventSink {
  virtual ~EventSink() = default;
  // False: no more are wanted.
  virtual bool event(const UnitEvent& event) = 0;
  virtual void gap(std::uint64_t begin, std::uint64_t end) = 0;  // advanced, not stepped
  // The mean of a track from here to its next sample, or to the end: of a queue's beats, say.
  virtual void sample(std::string_view /*track*/, std::uint64_t /*from*/, double /*mean*/) {}
};

// Memory that stalls at random by the seed: the side that gives (responses), that takes (requests),
// both, or both in bursts. docs/units/memory.md has the values.
enum class StallProfile : std::uint8_t { none, source, sink, both, bursty };
constexpr auto names(config::Tag<StallProfile>) {
  return std::array<std::pair<std::string_view, StallProfile>, 5>{
      {{"none", StallProfile::none},
       {"source", StallProfile::source},
       {"sink", StallProfile::sink},
       {"both", StallProfile::both},
       {"bursty", StallProfile::bursty}}};
}

struct RunOptions {
  Fidelity fidelity = Fidelity::systemc;
  bool exact = false;  // step every cycle: no steady-state advance
  std::uint64_t seed = 0;
  StallProfile stall_profile = StallProfile::none;  // not in analytic
  std::int64_t layers = 1;                          // one after another; of a trace all of it
  const program::Program* program = nullptr;        // in place of the workload's shape; no values
  const workload::Trace* trace = nullptr;  // values flow where it is set; systemc and rtl. Its
                                           // shape is run, whatever the workload's
  const cost::Table* cost = nullptr;       // energy is reported where it is set
  std::string cost_asked{};  // the name, or path, and the node by which that was asked for
  std::vector<std::vector<float>>* outputs =
      nullptr;  // of the first output by layer, [batch, heads, …], where values flow
  std::vector<workload::ComputedTensor>* tensors = nullptr;  // every output
  EventSink* events = nullptr;
  WalkMemo* walks = nullptr;    // what points before this one tell of it (analytic/walk_memo.hpp)
  bool rtl_checks = false;      // the RTL with its assertions, which waves have as well; rtl only
  std::string wave_file{};      // VCD of the RTL, where it is not empty; rtl only
  std::uint64_t wave_from = 0;  // cycles [from, to)
  std::uint64_t wave_to = ~std::uint64_t{0};
  std::stop_token stop{};
  std::function<void(double)> progress{};  // share done, 0 … 1
};

inline constexpr std::int64_t kMostLayers = 1 << 16;

// Several shapes in a row.
inline bool is_program(const workload::Workload& workload, const RunOptions& options) {
  return options.program != nullptr || (options.trace == nullptr && workload.is_program());
}

// What of its workload a run runs; of a program the first.
inline workload::Shape shape_of(const workload::Workload& workload, const RunOptions& options) {
  return options.trace != nullptr ? options.trace->shape : workload.shape();
}
inline std::int64_t layers_of(const RunOptions& options) {
  return options.trace != nullptr ? static_cast<std::int64_t>(options.trace->layers.size())
                                  : options.layers;
}

}  // namespace weft::engine
