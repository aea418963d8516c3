#include "models/engine/analytic.hpp"

#include <algorithm>
#include <cmath>

#include "models/engine/footprint.hpp"
#include "models/engine/regions.hpp"
#include "models/engine/serial_tile.hpp"

namespace weft::engine {
namespace {

constexpr std::size_t kMostSteps = 32;    // of a group, whose times are followed through a tile
constexpr double kTransfersInFlight = 4;  // as the simulator's fetcher
constexpr double kTransferOverhead = 3;   // cycles of a transfer beyond latency and bytes: command, request, response

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
// The loops of `bits` up to and including `last`.
unsigned up_to(unsigned bits, int last) { return bits & ((2u << last) - 1u); }

// One group: what is counted, then what is timed.
class GroupAnalyser {
 public:
  GroupAnalyser(const Lowering& lowering, const Sizing& sizing, std::size_t g, Analysis& all)
      : lowering_(lowering), sizing_(sizing), g_(g), group_(lowering.groups[g]), all_(all), busy_(lowering.arrays.size()) {
    check(group_.steps.size() <= kMostSteps, "a group of too many steps");
    check(lowering.arrays.size() <= kMostSteps, "too many arrays");
    whole_.reserve(group_.steps.size());
    timing_.resize(group_.steps.size() << group_.tiled.size());
  }

  GroupAnalysis run() {
    for (std::size_t s = 0; s < group_.steps.size(); ++s) {
      count_step(s);
      count_loads(s);
      count_stores(group_.steps[s]);
    }
    return time();
  }

 private:
  struct Path {
    std::array<std::int64_t, kMostSteps> begin;  // of the step's slots, by step of the stage
    std::array<std::int64_t, kMostSteps> end;    // of its results
    std::int64_t length = 0;
  };
  struct Timing {
    std::int64_t issue = 0;
    std::int64_t extra = 0;
  };

  void count_step(std::size_t s);
  void count_preloads(std::size_t s, ArrayLoad& load);
  void count_drains(std::size_t s, ArrayLoad& load);
  // What `count` firings of a step move between the buffer and its array: always, with a preload, or with a drain.
  enum class Moving : std::uint8_t { always, at_preload, at_drain };
  void count_buffer(const StepCost& cost, Moving when, std::int64_t count);
  void count_loads(std::size_t s);
  void count_stores(const LoweredStep& step);
  struct Transfers {
    Total bytes;
    Total count;
  };
  Transfers count_transfer(TensorId tensor, unsigned loops, bool write);
  std::int64_t region_bytes(TensorId tensor, const Regions& regions, unsigned last) const;
  std::int64_t first_bytes(TensorId tensor, unsigned loops) const {
    return region_bytes(tensor, Regions(lowering_, sizing_, g_, loops), 0);
  }
  bool needs_load(std::size_t s, TensorId tensor) const;
  bool alone(const LoweredStep& step) const;
  void wait_for_room(std::int64_t copies, const Total& moved, const Total& regions, const Total& used_cycles);
  std::int64_t copies(TensorId tensor) const { return copies_of(lowering_, residency(lowering_, sizing_, tensor)); }
  Timing& timing(std::size_t s, unsigned edges) { return timing_[(s << group_.tiled.size()) + edges]; }
  const Timing& timing(std::size_t s, unsigned edges) const { return timing_[(s << group_.tiled.size()) + edges]; }
  Path path(int stage, unsigned edges) const;
  double lives(int stage, const Path& whole) const;
  GroupAnalysis time();

  const Lowering& lowering_;
  const Sizing& sizing_;
  std::size_t g_;
  const LoweredGroup& group_;
  Analysis& all_;
  std::vector<Total> busy_;      // by array, of this group
  std::vector<StepCost> whole_;  // by step, of a full tile
  std::vector<Timing> timing_;   // by step and edges, of the tiles that there are
  std::vector<Total> step_busy_;
  std::vector<Total> issued_;  // by step: cycles of all its tiles
  double room_cycles_ = 0;     // the longest that copies in the buffer make anything wait
  Total bytes_;
  Total transfers_;
  double first_load_ = 0;  // cycles of the first step's operands on the bus
  double last_store_ = 0;  // cycles of the last result on the bus
};

void GroupAnalyser::count_step(std::size_t s) {
  const LoweredStep& step = group_.steps[s];
  ArrayLoad& load = all_.arrays[step.array];
  const Total before = load.busy_cycles;
  Total& issued = issued_.emplace_back();
  whole_.push_back(step_cost(lowering_, sizing_, g_, step, 0));
  timing(s, 0) = {whole_[s].issue_cycles, whole_[s].extra_latency_cycles};
  const bool drains_each = !(step.product && step.reduces_tiles);
  const Regions tiles(lowering_, sizing_, g_, step.loop_bits);
  tiles.classes([&](unsigned last, std::int64_t count) {
    const unsigned edges = tiles.edges(last);
    const StepCost& cost = edges == 0 ? whole_[s] : step_cost(lowering_, sizing_, g_, step, edges);
    if (edges != 0) timing(s, edges) = {cost.issue_cycles, cost.extra_latency_cycles};
    load.tiles += count;
    load.busy_cycles.add(cost.issue_cycles, count);
    issued.add(cost.issue_cycles, count);
    for (std::size_t k = 0; k < cost.work.size(); ++k) load.work[k].add(cost.work[k], count);
    count_buffer(cost, Moving::always, count);
    if (drains_each || whole_[s].drain_cycles == 0) count_buffer(cost, Moving::at_drain, count);
    if (!drains_each) return;
    load.drain_cycles.add(cost.drain_cycles, count);
    load.busy_cycles.add(cost.drain_cycles, count);
  });
  if (whole_[s].preload_cycles > 0) count_preloads(s, load);
  if (!drains_each && whole_[s].drain_cycles > 0) count_drains(s, load);
  busy_[step.array] += load.busy_cycles - before;
  step_busy_.push_back(load.busy_cycles - before);
}

bool GroupAnalyser::alone(const LoweredStep& step) const {
  return std::none_of(group_.steps.begin(), group_.steps.end(),
                      [&](const LoweredStep& other) { return &other != &step && other.product && other.array == step.array; });
}

// A stationary operand is loaded when a loop up to the last on which it depends has moved; at every tile where another
// product of the array puts its own there, or where it takes more than the array holds at once.
void GroupAnalyser::count_preloads(std::size_t s, ArrayLoad& load) {
  const LoweredStep& step = group_.steps[s];
  int after = alone(step) && whole_[s].folds == 1 ? 0 : step.loops.back();
  for (const GroupRank& d : group_.dimensions[step.stationary]) {
    if (d.tiled == kNone) continue;
    for (const int l : {group_.tiled[d.tiled].block_loop, group_.tiled[d.tiled].tile_loop}) {
      if (l != kNone && (step.loop_bits >> l & 1u) != 0) after = std::max(after, l);
    }
  }
  const Regions regions(lowering_, sizing_, g_, up_to(step.loop_bits, after));
  regions.classes([&](unsigned last, std::int64_t count) {
    const unsigned edges = regions.edges(last);
    const StepCost& cost = edges == 0 ? whole_[s] : step_cost(lowering_, sizing_, g_, step, edges);
    load.preload_cycles.add(cost.preload_cycles, count);
    load.busy_cycles.add(cost.preload_cycles, count);
    count_buffer(cost, Moving::at_preload, count);
  });
}

// Sums that stay in the elements leave after the last tile of the innermost loop.
void GroupAnalyser::count_drains(std::size_t s, ArrayLoad& load) {
  const LoweredStep& step = group_.steps[s];
  const Regions regions(lowering_, sizing_, g_, step.loop_bits & ~(1u << step.loops.back()));
  regions.classes([&](unsigned last, std::int64_t count) {
    const unsigned edges = regions.edges(last);
    const StepCost& cost = edges == 0 ? whole_[s] : step_cost(lowering_, sizing_, g_, step, edges);
    load.drain_cycles.add(cost.drain_cycles, count);
    load.busy_cycles.add(cost.drain_cycles, count);
    count_buffer(cost, Moving::at_drain, count);
  });
}

void GroupAnalyser::count_buffer(const StepCost& cost, Moving when, std::int64_t count) {
  const bool drained = cost.moves_at_drain();
  if (when == Moving::always) all_.rows_read.add(cost.rows_read, count);
  if (when == Moving::at_preload) all_.rows_read.add(cost.preload_rows, count);
  if (when == (drained ? Moving::at_drain : Moving::always)) all_.rows_written.add(cost.rows_written, count);
  for (int i = 0; i < cost.moved_count; ++i) {
    const StepCost::Moved& moved = cost.moved[static_cast<std::size_t>(i)];
    const Moving own = moved.at_preload ? Moving::at_preload : moved.at_drain ? Moving::at_drain : Moving::always;
    if (own != when) continue;
    all_.memory[moved.tensor].buffer_read_bytes.add(moved.read_bytes, count);
    all_.memory[moved.tensor].buffer_written_bytes.add(moved.written_bytes, count);
  }
}

std::int64_t GroupAnalyser::region_bytes(TensorId tensor, const Regions& regions, unsigned last) const {
  std::int64_t rows = 1;
  for (const GroupRank& d : group_.dimensions[tensor]) {
    if (!d.outer && d.tiled != kNone) rows *= regions.size(static_cast<std::size_t>(d.tiled), last);
  }
  return bytes_in_memory(lowering_, sizing_, tensor, row_of(lowering_, sizing_, g_, tensor), rows);
}

GroupAnalyser::Transfers GroupAnalyser::count_transfer(TensorId tensor, unsigned loops, bool write) {
  const Regions regions(lowering_, sizing_, g_, loops);
  const std::int64_t burst = lowering_.arch->dram.burst_bytes;
  Transfers made;
  Total requests;
  regions.classes([&](unsigned last, std::int64_t count) {
    const std::int64_t bytes = region_bytes(tensor, regions, last);
    made.bytes.add(bytes, count);
    made.count += count;
    requests.add(ceil_div(bytes, burst), count);
  });
  bytes_ += made.bytes;
  transfers_ += made.count;
  (write ? all_.memory[tensor].written_bytes : all_.memory[tensor].read_bytes) += made.bytes;
  (write ? all_.write_requests : all_.read_requests) += requests;
  return made;
}

// A copy in the buffer is taken from the start of its transfer to the end of its use, or the other way round.
void GroupAnalyser::wait_for_room(std::int64_t copies, const Total& moved, const Total& regions, const Total& used_cycles) {
  const double trips =
      regions.approximate() * (static_cast<double>(latency_cycles(lowering_.arch->dram, lowering_.arch->clock_hz)) + kTransferOverhead);
  const double cycles = moved.approximate() / bytes_per_cycle(lowering_) + trips + used_cycles.approximate();
  room_cycles_ = std::max(room_cycles_, cycles / static_cast<double>(copies));
}

// Read from the memory by this step, the first of its stage to do so.
bool GroupAnalyser::needs_load(std::size_t s, TensorId tensor) const {
  const LoweredStep& step = group_.steps[s];
  for (std::size_t o = 0; o < s; ++o) {
    const LoweredStep& other = group_.steps[o];
    if (other.stage == step.stage && std::find(other.reads.begin(), other.reads.end(), tensor) != other.reads.end()) return false;
  }
  const LoweredTensor& lowered = lowering_.tensors[tensor];
  if (lowered.made_in_group != static_cast<int>(g_)) return true;
  if (lowered.places[sizing_.choice[tensor]] != Place::dram) return false;
  return std::none_of(group_.steps.begin(), group_.steps.end(), [&](const LoweredStep& other) {
    return other.stage == step.stage && std::find(other.writes.begin(), other.writes.end(), tensor) != other.writes.end();
  });
}

void GroupAnalyser::count_loads(std::size_t s) {
  const LoweredStep& step = group_.steps[s];
  for (std::size_t u = step.writes.size(); u < step.uses.size(); ++u) {
    const TensorUse& use = step.uses[u];
    if (!needs_load(s, use.tensor)) continue;
    const unsigned loops = up_to(step.loop_bits, use.hold[sizing_.choice[use.tensor]]);
    const Transfers made = count_transfer(use.tensor, loops, false);
    wait_for_room(copies(use.tensor), made.bytes, made.count, issued_[s]);
    if (s == 0) first_load_ += static_cast<double>(first_bytes(use.tensor, loops)) / bytes_per_cycle(lowering_);
  }
}

void GroupAnalyser::count_stores(const LoweredStep& step) {
  for (std::size_t u = 0; u < step.writes.size(); ++u) {
    const TensorId tensor = step.uses[u].tensor;
    const int choice = sizing_.choice[tensor];
    if (lowering_.tensors[tensor].places[choice] != Place::dram) continue;
    std::vector<int> walked;
    for (const int l : step.loops) {
      if (!step.reduces_tiles || group_.loops[l].base != group_.pass_rank) walked.push_back(l);
    }
    const int hold = hold_loop(group_, lowering_.tensors[tensor].choices[choice], walked);
    unsigned loops = 0;
    for (const int l : walked) loops |= l <= hold ? 1u << l : 0u;
    const Transfers made = count_transfer(tensor, loops, true);
    if (!step.reduces_tiles)
      wait_for_room(copies(tensor), made.bytes, made.count, issued_[static_cast<std::size_t>(&step - group_.steps.data())]);
    last_store_ = static_cast<double>(first_bytes(tensor, loops)) / bytes_per_cycle(lowering_);
  }
}

// One tile through the steps of a stage, alone: each starts on its array when its operands of this tile are there.
GroupAnalyser::Path GroupAnalyser::path(int stage, unsigned edges) const {
  Path path;
  std::array<std::int64_t, kMostSteps> free{};  // by array
  for (std::size_t s = 0; s < group_.steps.size(); ++s) {
    const LoweredStep& step = group_.steps[s];
    if (step.stage != stage) continue;
    const Timing& cost = timing(s, edges);
    std::int64_t& array = free[static_cast<std::size_t>(step.array)];
    std::int64_t at = array;
    for (const TileOperand& operand : step.operands) {
      const Timing& producer = timing(static_cast<std::size_t>(operand.producer), edges);
      const std::int64_t whole = path.end[operand.producer] + operand.latency;
      const std::int64_t streamed = std::max(path.begin[operand.producer] + producer.extra + 1 + operand.latency, whole + 1 - cost.issue);
      at = std::max(at, operand.streamed ? streamed : whole);
    }
    array = at + cost.issue;
    path.begin[s] = at;
    path.end[s] = array + cost.extra;
    path.length = std::max(path.length, path.end[s]);
  }
  return path;
}

// Cycles of the spatial arrays' contexts, tiles_in_flight of which are held at once, over all tiles of a stage.
double GroupAnalyser::lives(int stage, const Path& whole) const {
  double most = 0;
  for (std::size_t a = 0; a < lowering_.arrays.size(); ++a) {
    if (lowering_.arrays[a]->kind != ArrayKind::spatial) continue;
    std::size_t first = kMostSteps;
    std::size_t last = 0;
    for (std::size_t s = 0; s < group_.steps.size(); ++s) {
      if (group_.steps[s].stage != stage || group_.steps[s].array != static_cast<int>(a)) continue;
      first = std::min(first, s);
      last = s;
    }
    if (first >= last) continue;
    double cycles = 0;
    const Regions tiles(lowering_, sizing_, g_, group_.steps[first].loop_bits);
    tiles.classes([&](unsigned at_last, std::int64_t count) {
      const unsigned edges = tiles.edges(at_last);
      const Path here = edges == 0 ? whole : path(stage, edges);
      cycles += static_cast<double>(here.end[last] - here.begin[first]) * static_cast<double>(count);
    });
    most = std::max(most, cycles / static_cast<double>(lowering_.tiles_in_flight));
  }
  return most;
}

GroupAnalysis GroupAnalyser::time() {
  GroupAnalysis out;
  out.step_busy_cycles = step_busy_;
  const double latency = static_cast<double>(latency_cycles(lowering_.arch->dram, lowering_.arch->clock_hz));
  out.memory_cycles = bytes_.approximate() / bytes_per_cycle(lowering_);
  const double transfers = transfers_.approximate();
  out.transfer_cycles = (transfers * (latency + kTransferOverhead) + out.memory_cycles) / kTransfersInFlight;
  double chain = 0;
  std::vector<Path> paths;
  for (std::size_t stage = 0; stage < group_.stages.size(); ++stage) {
    const Path& whole = paths.emplace_back(path(static_cast<int>(stage), 0));
    chain += static_cast<double>(whole.length);
    out.latency_cycles += lives(static_cast<int>(stage), whole);
  }
  out.room_cycles = room_cycles_;
  double bound = out.latency_cycles;
  if (lowering_.binding->epochs == Epochs::serial) {
    const Schedule schedule = build_schedule(lowering_, sizing_);
    double chains = 0;
    for (std::size_t stage = 0; stage < group_.stages.size(); ++stage) {
      const auto first = std::find_if(group_.steps.begin(), group_.steps.end(),
                                      [&](const LoweredStep& step) { return step.stage == static_cast<int>(stage); });
      const Regions tiles(lowering_, sizing_, g_, first->loop_bits);
      tiles.classes([&](unsigned last, std::int64_t count) {
        chains += static_cast<double>(count) *
                  static_cast<double>(serial_tile(lowering_, schedule.groups[g_], static_cast<int>(stage), tiles.edges(last)));
      });
    }
    bound = std::max(bound, chains);
  }
  // An array waits for the first operands, and the last result leaves when it is done; the memory waits for one tile.
  const double head = first_load_ + latency + kTransferOverhead;
  const double tail = last_store_ + latency + kTransferOverhead;
  double cycles = std::max(bound, chain) + head + tail;
  for (std::size_t a = 0; a < lowering_.arrays.size(); ++a) {
    double lead = 0;  // of the tile's path, before and after this array
    double trail = 0;
    for (std::size_t stage = 0; stage < group_.stages.size(); ++stage) {
      const Path& whole = paths[stage];
      std::int64_t first = whole.length;
      std::int64_t last = 0;
      for (std::size_t s = 0; s < group_.steps.size(); ++s) {
        if (group_.steps[s].stage != static_cast<int>(stage) || group_.steps[s].array != static_cast<int>(a)) continue;
        first = std::min(first, whole.begin[s]);
        last = std::max(last, whole.end[s]);
      }
      if (stage == 0) lead = static_cast<double>(first);
      trail = static_cast<double>(whole.length - last);
    }
    if (busy_[a] > 0) cycles = std::max(cycles, head + lead + busy_[a].approximate() + trail + tail);
  }
  cycles = std::max(cycles, out.memory_cycles + chain + 2 * latency);
  cycles = std::max(cycles, out.transfer_cycles + chain + latency);
  cycles = std::max(cycles, room_cycles_ + chain + latency);
  out.cycles = cycles;
  return out;
}

}  // namespace

double bytes_per_cycle(const Lowering& lowering) {
  const Dram& dram = lowering.arch->dram;
  const double wish = dram.bandwidth_bytes_per_s / lowering.arch->clock_hz;
  return dram.bus_bytes ? std::min(wish, static_cast<double>(*dram.bus_bytes)) : wish;
}

Analysis analyse(const Lowering& lowering, const Sizing& sizing) {
  Analysis all;
  all.arrays.resize(lowering.arrays.size());
  all.memory.resize(lowering.tensors.size());
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    all.groups.push_back(GroupAnalyser(lowering, sizing, g, all).run());
    all.cycles += all.groups.back().cycles;
  }
  return all;
}

}  // namespace weft::engine
