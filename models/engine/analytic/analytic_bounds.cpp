// What bounds a group's time, one thing apart from the other.
#include <algorithm>
#include <utility>

#include "models/engine/analytic/analytic_group.hpp"
#include "models/engine/schedule/serial_tile.hpp"

namespace weft::engine {
namespace {

constexpr double kTransfersInFlight = 4;  // as the simulator's fetcher
constexpr double kRequestOverhead =
    3;  // of a request beyond latency and bytes, until another takes its place
constexpr double kTransferOverhead =
    3;  // cycles of a transfer beyond latency and bytes: command, request, response

}  // namespace

// A copy in the buffer is taken from the start of its transfer to the end of its use, or the other
// way round.
void GroupAnalyser::wait_for_room(std::int64_t copies, const Total& moved, const Total& regions,
                                  const Total& used_cycles) {
  const double trips =
      regions.approximate() *
      (static_cast<double>(latency_cycles(lowering_.arch->dram, lowering_.arch->clock_hz)) +
       kTransferOverhead);
  const double cycles =
      moved.approximate() / bytes_per_cycle(lowering_) + trips + used_cycles.approximate();
  room_cycles_ = std::max(room_cycles_, cycles / static_cast<double>(copies));
}

// One tile through the steps of a stage, alone: each starts on its array when its operands of this
// tile are there.
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
      const std::int64_t streamed =
          std::max(path.begin[operand.producer] + producer.extra + 1 + operand.latency,
                   whole + 1 - cost.issue);
      at = std::max(at, operand.streamed ? streamed : whole);
    }
    array = at + cost.issue;
    path.begin[s] = at;
    path.end[s] = array + cost.extra;
    path.length = std::max(path.length, path.end[s]);
  }
  return path;
}

// Cycles of the spatial arrays' contexts, tiles_in_flight of which are held at once, over all tiles
// of a stage.
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
      cycles +=
          static_cast<double>(here.end[last] - here.begin[first]) * static_cast<double>(count);
    });
    most = std::max(most, cycles / static_cast<double>(lowering_.tiles_in_flight));
  }
  return most;
}

GroupAnalysis GroupAnalyser::time() {
  GroupAnalysis out;
  out.step_busy_cycles = std::move(step_busy_);
  const double latency =
      static_cast<double>(latency_cycles(lowering_.arch->dram, lowering_.arch->clock_hz));
  out.memory_cycles = bytes_.approximate() / bytes_per_cycle(lowering_);
  const double transfers = transfers_.approximate();
  out.transfer_cycles =
      (transfers * (latency + kTransferOverhead) + out.memory_cycles) / kTransfersInFlight;
  double chain = 0;
  std::vector<Path> paths;
  paths.reserve(group_.stages.size());
  for (std::size_t stage = 0; stage < group_.stages.size(); ++stage) {
    const Path& whole = paths.emplace_back(path(static_cast<int>(stage), 0));
    chain += static_cast<double>(whole.length);
    out.latency_cycles += lives(static_cast<int>(stage), whole);
  }
  out.room_cycles = room_cycles_;
  out.firings = firings_.approximate();
  out.exposed_cycles = exposed_.approximate();
  // No more requests than one a cycle, and those under way make room for others when they are back.
  const Dram& dram = lowering_.arch->dram;
  const auto requests = requests_.approximate();
  const auto outstanding = static_cast<double>(dram.outstanding);
  const double rounds = std::max(0.0, (requests - outstanding) / outstanding);
  const double served = requests > 0 ? std::max(1.0, out.memory_cycles / requests)
                                     : 0;  // a request's bytes, a cycle at least
  out.request_cycles = std::max(requests, rounds * (latency + kRequestOverhead + served));
  for (const Total& busy : busy_) out.array_cycles = std::max(out.array_cycles, busy.approximate());
  double bound = out.latency_cycles;
  if (lowering_.binding->epochs == Epochs::serial) {
    const Schedule schedule = build_schedule(lowering_, sizing_);
    double chains = 0;
    for (std::size_t stage = 0; stage < group_.stages.size(); ++stage) {
      const auto first = std::find_if(
          group_.steps.begin(), group_.steps.end(),
          [&](const LoweredStep& step) { return step.stage == static_cast<int>(stage); });
      const Regions tiles(lowering_, sizing_, g_, first->loop_bits);
      tiles.classes([&](unsigned last, std::int64_t count) {
        chains += static_cast<double>(count) *
                  static_cast<double>(serial_tile(lowering_, schedule.groups[g_],
                                                  static_cast<int>(stage), tiles.edges(last)));
      });
    }
    bound = std::max(bound, chains);
  }
  // An array waits for the first operands, and the last result leaves when it is done; the memory
  // waits for one tile.
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
        if (group_.steps[s].stage != static_cast<int>(stage) ||
            group_.steps[s].array != static_cast<int>(a))
          continue;
        first = std::min(first, whole.begin[s]);
        last = std::max(last, whole.end[s]);
      }
      if (stage == 0) lead = static_cast<double>(first);
      trail = static_cast<double>(whole.length - last);
    }
    if (busy_[a] > 0)
      cycles = std::max(cycles, head + lead + busy_[a].approximate() + trail + tail);
  }
  cycles = std::max(cycles, out.memory_cycles + chain + 2 * latency);
  cycles = std::max(cycles, out.transfer_cycles + chain + latency);
  cycles = std::max(cycles, room_cycles_ + chain + latency);
  out.cycles = cycles;
  return out;
}

}  // namespace weft::engine
