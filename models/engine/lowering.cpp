#include "models/engine/lowering.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace weft::engine {
namespace {

using einsum::Cascade;
using einsum::Einsum;

class Lowerer {
 public:
  Lowerer(const Architecture& arch, const Binding& binding, const Cascade& cascade, const config::Origins& origins)
      : arch_(arch), binding_(binding), cascade_(cascade), origins_(origins), passes_(einsum::analyse_passes(cascade)) {}

  Lowering run() {
    out_.arch = &arch_;
    out_.binding = &binding_;
    out_.cascade = &cascade_;
    for (const auto& [name, array] : arch_.arrays) {
      out_.array_names.push_back(name);
      out_.arrays.push_back(&array);
    }
    ranks();
    tensors();
    stop();
    for (std::size_t g = 0; g < binding_.groups.size(); ++g) group(g);
    stop();
    complete();
    mask();
    stop();
    in_flight();
    stop();
    return std::move(out_);
  }

 private:
  void add(const std::string& path, const std::string& value, std::string message) {
    problems_.push_back({config::origin_of(origins_, path), path, value, std::move(message)});
  }
  void stop() const {
    if (!problems_.empty()) throw ConfigError(problems_);
  }

  std::vector<std::string> base_variables() const {
    std::vector<std::string> all;
    for (const einsum::Rank& rank : cascade_.ranks) {
      if (rank.base == kNone) all.push_back(rank.variable);
    }
    return all;
  }
  // A base rank by the name a binding uses: its variable, "m".
  RankId base_rank(const std::string& variable, const std::string& path) {
    for (std::size_t r = 0; r < cascade_.ranks.size(); ++r) {
      if (cascade_.ranks[r].base == kNone && cascade_.ranks[r].variable == variable) return static_cast<RankId>(r);
    }
    add(path, variable, "no such rank in cascade " + cascade_.name + "; " + config::unknown_name(variable, base_variables()));
    return kNone;
  }

  void ranks() {
    out_.quantities.assign(cascade_.ranks.size(), Quantity::seq_q);
    std::vector<std::string> bases;
    for (std::size_t r = 0; r < cascade_.ranks.size(); ++r) {
      if (cascade_.ranks[r].base != kNone) continue;
      bases.push_back(cascade_.ranks[r].name);
      const auto found = binding_.ranks.find(cascade_.ranks[r].name);
      if (found == binding_.ranks.end()) {
        add("ranks", "", "missing key: " + cascade_.ranks[r].name + ", a rank of cascade " + cascade_.name);
      } else {
        out_.quantities[r] = found->second;
      }
    }
    for (const auto& [name, quantity] : binding_.ranks) {
      if (std::find(bases.begin(), bases.end(), name) == bases.end()) add("ranks." + name, "", "unknown key; " + config::unknown_name(name, bases));
    }
  }

  void tensors() {
    out_.tensors.resize(cascade_.tensors.size());
    std::vector<std::string> known;
    for (const einsum::Tensor& tensor : cascade_.tensors) known.push_back(tensor.name);
    for (const auto& [name, bound] : binding_.tensors) {
      const std::string path = "tensors." + name;
      const TensorId t = cascade_.tensor(name);
      if (t == kNone) {
        add(path, "", "unknown key; no such tensor in cascade " + cascade_.name + "; " + config::unknown_name(name, known));
        continue;
      }
      if (bound.first_of.has_value() == bound.at.has_value()) add(path, "", "needs either 'at' or 'first_of'");
      if (bound.first_of && (bound.hold || bound.copies)) add(path, "", "'hold' and 'copies' stand inside 'first_of'");
      out_.tensors[t].format = bound.format;
      out_.tensors[t].choices = bound.choices();
      std::vector<std::string> places = out_.array_names;
      for (const char* place : {"buffer", "dram", "link"}) places.emplace_back(place);
      for (const Residency& choice : out_.tensors[t].choices) {
        if (std::find(places.begin(), places.end(), choice.at) == places.end() && !choice.at.empty()) {
          add(path + ".at", choice.at, config::unknown_name(choice.at, places));
        }
      }
      const bool off_chip = cascade_.tensors[t].role == einsum::TensorRole::output;
      const bool input = cascade_.tensors[t].role == einsum::TensorRole::input;
      for (const Residency& choice : out_.tensors[t].choices) {
        if (off_chip && choice.at != "dram") add(path + ".at", choice.at, "an output leaves by the memory; allowed: 'dram'");
        if (input && choice.at != "buffer") add(path + ".at", choice.at, "an input is held in the buffer; allowed: 'buffer'");
      }
    }
    for (const einsum::Tensor& tensor : cascade_.tensors) {
      if (!binding_.tensors.contains(tensor.name)) add("tensors", "", "missing key: " + tensor.name + ", a tensor of cascade " + cascade_.name);
    }
  }

  void group(std::size_t index) {
    const Group& in = binding_.groups[index];
    const std::string path = "groups[" + std::to_string(index) + "]";
    LoweredGroup& out = out_.groups.emplace_back();
    out.name = in.name;
    const std::size_t before = problems_.size();
    tilings(in, path, out);
    loops(in, path, out);
    for (std::size_t s = 0; s < in.steps.size(); ++s) step(in.steps[s], path + ".steps[" + std::to_string(s) + "]", index, out);
    if (problems_.size() != before) return;
    stages(path, out);
    for (std::size_t s = 0; s < out.steps.size(); ++s) shape_rules(path + ".steps[" + std::to_string(s) + "]", out, out.steps[s]);
    holds(out, static_cast<int>(index));
  }

  void check_size(const Size& size, const std::string& path) {
    if (size.array.empty()) return;
    const auto found = arch_.arrays.find(size.array);
    if (found == arch_.arrays.end()) return add(path, canonical_text(size), config::unknown_name(size.array, out_.array_names));
    const bool spatial = found->second.kind == ArrayKind::spatial;
    if (spatial == (size.kind == Size::Kind::lanes)) {
      add(path, canonical_text(size), spatial ? "a spatial array has rows and columns" : "a vector array has lanes");
    }
  }

  void tilings(const Group& in, const std::string& path, LoweredGroup& out) {
    int fits = 0;
    for (const auto& [variable, tiling] : in.tiles) {
      const std::string at = path + ".tiles." + variable;
      const RankId base = base_rank(variable, at);
      check_size(tiling.tile, at + ".tile");
      if (tiling.block) check_size(*tiling.block, at + ".block");
      fits += tiling.tile.kind == Size::Kind::fit ? 1 : 0;
      fits += tiling.block && tiling.block->kind == Size::Kind::fit ? 1 : 0;
      if (tiling.tile.kind == Size::Kind::fit && tiling.block) add(at, "fit", "a tile that fits has no blocks");
      out.tiled.push_back({base, tiling});
    }
    if (fits > 1) add(path + ".tiles", "fit", "only one size of a group can be 'fit'");
    if (out.tiled.size() > 6) add(path + ".tiles", "", "at most six ranks can be tiled");
  }

  void loops(const Group& in, const std::string& path, LoweredGroup& out) {
    if (in.loops.size() < 2 || in.loops[0] != "b" || in.loops[1] != "h") {
      return add(path + ".loops", in.loops.empty() ? "" : in.loops[0], "loops begin with b, h (batches, heads)");
    }
    out.loops.push_back({"bh", kNone, 0});
    for (std::size_t i = 2; i < in.loops.size(); ++i) {
      const std::string& name = in.loops[i];
      const std::string at = path + ".loops[" + std::to_string(i) + "]";
      const char digit = name.back();
      if (name.size() < 2 || (digit != '1' && digit != '2')) {
        add(at, name, "a loop is a tiled rank and its level: p1 over tiles, p2 over blocks of tiles");
        continue;
      }
      const RankId base = base_rank(name.substr(0, name.size() - 1), at);
      const auto tiled = std::find_if(out.tiled.begin(), out.tiled.end(), [&](const TiledRank& t) { return t.base == base; });
      if (base == kNone) continue;
      if (tiled == out.tiled.end()) {
        add(at, name, "the rank is not cut: it is missing under tiles");
        continue;
      }
      int& slot = digit == '1' ? tiled->tile_loop : tiled->block_loop;
      if (slot != kNone) add(at, name, "the loop stands twice");
      if (digit == '2' && !tiled->tiling.block) add(at, name, "the rank has no 'block' under tiles");
      if (digit == '2' && tiled->tile_loop != kNone) add(at, name, "blocks are looped outside their tiles");
      slot = static_cast<int>(out.loops.size());
      out.loops.push_back({name, base, digit - '0'});
    }
    for (const TiledRank& tiled : out.tiled) {
      if (tiled.base == kNone) continue;
      const std::string variable = cascade_.ranks[tiled.base].variable;
      if (tiled.tile_loop == kNone) add(path + ".loops", "", "misses " + variable + "1: the rank is cut under tiles");
      if (tiled.tiling.block && tiled.block_loop == kNone) add(path + ".loops", "", "misses " + variable + "2: the rank has blocks under tiles");
    }
  }

  void step(const Step& in, const std::string& path, std::size_t group, LoweredGroup& out) {
    LoweredStep& step = out.steps.emplace_back();
    if (in.einsum.has_value() == in.einsums.has_value()) return add(path, "", "needs either 'einsum' or 'einsums'");
    std::vector<std::string> known;
    for (const Einsum& e : cascade_.einsums) known.push_back(cascade_.tensors[e.outputs[0].tensor].name);
    for (const std::string& name : in.einsum ? std::vector<std::string>{*in.einsum} : *in.einsums) {
      const EinsumId e = cascade_.einsum(name);
      if (e == kNone) {
        add(path + (in.einsum ? ".einsum" : ".einsums"), name, "no such Einsum in cascade " + cascade_.name + "; " + config::unknown_name(name, known));
        return;
      }
      if (!bound_.insert(e).second) add(path, name, "the Einsum is bound twice");
      step.einsums.push_back(e);
      step.name += (step.name.empty() ? "" : "+") + name;
      out_.tensors[cascade_.einsums[e].outputs[0].tensor].made_in_group = static_cast<int>(group);
    }
    const auto array = std::find(out_.array_names.begin(), out_.array_names.end(), in.on);
    if (array == out_.array_names.end()) return add(path + ".on", in.on, config::unknown_name(in.on, out_.array_names));
    step.array = static_cast<int>(array - out_.array_names.begin());
    const bool spatial = out_.arrays[step.array]->kind == ArrayKind::spatial;
    if (spatial && (!in.space || in.space->size() != 2 || in.lanes)) return add(path, step.name, "on a spatial array a step needs space: [rows, columns]");
    if (!spatial && (!in.lanes || in.space || in.stationary)) return add(path, step.name, "on a vector array a step needs lanes, and neither space nor stationary");
    if (spatial) {
      step.rows = base_rank((*in.space)[0], path + ".space");
      step.columns = base_rank((*in.space)[1], path + ".space");
    } else {
      step.lanes = base_rank(*in.lanes, path + ".lanes");
    }
    const Einsum& first = cascade_.einsums[step.einsums[0]];
    step.product = step.einsums.size() == 1 && einsum::work_per_point(cascade_, step.einsums[0])[static_cast<std::size_t>(einsum::Work::macc)] > 0;
    if (in.stationary) {
      step.stationary = cascade_.tensor(*in.stationary);
      bool used = step.stationary == first.outputs[0].tensor;
      for (const einsum::Access& access : first.inputs) used = used || access.tensor == step.stationary;
      if (step.stationary == kNone || !used) add(path + ".stationary", *in.stationary, "must be the output or an operand of " + step.name);
    }
    if (spatial && step.product && !in.stationary) add(path, step.name, "a product on a spatial array needs 'stationary'");
    if (in.stationary && !step.product) add(path + ".stationary", *in.stationary, "only a product has a stationary tensor");
    operations(path, step);
    operands(step);
  }

  void operations(const std::string& path, const LoweredStep& step) {
    const Operations& can = out_.arrays[step.array]->operations;
    for (const EinsumId e : step.einsums) {
      const einsum::WorkCounts work = einsum::work_per_point(cascade_, e);
      const auto need = [&](einsum::Work kind, bool has) {
        if (work[static_cast<std::size_t>(kind)] > 0 && !has) {
          add(path + ".on", out_.array_names[step.array],
              "cannot " + std::string(einsum::work_name(kind)) + ", which " + step.name + " needs: add it to the array's operations");
        }
      };
      need(einsum::Work::macc, can.macc.has_value());
      need(einsum::Work::multiply, can.multiply || can.macc);
      need(einsum::Work::add, can.add || can.macc || (can.exp && can.exp->absorbs_subtract));
      need(einsum::Work::max, can.max.has_value());
      need(einsum::Work::exp, can.exp.has_value());
      need(einsum::Work::divide, can.divide.has_value());
    }
  }

  void operands(LoweredStep& step) {
    for (const EinsumId e : step.einsums) step.writes.push_back(cascade_.einsums[e].outputs[0].tensor);
    for (const EinsumId e : step.einsums) {
      for (const einsum::Access& access : cascade_.einsums[e].inputs) {
        const bool inside = std::find(step.writes.begin(), step.writes.end(), access.tensor) != step.writes.end();
        const bool seen = std::find(step.reads.begin(), step.reads.end(), access.tensor) != step.reads.end();
        const bool carried = inside && !cascade_.tensors[access.tensor].dimensions.empty() && is_generational(access.tensor);
        if ((!inside || carried) && !seen) step.reads.push_back(access.tensor);
      }
    }
  }

  bool is_generational(TensorId t) const {
    const auto& dims = cascade_.tensors[t].dimensions;
    return std::any_of(dims.begin(), dims.end(), [](const einsum::Dimension& d) { return d.generational; });
  }

  bool iterates_base(EinsumId e, RankId base) const {
    const auto& ranks = cascade_.einsums[e].iteration;
    return std::any_of(ranks.begin(), ranks.end(), [&](RankId r) { return cascade_.base_of(r) == base; });
  }
  bool output_has_base(EinsumId e, RankId base) const {
    const auto& dims = cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].dimensions;
    return std::any_of(dims.begin(), dims.end(), [&](const einsum::Dimension& d) { return cascade_.base_of(d.rank) == base; });
  }

  // The rank whose passes separate the group's stages: the outermost tiled one that an Einsum of the group reduces
  // over, or that a generation runs along.
  void find_pass_rank(LoweredGroup& out) const {
    for (std::size_t l = 1; l < out.loops.size() && out.pass_rank == kNone; ++l) {
      for (const LoweredStep& step : out.steps) {
        for (const EinsumId e : step.einsums) {
          const auto& dims = cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].dimensions;
          const bool carries = std::any_of(dims.begin(), dims.end(), [&](const einsum::Dimension& d) {
            return d.generational && cascade_.base_of(d.rank) == out.loops[l].base;
          });
          const bool reduces = iterates_base(e, out.loops[l].base) && !output_has_base(e, out.loops[l].base);
          if (carries || reduces) out.pass_rank = out.loops[l].base;
        }
      }
    }
    for (const TiledRank& tiled : out.tiled) {
      if (tiled.base == out.pass_rank) out.pass_loop = tiled.block_loop != kNone ? tiled.block_loop : tiled.tile_loop;
    }
    if (out.pass_rank == kNone) out.pass_loop = static_cast<int>(out.loops.size());
  }

  void stages(const std::string& path, LoweredGroup& out) {
    find_pass_rank(out);
    std::map<std::pair<int, int>, int> keys;
    const auto key_of = [&](const LoweredStep& step) {
      if (out.pass_rank == kNone) return std::pair{1, 0};
      const EinsumId e = step.einsums.front();
      return std::pair{std::max(1, passes_.pass[e][out.pass_rank]), iterates_base(e, out.pass_rank) ? 0 : 1};
    };
    for (const LoweredStep& step : out.steps) keys.emplace(key_of(step), 0);
    int count = 0;
    for (auto& [key, stage] : keys) {
      stage = count++;
      Stage& made = out.stages.emplace_back();
      made.pass = key.first;
      made.over_pass_rank = key.second == 0;
      for (std::size_t l = 0; l < out.loops.size(); ++l) {
        if (made.over_pass_rank || out.loops[l].base != out.pass_rank || out.pass_rank == kNone) made.loops.push_back(static_cast<int>(l));
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
            add(at, step.name, "does not iterate over the rank of loop " + out.loops[l].name + "; put it into another group");
          }
        }
        if (out.pass_rank != kNone && iterates_base(e, out.pass_rank) != out.stages[step.stage].over_pass_rank) {
          add(at, step.name, "Einsums of one streamed chain must be of one pass");
        }
        step.reduces_tiles = step.reduces_tiles || (out.pass_rank != kNone && iterates_base(e, out.pass_rank) && !output_has_base(e, out.pass_rank));
      }
    }
  }

  void shape_rules(const std::string& path, const LoweredGroup& group, const LoweredStep& step) {
    const auto at_choices = [&](TensorId t) -> const std::vector<Residency>& { return out_.tensors[t].choices; };
    if (step.product && step.stationary != kNone) {
      const auto& dims = cascade_.tensors[step.stationary].dimensions;
      for (const RankId space : {step.rows, step.columns}) {
        const bool has = std::any_of(dims.begin(), dims.end(), [&](const einsum::Dimension& d) { return cascade_.base_of(d.rank) == space; });
        if (!has) add(path + ".space", cascade_.ranks[space].variable, "the stationary tensor " + cascade_.tensors[step.stationary].name + " does not have this rank");
      }
      const bool leaves = step.stationary == step.writes[0] && at_choices(step.writes[0])[0].at != out_.array_names[step.array];
      if (leaves && step.reduces_tiles && group.loops[step.loops.back()].base != group.pass_rank) {
        add(path + ".stationary", step.name, "its sums stay in the elements over the tiles of the reduced rank, whose loop must then be the innermost");
      }
    }
    for (const EinsumId e : step.einsums) {
      for (const RankId r : {step.rows, step.columns}) {
        if (r != kNone && !iterates_base(e, r)) add(path + ".space", cascade_.ranks[r].variable, step.name + " does not iterate over this rank");
      }
      if (step.lanes != kNone && !iterates_base(e, step.lanes)) {
        add(path + ".lanes", cascade_.ranks[step.lanes].variable, step.name + " does not iterate over this rank");
      }
    }
  }

  void holds(const LoweredGroup& group, int index) {
    std::set<TensorId> used;
    for (const LoweredStep& step : group.steps) {
      used.insert(step.reads.begin(), step.reads.end());
      used.insert(step.writes.begin(), step.writes.end());
    }
    std::vector<std::string> known{"h"};
    for (std::size_t l = 1; l < group.loops.size(); ++l) known.push_back(group.loops[l].name);
    for (const TensorId t : used) {
      const int maker = out_.tensors[t].made_in_group;  // of none, complete() complains
      const bool several_groups = maker != kNone && maker != index && cascade_.tensors[t].role == einsum::TensorRole::intermediate;
      if (several_groups) {
        for (const Residency& choice : out_.tensors[t].choices) {
          if (choice.at != "dram") {
            add("tensors." + cascade_.tensors[t].name + ".at", choice.at, "it is made in one group and read in another; allowed: 'dram'");
          }
        }
      }
      for (const Residency& choice : out_.tensors[t].choices) {
        if (choice.hold && std::find(known.begin(), known.end(), *choice.hold) == known.end()) {
          add("tensors." + cascade_.tensors[t].name + ".hold", *choice.hold, "no such loop in group " + group.name + "; " + config::unknown_name(*choice.hold, known));
        }
      }
    }
  }

  void complete() {
    for (std::size_t e = 0; e < cascade_.einsums.size(); ++e) {
      if (!bound_.contains(static_cast<EinsumId>(e))) {
        add("groups", "", "Einsum " + cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].name + " of cascade " + cascade_.name + " is bound nowhere");
      }
    }
    std::set<TensorId> made;
    for (std::size_t g = 0; g < out_.groups.size(); ++g) {
      for (const LoweredStep& step : out_.groups[g].steps) {
        for (const TensorId t : step.reads) {
          const bool input = cascade_.tensors[t].role == einsum::TensorRole::input;
          if (!input && !made.contains(t) && !is_generational(t)) {
            add("groups[" + std::to_string(g) + "].steps", step.name, "runs before the step that makes " + cascade_.tensors[t].name);
          }
        }
        made.insert(step.writes.begin(), step.writes.end());
      }
    }
  }

  // The engine runs masks of the form key <= query + c (causal attention): one, which several Einsums may have.
  void mask() {
    for (std::size_t e = 0; e < cascade_.einsums.size(); ++e) {
      const auto& mask = cascade_.einsums[e].mask;
      if (!mask) continue;
      const bool simple = mask->left.coordinates.size() == 1 && mask->right.coordinates.size() == 1 && mask->left.coordinates[0].coefficient == 1 &&
                          mask->right.coordinates[0].coefficient == 1;
      const bool same = out_.mask_einsum == kNone || same_mask(*cascade_.einsums[out_.mask_einsum].mask, *mask);
      if (!simple || !same) {
        problems_.push_back({mask->where, "where", "", "the engine runs one mask, of the form key <= query + constant"});
        continue;
      }
      out_.mask_key = mask->left.coordinates[0].rank;
      out_.mask_query = mask->right.coordinates[0].rank;
      if (out_.mask_einsum == kNone) out_.mask_einsum = static_cast<int>(e);
    }
  }

  static bool same_mask(const einsum::Mask& a, const einsum::Mask& b) {
    const auto terms = [](const std::vector<einsum::Index::Term>& x, const std::vector<einsum::Index::Term>& y) {
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& s, const auto& t) { return s.rank == t.rank && s.coefficient == t.coefficient; });
    };
    const auto sides = [&](const einsum::Mask::Side& x, const einsum::Mask::Side& y) {
      return terms(x.coordinates, y.coordinates) && terms(x.extents, y.extents) && x.constant == y.constant;
    };
    return sides(a.left, b.left) && sides(a.right, b.right);
  }

  void in_flight() {
    std::int64_t contexts = 64;
    bool spatial = false;
    for (const LoweredGroup& group : out_.groups) {
      for (const LoweredStep& step : group.steps) {
        if (out_.arrays[step.array]->kind != ArrayKind::spatial) continue;
        contexts = std::min(contexts, out_.arrays[step.array]->tile_contexts);
        spatial = true;
      }
    }
    if (!spatial) contexts = 2;
    out_.tiles_in_flight = binding_.tiles_in_flight.value_or(contexts);
    if (out_.tiles_in_flight > contexts) {
      add("tiles_in_flight", std::to_string(out_.tiles_in_flight), "must be at most the array's tile_contexts, " + std::to_string(contexts));
    }
  }

  const Architecture& arch_;
  const Binding& binding_;
  const Cascade& cascade_;
  const config::Origins& origins_;
  const einsum::PassAnalysis passes_;
  Lowering out_;
  std::vector<Problem> problems_;
  std::set<EinsumId> bound_;
};

}  // namespace

Lowering lower(const Architecture& arch, const Binding& binding, const einsum::Cascade& cascade, const config::Origins& origins) {
  Lowering lowering = Lowerer(arch, binding, cascade, origins).run();
  resolve(lowering);
  return lowering;
}

}  // namespace weft::engine
