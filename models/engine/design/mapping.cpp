#include "models/engine/design/mapping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

#include "models/common/error.hpp"
#include "models/engine/analytic/analytic.hpp"

namespace weft::engine {
namespace {

constexpr double kAlike = 1.005;  // latencies this near to the least are as good

// One thing that a binding leaves open: how many options there are, and how to settle for one.
struct Choice {
  std::size_t options = 1;
  std::function<void(Binding&, std::size_t)> settle;
};

std::vector<Choice> choices_of(const Binding& binding) {
  std::vector<Choice> all;
  for (std::size_t g = 0; g < binding.groups.size(); ++g) {
    const Group& group = binding.groups[g];
    if (group.orders) {
      all.push_back({group.orders->size() + 1, [g](Binding& b, std::size_t i) {
                       if (i > 0) b.groups[g].loops = (*b.groups[g].orders)[i - 1];
                       b.groups[g].orders.reset();
                     }});
    }
    for (const auto& [rank, tiling] : group.tiles) {
      if (!tiling.times) continue;
      all.push_back({tiling.times->size(), [g, rank = rank](Binding& b, std::size_t i) {
                       Tiling& own = b.groups[g].tiles.at(rank);
                       own.times = {{(*own.times)[i]}};
                     }});
    }
    for (std::size_t s = 0; s < group.steps.size(); ++s) {
      if (!group.steps[s].ways) continue;
      all.push_back({group.steps[s].ways->size() + 1, [g, s](Binding& b, std::size_t i) {
                       Step& step = b.groups[g].steps[s];
                       if (i > 0) {
                         step.space = (*step.ways)[i - 1].space;
                         step.stationary = (*step.ways)[i - 1].stationary;
                       }
                       step.ways.reset();
                     }});
    }
  }
  return all;
}

struct Candidate {
  const Lowering* lowering = nullptr;
  Sizing sizing;
  double cycles = 0;
};

// Of those within reach of the least latency, the one that moves least; then the quickest; then the
// first.
Candidate& best_of(std::vector<Candidate>& candidates) {
  double least = std::numeric_limits<double>::max();
  for (const Candidate& candidate : candidates) least = std::min(least, candidate.cycles);
  Candidate* best = nullptr;
  for (Candidate& candidate : candidates) {
    if (candidate.cycles > least * kAlike) continue;
    const auto rank = [](const Candidate& c) {
      return std::pair{c.sizing.moved_bytes * c.sizing.repeats, c.cycles};
    };
    if (best == nullptr || rank(candidate) < rank(*best)) best = &candidate;
  }
  return *best;
}

std::string place_words(const Lowering& lowering, const Sizing& sizing) {
  std::string words;
  for (std::size_t t = 0; t < lowering.tensors.size(); ++t) {
    const LoweredTensor& tensor = lowering.tensors[t];
    if (tensor.choices.size() < 2) continue;
    const Residency& place = tensor.choices[static_cast<std::size_t>(sizing.choice[t])];
    words +=
        fmt::format("{}{} in {}{}", words.empty() ? "; " : ", ", lowering.cascade->tensors[t].name,
                    place.at, place.hold ? " for " + *place.hold : "");
  }
  return words;
}

}  // namespace

std::int64_t alternatives_count(const Binding& binding) {
  double count = 1;
  for (const Choice& choice : choices_of(binding)) count *= static_cast<double>(choice.options);
  return static_cast<std::int64_t>(std::min(count, 1e18));
}

std::vector<Binding> alternatives_of(const Binding& binding) {
  const std::vector<Choice> choices = choices_of(binding);
  std::vector<Binding> all;
  std::vector<std::size_t> at(choices.size(), 0);
  while (true) {
    Binding& made = all.emplace_back(binding);
    for (std::size_t c = 0; c < choices.size(); ++c) choices[c].settle(made, at[c]);
    std::size_t c = choices.size();  // the last choice turns fastest
    while (c > 0 && at[c - 1] + 1 == choices[c - 1].options) at[--c] = 0;
    if (c == 0) return all;
    ++at[c - 1];
  }
}

Mapping map_point(const Design& design, const workload::Workload& workload,
                  const workload::Shape& shape, std::int64_t layers) {
  const std::vector<const Lowering*> lowerings = design.lowerings(shape.causal);
  if (lowerings.size() == 1)
    return {lowerings[0], size_point(*lowerings[0], workload, shape, layers), 1};
  std::vector<Candidate> candidates;
  const Lowering* nearest = nullptr;
  std::int64_t lacks = std::numeric_limits<std::int64_t>::max();
  std::optional<Mapping> uncounted;  // one that fits, and that 64 bits do not count
  const auto tried = static_cast<std::int64_t>(lowerings.size());
  double least = std::numeric_limits<double>::max();
  for (const Lowering* lowering : lowerings) {
    Candidate candidate{lowering,
                        size_design(*lowering, shape, quantities_of(workload, shape), layers), 0};
    if (!candidate.sizing.feasible) {
      if (candidate.sizing.held_bytes < lacks) nearest = lowering;
      lacks = std::min(lacks, candidate.sizing.held_bytes);
      continue;
    }
    // Memory alone takes longer than the best so far: nothing that follows can make it good.
    const double memory = candidate.sizing.moved_bytes.approximate() / bytes_per_cycle(*lowering);
    if (!candidate.sizing.masked && memory > least * kAlike) continue;
    try {
      candidate.cycles = analyse(*lowering, candidate.sizing).cycles;
    } catch (const TooLarge& error) {
      candidate.sizing.feasible = false;
      candidate.sizing.reason = error.what();
      uncounted = {lowering, std::move(candidate.sizing), tried};
      continue;
    }
    least = std::min(least, candidate.cycles);
    candidates.push_back(std::move(candidate));
  }
  if (candidates.empty() && uncounted) return *std::move(uncounted);
  if (candidates.empty()) {
    Mapping mapping{nearest, size_point(*nearest, workload, shape, layers), tried};
    mapping.sizing.reason =
        fmt::format("none of {} mappings fits; the nearest: {}", tried, mapping.sizing.reason);
    return mapping;
  }
  Candidate& best = best_of(candidates);
  return {best.lowering, std::move(best.sizing), tried};
}

std::string mapping_words(const Lowering& lowering, const Sizing& sizing) {
  std::string words;
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    const LoweredGroup& group = lowering.groups[g];
    words += fmt::format("{}{} over ", g == 0 ? "" : "; ", group.name);
    for (std::size_t l = 0; l < group.loops.size(); ++l)
      words += (l == 0 ? "" : ",") + group.loops[l].name;
    for (std::size_t i = 0; i < group.tiled.size(); ++i) {
      const RankSize& size = sizing.groups[g].ranks[i];
      words += fmt::format("{}{} {}", i == 0 ? ": " : ", ",
                           lowering.cascade->ranks[size.base].variable, size.tile);
      if (group.tiled[i].block_loop != kNone) words += fmt::format(" by {}", size.block);
    }
    for (const LoweredStep& step : group.steps) {
      if (step.stationary != kNone)
        words += fmt::format(", {} keeps {}", step.name,
                             lowering.cascade->tensors[step.stationary].name);
    }
  }
  return words + place_words(lowering, sizing);
}

}  // namespace weft::engine
