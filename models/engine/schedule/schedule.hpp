// A sized design as steps that fire in order: a static dataflow graph. Each step (an Einsum on an
// array, a load or a store) walks its loops; a firing waits for its needs. The simulator's
// sequencer executes it, whatever the cascade.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/engine/schedule/step_cost.hpp"

namespace weft::engine {

inline constexpr std::int64_t kRing = 64;      // firings and iterations whose times are remembered
inline constexpr std::int64_t kOuterRing = 8;  // outer iterations in flight

// What a firing waits for. With `n` the ordinal of the consumer's current iteration of loop
// `depth`:
enum class NeedKind : std::uint8_t {
  iteration,  // producer has completed more than n iterations of `depth`
  carried,    // producer has fired for every earlier tile of the pass rank, at the same key
  at,  // producer (of an earlier stage) has fired for this tile of the pass rank, at the same key
  complete,  // producer has fired for every tile of the pass rank (once, if it does not run along
             // it), at the same key
  space,  // producer (a consumer of ours) has completed at least n − lag + 1 iterations of `depth`:
          // room for one more
  outer,  // producer has completed at least n + lag outer iterations
};

// Told by the producer's progress at a key, in place of the iterations of a loop.
constexpr bool by_key(NeedKind kind) {
  return kind == NeedKind::carried || kind == NeedKind::at || kind == NeedKind::complete;
}

struct Need {
  NeedKind kind = NeedKind::iteration;
  int producer = 0;  // index into GroupSchedule::steps
  int depth = 0;
  std::int64_t lag = 0;
  std::int64_t latency = 0;  // cycles on the way, beyond the result's register
  bool streamed = false;     // elements flow one by one: the consumer may start behind the first

  friend bool operator==(const Need&, const Need&) = default;
};

enum class StepKind : std::uint8_t { compute, load, store };

struct ScheduledStep {
  StepKind kind = StepKind::compute;
  std::string name;  // "BQK", "load K", "store AV"
  int unit = 0;      // an array's index; loads and stores run on the last unit, the fetcher
  int stage = 0;
  int lowered = kNone;      // of compute: index into LoweredGroup::steps
  TensorId tensor = kNone;  // of load and store
  std::vector<int> loops;
  std::vector<Need> needs;
  bool keeps_slots = false;  // others need its progress by key
  bool over_pass_rank = false;
  int preload_after =
      kNone;  // of a stationary operand: loaded when a loop up to this one has moved
  bool drains_at_end = false;   // outputs leave at the last tile of the innermost loop only
  std::vector<StepCost> costs;  // of compute, by edges
};

struct GroupSchedule {
  std::size_t group = 0;
  std::vector<ScheduledStep>
      steps;                   // program order; loads stand before the step that first needs them
  int pass_loop = 0;           // first inner loop
  std::vector<int> key_loops;  // inner loops that are not of the pass rank
  std::int64_t keys = 1;
  int reference = 0;  // the first compute step
};

struct Schedule {
  const Lowering* lowering = nullptr;
  const Sizing* sizing = nullptr;
  std::vector<GroupSchedule> groups;
  int fetcher = 0;                   // unit index
  std::int64_t longest_latency = 0;  // of any need, for how long past times matter
};

Schedule build_schedule(const Lowering& lowering, const Sizing& sizing);

}  // namespace weft::engine
