// What must hold between the parts of a binding: stages by pass, stationary tensors, places, one
// mask, contexts.
#include <algorithm>
#include <map>

#include "models/engine/binding/lowerer.hpp"
#include "models/engine/binding/lowering_again.hpp"

namespace weft::engine {

bool Lowerer::iterates_base(EinsumId e, RankId base) const {
  const auto& ranks = cascade_.einsums[e].iteration;
  return std::any_of(ranks.begin(), ranks.end(),
                     [&](RankId r) { return cascade_.base_of(r) == base; });
}

bool Lowerer::output_has_base(EinsumId e, RankId base) const {
  const auto& dims = cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].dimensions;
  return std::any_of(dims.begin(), dims.end(),
                     [&](const einsum::Dimension& d) { return cascade_.base_of(d.rank) == base; });
}

// The rank whose passes separate the group's stages: the outermost tiled one that an Einsum of the
// group reduces over, or that a generation runs along.
void Lowerer::find_pass_rank(LoweredGroup& out) const {
  for (std::size_t l = 1; l < out.loops.size() && out.pass_rank == kNone; ++l) {
    for (const LoweredStep& step : out.steps) {
      for (const EinsumId e : step.einsums) {
        const auto& dims = cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].dimensions;
        const bool carries = std::any_of(dims.begin(), dims.end(), [&](const einsum::Dimension& d) {
          return d.generational && cascade_.base_of(d.rank) == out.loops[l].base;
        });
        const bool reduces =
            iterates_base(e, out.loops[l].base) && !output_has_base(e, out.loops[l].base);
        if (carries || reduces) out.pass_rank = out.loops[l].base;
      }
    }
  }
  for (const TiledRank& tiled : out.tiled) {
    if (tiled.base == out.pass_rank)
      out.pass_loop = tiled.block_loop != kNone ? tiled.block_loop : tiled.tile_loop;
  }
  if (out.pass_rank == kNone) out.pass_loop = static_cast<int>(out.loops.size());
}

void Lowerer::stages(const std::string& path, LoweredGroup& out) {
  find_pass_rank(out);
  std::map<std::pair<int, int>, int> keys;
  const auto key_of = [&](const LoweredStep& step) {
    if (out.pass_rank == kNone) return std::pair{1, 0};
    const EinsumId e = step.einsums.front();
    // What the pass rank does not matter to comes before everything else.
    return std::pair{passes_.pass[e][out.pass_rank], iterates_base(e, out.pass_rank) ? 0 : 1};
  };
  for (const LoweredStep& step : out.steps) keys.emplace(key_of(step), 0);
  int count = 0;
  for (auto& [key, stage] : keys) {
    stage = count++;
    Stage& made = out.stages.emplace_back();
    made.pass = key.first;
    made.over_pass_rank = key.second == 0;
    for (std::size_t l = 0; l < out.loops.size(); ++l) {
      if (made.over_pass_rank || out.loops[l].base != out.pass_rank || out.pass_rank == kNone)
        made.loops.push_back(static_cast<int>(l));
    }
  }
  for (std::size_t s = 0; s < out.steps.size(); ++s) {
    LoweredStep& step = out.steps[s];
    const std::string at = path + ".steps[" + std::to_string(s) + "]";
    step.stage = keys.at(key_of(step));
    step.loops = out.stages[step.stage].loops;
    for (const EinsumId e : step.einsums) {
      for (const int l : step.loops) {
        if (l > 0 && !iterates_base(e, out.loops[l].base)) {
          add(at, step.name,
              "does not iterate over the rank of loop " + out.loops[l].name +
                  "; put it into another group");
        }
      }
      const bool other_stage = out.pass_rank != kNone && iterates_base(e, out.pass_rank) !=
                                                             out.stages[step.stage].over_pass_rank;
      if (other_stage || !same_passes(step.einsums.front(), e))
        add(at, step.name, "Einsums of one streamed chain must be of one pass");
      step.reduces_tiles =
          step.reduces_tiles || (out.pass_rank != kNone && iterates_base(e, out.pass_rank) &&
                                 !output_has_base(e, out.pass_rank));
    }
  }
}

void Lowerer::shape_rules(const std::string& path, const LoweredGroup& group,
                          const LoweredStep& step) {
  const auto at_choices = [&](TensorId t) -> const std::vector<Residency>& {
    return out_.tensors[t].choices;
  };
  if (step.product && step.stationary != kNone) {
    const auto& dims = cascade_.tensors[step.stationary].dimensions;
    for (const RankId space : {step.rows, step.columns}) {
      const bool has = std::any_of(dims.begin(), dims.end(), [&](const einsum::Dimension& d) {
        return cascade_.base_of(d.rank) == space;
      });
      if (!has)
        add(path + ".space", cascade_.ranks[space].variable,
            "the stationary tensor " + cascade_.tensors[step.stationary].name +
                " does not have this rank");
    }
    const bool leaves = step.stationary == step.writes[0] &&
                        at_choices(step.writes[0])[0].at != out_.array_names[step.array];
    if (leaves && step.reduces_tiles && group.loops[step.loops.back()].base != group.pass_rank) {
      add(path + ".stationary", step.name,
          "its sums stay in the elements over the tiles of the reduced rank, whose loop must then "
          "be the innermost");
    }
  }
  for (const EinsumId e : step.einsums) {
    for (const RankId r : {step.rows, step.columns}) {
      if (r != kNone && !iterates_base(e, r))
        add(path + ".space", cascade_.ranks[r].variable,
            step.name + " does not iterate over this rank");
    }
    if (step.lanes != kNone && !iterates_base(e, step.lanes)) {
      add(path + ".lanes", cascade_.ranks[step.lanes].variable,
          step.name + " does not iterate over this rank");
    }
  }
}

// What a step reads and writes in a buffer whose ports are shared holds a port each while it runs:
// a buffer that has fewer never serves it. A stationary operand counts where its preload hides, and
// partial sums are read back beside the rest.
void Lowerer::stream_rules(const std::string& path, const LoweredStep& step) {
  if (arch_.buffer.ports == BufferPorts::per_tensor) return;
  const auto streams = [&](TensorId t) {
    const auto& choices = out_.tensors[static_cast<std::size_t>(t)].choices;
    return std::any_of(choices.begin(), choices.end(), [](const Residency& choice) {
      return choice.at == "buffer" || choice.at == "dram";
    });
  };
  const bool hides = out_.arrays[static_cast<std::size_t>(step.array)]->overlaps_preload;
  std::int64_t reads = 0;
  std::int64_t writes = 0;
  bool sums = false;
  for (const TensorId t : step.reads)
    reads += streams(t) && (t != step.stationary || hides) ? 1 : 0;
  for (const TensorId t : step.writes) {
    writes += streams(t) ? 1 : 0;
    sums = sums || (streams(t) && step.product && step.stationary != kNone && step.stationary != t);
  }
  reads += sums ? 1 : 0;
  const auto refuse = [&](const char* does, std::int64_t count, const char* key,
                          std::int64_t ports) {
    if (count <= ports) return;
    add(path, step.name,
        std::string(does) + " " + std::to_string(count) +
            " streams of the buffer at once, which has " + std::to_string(ports) + " (buffer." +
            key + "; buffer.ports: per_tensor has some for each)");
  };
  refuse("reads", reads, "read_ports", arch_.buffer.read_ports);
  refuse("writes", writes, "write_ports", arch_.buffer.write_ports);
}

void Lowerer::holds(const LoweredGroup& group, int index) {
  std::set<TensorId> used;
  for (const LoweredStep& step : group.steps) {
    used.insert(step.reads.begin(), step.reads.end());
    used.insert(step.writes.begin(), step.writes.end());
  }
  std::vector<std::string> known{"h"};
  for (std::size_t l = 1; l < group.loops.size(); ++l) known.push_back(group.loops[l].name);
  for (const TensorId t : used) {
    const int maker = out_.tensors[t].made_in_group;  // of none, complete() complains
    const bool several_groups = maker != kNone && maker != index &&
                                cascade_.tensors[t].role == einsum::TensorRole::intermediate;
    if (several_groups) {
      for (const Residency& choice : out_.tensors[t].choices) {
        if (choice.at != "dram") {
          add("tensors." + cascade_.tensors[t].name + ".at", choice.at,
              "it is made in one group and read in another; allowed: 'dram'");
        }
      }
    }
    for (const Residency& choice : out_.tensors[t].choices) {
      if (choice.hold && std::find(known.begin(), known.end(), *choice.hold) == known.end()) {
        add("tensors." + cascade_.tensors[t].name + ".hold", *choice.hold,
            "no such loop in group " + group.name + "; " +
                config::unknown_name(*choice.hold, known));
      }
    }
  }
}

void Lowerer::complete() {
  for (std::size_t e = 0; e < cascade_.einsums.size(); ++e) {
    if (!bound_.contains(static_cast<EinsumId>(e))) {
      add("groups", "",
          "Einsum " + cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].name +
              " of cascade " + cascade_.name + " is bound nowhere");
    }
  }
  std::set<TensorId> made;
  for (std::size_t g = 0; g < out_.groups.size(); ++g) {
    for (const LoweredStep& step : out_.groups[g].steps) {
      for (const TensorId t : step.reads) {
        const bool input = cascade_.tensors[t].role == einsum::TensorRole::input;
        if (!input && !made.contains(t) && !is_generational(t)) {
          add("groups[" + std::to_string(g) + "].steps", step.name,
              "runs before the step that makes " + cascade_.tensors[t].name);
        }
      }
      made.insert(step.writes.begin(), step.writes.end());
    }
  }
}

// The engine runs masks of the form key <= query + c (causal attention): one, which several Einsums
// may have.
void Lowerer::mask() {
  for (std::size_t e = 0; e < cascade_.einsums.size(); ++e) {
    const auto& mask = cascade_.einsums[e].mask;
    if (!mask) continue;
    const bool simple = mask->left.coordinates.size() == 1 && mask->right.coordinates.size() == 1 &&
                        mask->left.coordinates[0].coefficient == 1 &&
                        mask->right.coordinates[0].coefficient == 1;
    const bool same =
        out_.mask_einsum == kNone || same_mask(*cascade_.einsums[out_.mask_einsum].mask, *mask);
    if (!simple || !same) {
      problems_.push_back({mask->where, "where", "",
                           "the engine runs one mask, of the form key <= query + constant"});
      continue;
    }
    out_.mask_key = mask->left.coordinates[0].rank;
    out_.mask_query = mask->right.coordinates[0].rank;
    if (out_.mask_einsum == kNone) out_.mask_einsum = static_cast<int>(e);
  }
}

bool Lowerer::same_mask(const einsum::Mask& a, const einsum::Mask& b) {
  const auto terms = [](const std::vector<einsum::Index::Term>& x,
                        const std::vector<einsum::Index::Term>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& s, const auto& t) {
      return s.rank == t.rank && s.coefficient == t.coefficient;
    });
  };
  const auto sides = [&](const einsum::Mask::Side& x, const einsum::Mask::Side& y) {
    return terms(x.coordinates, y.coordinates) && terms(x.extents, y.extents) &&
           x.constant == y.constant;
  };
  return sides(a.left, b.left) && sides(a.right, b.right);
}

std::int64_t tiles_in_flight(const Lowering& lowering, const Architecture& arch,
                             const Binding& binding, const config::Origins& binding_origins) {
  std::int64_t contexts = 64;
  bool spatial = false;
  for (std::size_t a = 0; a < lowering.arrays.size(); ++a) {
    const Array& array = arch.arrays.at(lowering.array_names[a]);
    if (array.kind != ArrayKind::spatial) continue;
    const bool used =
        std::any_of(lowering.groups.begin(), lowering.groups.end(), [&](const LoweredGroup& group) {
          return std::any_of(group.steps.begin(), group.steps.end(), [&](const LoweredStep& step) {
            return step.array == static_cast<int>(a);
          });
        });
    if (!used) continue;
    contexts = std::min(contexts, array.tile_contexts);
    spatial = true;
  }
  if (!spatial) contexts = 2;
  const std::int64_t wanted = binding.tiles_in_flight.value_or(contexts);
  if (wanted > contexts) {
    throw ConfigError(
        Problem{config::origin_of(binding_origins, "tiles_in_flight"), "tiles_in_flight",
                std::to_string(wanted),
                "must be at most the array's tile_contexts, " + std::to_string(contexts)});
  }
  return wanted;
}

}  // namespace weft::engine
