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

// Lives in the spatial arrays' contexts, of all tiles of a stage.
void GroupAnalyser::follow_contexts(int stage, const Path& whole) {
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
    const auto series = static_cast<int>(made_.stages.size());
    made_.stages.push_back(stage);
    const Regions tiles(lowering_, sizing_, g_, group_.steps[first].loop_bits);
    tiles.classes([&](unsigned at_last, std::int64_t count) {
      const unsigned edges = tiles.edges(at_last);
      if (edges == 0) {
        made_.lives.push_back({series, whole.end[last] - whole.begin[first], count});
        return;
      }
      const Path here = path(stage, edges);
      made_.lives.push_back({series, here.end[last] - here.begin[first], count});
    });
  }
}

// What of a whole tile's path lies before the arrays' part of it, in the first stage, and behind
// it, in the last.
void GroupAnalyser::put_ends(std::size_t stage, const Path& whole) {
  for (std::size_t a = 0; a < lowering_.arrays.size(); ++a) {
    std::int64_t first = whole.length;
    std::int64_t last = 0;
    for (std::size_t s = 0; s < group_.steps.size(); ++s) {
      if (group_.steps[s].stage != static_cast<int>(stage) ||
          group_.steps[s].array != static_cast<int>(a))
        continue;
      first = std::min(first, whole.begin[s]);
      last = std::max(last, whole.end[s]);
    }
    if (stage == 0) made_.lead[a] = static_cast<double>(first);
    made_.trail[a] = static_cast<double>(whole.length - last);
  }
}

void GroupAnalyser::follow_chains() {
  const Schedule schedule = build_schedule(lowering_, sizing_);
  for (std::size_t stage = 0; stage < group_.stages.size(); ++stage) {
    const auto first = std::find_if(
        group_.steps.begin(), group_.steps.end(),
        [&](const LoweredStep& step) { return step.stage == static_cast<int>(stage); });
    const Regions tiles(lowering_, sizing_, g_, first->loop_bits);
    tiles.classes([&](unsigned last, std::int64_t count) {
      made_.chains.push_back(
          {static_cast<int>(stage),
           serial_tile(lowering_, schedule.groups[g_], static_cast<int>(stage), tiles.edges(last)),
           count});
    });
  }
}

void GroupAnalyser::follow_tiles() {
  made_.lead.resize(lowering_.arrays.size());
  made_.trail.resize(lowering_.arrays.size());
  for (std::size_t stage = 0; stage < group_.stages.size(); ++stage) {
    const Path whole = path(static_cast<int>(stage), 0);
    made_.path_cycles += static_cast<double>(whole.length);
    follow_contexts(static_cast<int>(stage), whole);
    put_ends(stage, whole);
  }
  if (lowering_.binding->epochs == Epochs::serial) follow_chains();
}

namespace {

// Cycles of the contexts, tiles_in_flight of which are held at once: by stage those of the array
// that takes the most.
double latency_of(const Lowering& lowering, const HeadWork::Group& group, std::int64_t times) {
  double all = 0;
  double most = 0;  // of the stage
  std::size_t next = 0;
  for (std::size_t series = 0; series < group.stages.size(); ++series) {
    double cycles = 0;
    for (; next < group.lives.size() && group.lives[next].series == static_cast<int>(series);
         ++next) {
      const HeadWork::Tiles& tiles = group.lives[next];
      cycles += static_cast<double>(tiles.cycles) * static_cast<double>(tiles.count * times);
    }
    if (series > 0 && group.stages[series] != group.stages[series - 1]) {
      all += most;
      most = 0;
    }
    most = std::max(most, cycles / static_cast<double>(lowering.tiles_in_flight));
  }
  return all + most;
}

// A copy in the buffer is taken from the start of its transfer to the end of its use, or the other
// way round.
double room_of(const Lowering& lowering, const HeadWork::Group& group, double latency,
               std::int64_t times) {
  double most = 0;
  for (const HeadWork::Room& room : group.rooms) {
    const double trips = (room.regions * times).approximate() * (latency + kTransferOverhead);
    const double cycles = (room.moved * times).approximate() / bytes_per_cycle(lowering) + trips +
                          (room.used_cycles * times).approximate();
    most = std::max(most, cycles / static_cast<double>(room.copies));
  }
  return most;
}

}  // namespace

GroupAnalysis time_of(const Lowering& lowering, const HeadWork::Group& group, std::int64_t times) {
  GroupAnalysis out;
  const Dram& dram = lowering.arch->dram;
  const auto latency = static_cast<double>(latency_cycles(dram, lowering.arch->clock_hz));
  out.memory_cycles = (group.bytes * times).approximate() / bytes_per_cycle(lowering);
  const double transfers = (group.transfers * times).approximate();
  out.transfer_cycles =
      (transfers * (latency + kTransferOverhead) + out.memory_cycles) / kTransfersInFlight;
  out.latency_cycles = latency_of(lowering, group, times);
  out.room_cycles = room_of(lowering, group, latency, times);
  out.firings = (group.firings * times).approximate();
  out.exposed_cycles = (group.exposed * times).approximate();
  // No more requests than one a cycle, and those under way make room for others when they are back.
  const double requests = (group.requests * times).approximate();
  const auto outstanding = static_cast<double>(dram.outstanding);
  const double rounds = std::max(0.0, (requests - outstanding) / outstanding);
  const double served = requests > 0 ? std::max(1.0, out.memory_cycles / requests)
                                     : 0;  // a request's bytes, a cycle at least
  out.request_cycles = std::max(requests, rounds * (latency + kRequestOverhead + served));
  for (const Total& busy : group.busy)
    out.array_cycles = std::max(out.array_cycles, (busy * times).approximate());
  double chains = 0;
  for (const HeadWork::Tiles& tiles : group.chains)
    chains += static_cast<double>(tiles.count * times) * static_cast<double>(tiles.cycles);
  const double bound = std::max(out.latency_cycles, chains);
  // An array waits for the first operands, and the last result leaves when it is done; the memory
  // waits for one tile.
  const double chain = group.path_cycles;
  const double head = group.first_load + latency + kTransferOverhead;
  const double tail = group.last_store + latency + kTransferOverhead;
  double cycles = std::max(bound, chain) + head + tail;
  for (std::size_t a = 0; a < group.busy.size(); ++a) {
    const double busy = (group.busy[a] * times).approximate();
    if (busy > 0) cycles = std::max(cycles, head + group.lead[a] + busy + group.trail[a] + tail);
  }
  cycles = std::max(cycles, out.memory_cycles + chain + 2 * latency);
  cycles = std::max(cycles, out.transfer_cycles + chain + latency);
  cycles = std::max(cycles, out.room_cycles + chain + latency);
  out.cycles = cycles;
  return out;
}

}  // namespace weft::engine
