#include "models/engine/design/mapping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <optional>

#include "models/common/error.hpp"

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

// One that fits, and its cycles by the analysis.
struct Ranked {
  const Candidate* candidate = nullptr;
  double cycles = 0;
};

// Of those within reach of the least latency, the one that moves least; then the quickest; then the
// first.
const Candidate& best_of(const std::vector<Ranked>& ranked) {
  double least = std::numeric_limits<double>::max();
  for (const Ranked& one : ranked) least = std::min(least, one.cycles);
  const Ranked* best = nullptr;
  for (const Ranked& one : ranked) {
    if (one.cycles > least * kAlike) continue;
    const auto rank = [](const Ranked& r) {
      const Sizing& sizing = r.candidate->sizing;
      return std::pair{sizing.moved_bytes * sizing.repeats, r.cycles};
    };
    if (best == nullptr || rank(one) < rank(*best)) best = &one;
  }
  return *best->candidate;
}

// All lowerings at a point, known from before or sized now.
void size_all(const std::vector<const Lowering*>& lowerings, const workload::Shape& shape,
              const std::array<std::int64_t, kQuantities>& quantities, std::int64_t layers,
              std::vector<Candidate>& candidates) {
  if (candidates.empty()) {
    std::vector<Candidate> sized;
    sized.reserve(lowerings.size());
    for (const Lowering* lowering : lowerings)
      sized.push_back({lowering, size_design(*lowering, shape, quantities, layers)});
    candidates = std::move(sized);
    return;
  }
  for (Candidate& candidate : candidates) {
    candidate.sizing.shape = shape;
    candidate.sizing.repeats = repeats_of(shape, candidate.sizing.together, layers);
  }
}

// Counted once for all numbers of heads.
const HeadWork& counted(Candidate& candidate) {
  if (candidate.work == nullptr || !tells(*candidate.work, candidate.sizing.repeats))
    candidate.work =
        std::make_shared<const HeadWork>(work_of(*candidate.lowering, candidate.sizing));
  return *candidate.work;
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

namespace {

// Of a binding that leaves nothing open.
Mapping map_alone(std::vector<Candidate>& candidates, bool keeps) {
  Candidate& only = candidates.front();
  if (!keeps) return {only.lowering, std::move(only.sizing), 1};
  try {
    if (only.sizing.feasible) counted(only);
  } catch (const TooLarge&) {
    return {only.lowering, only.sizing, 1};  // is refused when it is told
  }
  return {only.lowering, only.sizing, 1, only.work};
}

}  // namespace

Mapping map_point(const Design& design, const workload::Workload& workload,
                  const workload::Shape& shape, std::int64_t layers, SizedPoints* known) {
  const std::vector<const Lowering*> lowerings = design.lowerings(shape.causal);
  const auto quantities = quantities_of(workload, shape);
  std::vector<Candidate> own;
  std::vector<Candidate>& candidates =
      known == nullptr ? own : known->find(SizedPoints::key(*lowerings.front(), shape, quantities));
  size_all(lowerings, shape, quantities, layers, candidates);
  if (lowerings.size() == 1) return map_alone(candidates, known != nullptr);
  std::vector<Ranked> ranked;
  const Lowering* nearest = nullptr;
  std::int64_t lacks = std::numeric_limits<std::int64_t>::max();
  std::optional<Mapping> uncounted;  // one that fits, and that 64 bits do not count
  const auto tried = static_cast<std::int64_t>(lowerings.size());
  double least = std::numeric_limits<double>::max();
  for (Candidate& candidate : candidates) {
    const Lowering& lowering = *candidate.lowering;
    const Sizing& sizing = candidate.sizing;
    if (!sizing.feasible) {
      if (sizing.held_bytes < lacks) nearest = &lowering;
      lacks = std::min(lacks, sizing.held_bytes);
      continue;
    }
    // Memory alone takes longer than the best so far: nothing that follows can make it good.
    const double memory = sizing.moved_bytes.approximate() / bytes_per_cycle(lowering);
    if (!sizing.masked && memory > least * kAlike) continue;
    try {
      ranked.push_back({&candidate, cycles_of(lowering, counted(candidate), sizing.repeats)});
    } catch (const TooLarge& error) {
      uncounted = {&lowering, sizing, tried};
      uncounted->sizing.feasible = false;
      uncounted->sizing.reason = error.what();
      continue;
    }
    least = std::min(least, ranked.back().cycles);
  }
  if (ranked.empty() && uncounted) return *std::move(uncounted);
  if (ranked.empty()) {
    Mapping mapping{nearest, size_point(*nearest, workload, shape, layers), tried};
    mapping.sizing.reason =
        fmt::format("none of {} mappings fits; the nearest: {}", tried, mapping.sizing.reason);
    return mapping;
  }
  const Candidate& best = best_of(ranked);
  return {best.lowering, best.sizing, tried, best.work};
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
