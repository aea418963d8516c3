#include "models/engine/binding/lowering.hpp"

#include <algorithm>

#include "models/engine/binding/lowerer.hpp"
#include "models/engine/binding/lowering_again.hpp"

namespace weft::engine {

using einsum::Einsum;

Lowering Lowerer::run() {
  out_.arch = &arch_;
  out_.binding = &binding_;
  out_.cascade = &cascade_;
  for (const auto& [name, array] : arch_.arrays) {
    out_.array_names.push_back(name);
    out_.arrays.push_back(&array);
  }
  known_before_the_run();
  stop();
  ranks();
  tensors();
  stop();
  for (std::size_t g = 0; g < binding_.groups.size(); ++g) group(g);
  stop();
  windows();
  complete();
  partitions();
  stays_on_chip();
  mask();
  mask_rules();
  heads();
  formats();
  stop();
  out_.tiles_in_flight = tiles_in_flight(out_, arch_, binding_, origins_);
  return std::move(out_);
}

void Lowerer::add(const std::string& path, const std::string& value, std::string message) {
  problems_.push_back({config::origin_of(origins_, path), path, value, std::move(message)});
}

void Lowerer::stop() const {
  if (!problems_.empty()) throw ConfigError(problems_);
}

std::vector<std::string> Lowerer::base_variables() const {
  std::vector<std::string> all;
  for (const einsum::Rank& rank : cascade_.ranks) {
    if (rank.base == kNone) all.push_back(rank.variable);
  }
  return all;
}

// A base rank by the name a binding uses: its variable, "m".
RankId Lowerer::base_rank(const std::string& variable, const std::string& path) {
  for (std::size_t r = 0; r < cascade_.ranks.size(); ++r) {
    if (cascade_.ranks[r].base == kNone && cascade_.ranks[r].variable == variable)
      return static_cast<RankId>(r);
  }
  add(path, variable,
      "no such rank in cascade " + cascade_.name + "; " +
          config::unknown_name(variable, base_variables()));
  return kNone;
}

void Lowerer::ranks() {
  out_.rank_extents.assign(cascade_.ranks.size(), {});
  std::vector<std::string> bases;
  for (std::size_t r = 0; r < cascade_.ranks.size(); ++r) {
    if (cascade_.ranks[r].base != kNone) continue;
    bases.push_back(cascade_.ranks[r].name);
    const auto found = binding_.ranks.find(cascade_.ranks[r].name);
    if (found == binding_.ranks.end()) {
      add("ranks", "",
          "missing key: " + cascade_.ranks[r].name + ", a rank of cascade " + cascade_.name);
    } else {
      out_.rank_extents[r] = found->second;
    }
  }
  for (const auto& [name, quantity] : binding_.ranks) {
    if (std::find(bases.begin(), bases.end(), name) == bases.end())
      add("ranks." + name, "", "unknown key; " + config::unknown_name(name, bases));
  }
}

void Lowerer::tensors() {
  out_.tensors.resize(cascade_.tensors.size());
  std::vector<std::string> known;
  for (const einsum::Tensor& tensor : cascade_.tensors) known.push_back(tensor.name);
  for (const auto& [name, bound] : binding_.tensors) {
    const std::string path = "tensors." + name;
    const TensorId t = cascade_.tensor(name);
    if (t == kNone) {
      add(path, "",
          "unknown key; no such tensor in cascade " + cascade_.name + "; " +
              config::unknown_name(name, known));
      continue;
    }
    if (bound.first_of.has_value() == bound.at.has_value())
      add(path, "", "needs either 'at' or 'first_of'");
    if (bound.first_of && (bound.hold || bound.copies))
      add(path, "", "'hold' and 'copies' stand inside 'first_of'");
    out_.tensors[t].format = bound.format;
    out_.tensors[t].choices = bound.choices();
    std::vector<std::string> places = out_.array_names;
    for (const char* place : {"buffer", "dram", "link"}) places.emplace_back(place);
    for (const Residency& choice : out_.tensors[t].choices) {
      if (std::find(places.begin(), places.end(), choice.at) == places.end() &&
          !choice.at.empty()) {
        add(path + ".at", choice.at, config::unknown_name(choice.at, places));
      }
    }
    const bool off_chip = cascade_.tensors[t].role == einsum::TensorRole::output;
    const bool input = cascade_.tensors[t].role == einsum::TensorRole::input;
    for (const Residency& choice : out_.tensors[t].choices) {
      if (off_chip && choice.at != "dram")
        add(path + ".at", choice.at, "an output leaves by the memory; allowed: 'dram'");
      if (input && choice.at != "buffer")
        add(path + ".at", choice.at, "an input is held in the buffer; allowed: 'buffer'");
    }
  }
  for (const einsum::Tensor& tensor : cascade_.tensors) {
    if (!binding_.tensors.contains(tensor.name))
      add("tensors", "", "missing key: " + tensor.name + ", a tensor of cascade " + cascade_.name);
  }
}

void Lowerer::group(std::size_t index) {
  const Group& in = binding_.groups[index];
  const std::string path = "groups[" + std::to_string(index) + "]";
  LoweredGroup& out = out_.groups.emplace_back();
  out.name = in.name;
  const std::size_t before = problems_.size();
  tilings(in, path, out);
  loops(in, path, out);
  for (std::size_t s = 0; s < in.steps.size(); ++s)
    step(in.steps[s], path + ".steps[" + std::to_string(s) + "]", index, out);
  if (problems_.size() != before) return;
  stages(path, out);
  for (std::size_t s = 0; s < out.steps.size(); ++s) {
    const std::string at = path + ".steps[" + std::to_string(s) + "]";
    shape_rules(at, out, out.steps[s]);
    stream_rules(at, out.steps[s]);
  }
  tile_rules(path, out);
  holds(out, static_cast<int>(index));
}

void Lowerer::check_size(const Size& size, const std::string& path) {
  if (size.array.empty()) return;
  const auto found = arch_.arrays.find(size.array);
  if (found == arch_.arrays.end())
    return add(path, canonical_text(size), config::unknown_name(size.array, out_.array_names));
  const bool spatial = found->second.kind == ArrayKind::spatial;
  if (spatial == (size.kind == Size::Kind::lanes)) {
    add(path, canonical_text(size),
        spatial ? "a spatial array has rows and columns" : "a vector array has lanes");
  }
}

void Lowerer::tilings(const Group& in, const std::string& path, LoweredGroup& out) {
  int fits = 0;
  for (const auto& [variable, tiling] : in.tiles) {
    const std::string at = path + ".tiles." + variable;
    const RankId base = base_rank(variable, at);
    check_size(tiling.tile, at + ".tile");
    if (tiling.block) check_size(*tiling.block, at + ".block");
    fits += tiling.tile.kind == Size::Kind::fit ? 1 : 0;
    fits += tiling.block && tiling.block->kind == Size::Kind::fit ? 1 : 0;
    if (tiling.tile.kind == Size::Kind::fit && tiling.block)
      add(at, "fit", "a tile that fits has no blocks");
    if (tiling.times &&
        (tiling.tile.kind == Size::Kind::fit || tiling.tile.kind == Size::Kind::all))
      add(at + ".times", "", "multiplies a size; 'fit' and 'all' are none");
    out.tiled.push_back({base, tiling});
  }
  if (fits > 1) add(path + ".tiles", "fit", "only one size of a group can be 'fit'");
  if (out.tiled.size() > static_cast<std::size_t>(kMostTiled))
    add(path + ".tiles", "", "at most " + std::to_string(kMostTiled) + " ranks can be tiled");
}

void Lowerer::loops(const Group& in, const std::string& path, LoweredGroup& out) {
  if (in.loops.size() < 2 || in.loops[0] != "b" || in.loops[1] != "h") {
    return add(path + ".loops", in.loops.empty() ? "" : in.loops[0],
               "loops begin with b, h (batches, heads)");
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
    const auto tiled = std::find_if(out.tiled.begin(), out.tiled.end(),
                                    [&](const TiledRank& t) { return t.base == base; });
    if (base == kNone) continue;
    if (tiled == out.tiled.end()) {
      add(at, name, "the rank is not cut: it is missing under tiles");
      continue;
    }
    int& slot = digit == '1' ? tiled->tile_loop : tiled->block_loop;
    if (slot != kNone) add(at, name, "the loop stands twice");
    if (digit == '2' && !tiled->tiling.block) add(at, name, "the rank has no 'block' under tiles");
    if (digit == '2' && tiled->tile_loop != kNone)
      add(at, name, "blocks are looped outside their tiles");
    slot = static_cast<int>(out.loops.size());
    out.loops.push_back({name, base, digit - '0'});
  }
  for (const TiledRank& tiled : out.tiled) {
    if (tiled.base == kNone) continue;
    const std::string variable = cascade_.ranks[tiled.base].variable;
    if (tiled.tile_loop == kNone)
      add(path + ".loops", "", "misses " + variable + "1: the rank is cut under tiles");
    if (tiled.tiling.block && tiled.block_loop == kNone)
      add(path + ".loops", "", "misses " + variable + "2: the rank has blocks under tiles");
  }
}

void Lowerer::step(const Step& in, const std::string& path, std::size_t group, LoweredGroup& out) {
  LoweredStep& step = out.steps.emplace_back();
  if (in.einsum.has_value() == in.einsums.has_value())
    return add(path, "", "needs either 'einsum' or 'einsums'");
  std::vector<std::string> known;
  for (const Einsum& e : cascade_.einsums)
    known.push_back(cascade_.tensors[e.outputs[0].tensor].name);
  for (const std::string& name : in.einsum ? std::vector<std::string>{*in.einsum} : *in.einsums) {
    const EinsumId e = cascade_.einsum(name);
    if (e == kNone) {
      add(path + (in.einsum ? ".einsum" : ".einsums"), name,
          "no such Einsum in cascade " + cascade_.name + "; " + config::unknown_name(name, known));
      return;
    }
    if (!bound_.insert(e).second) add(path, name, "the Einsum is bound twice");
    step.einsums.push_back(e);
    step.name += (step.name.empty() ? "" : "+") + name;
    out_.tensors[cascade_.einsums[e].outputs[0].tensor].made_in_group = static_cast<int>(group);
  }
  const auto array = std::find(out_.array_names.begin(), out_.array_names.end(), in.on);
  if (array == out_.array_names.end())
    return add(path + ".on", in.on, config::unknown_name(in.on, out_.array_names));
  step.array = static_cast<int>(array - out_.array_names.begin());
  const bool spatial = out_.arrays[step.array]->kind == ArrayKind::spatial;
  if (spatial && (!in.space || in.space->size() != 2 || in.lanes))
    return add(path, step.name, "on a spatial array a step needs space: [rows, columns]");
  if (!spatial && (!in.lanes || in.space || in.stationary))
    return add(path, step.name,
               "on a vector array a step needs lanes, and neither space nor stationary");
  if (spatial) {
    step.rows = base_rank((*in.space)[0], path + ".space");
    step.columns = base_rank((*in.space)[1], path + ".space");
  } else {
    step.lanes = base_rank(*in.lanes, path + ".lanes");
  }
  const Einsum& first = cascade_.einsums[step.einsums[0]];
  step.product = step.einsums.size() == 1 &&
                 einsum::work_per_point(
                     cascade_, step.einsums[0])[static_cast<std::size_t>(einsum::Work::macc)] > 0;
  if (in.stationary) {
    step.stationary = cascade_.tensor(*in.stationary);
    bool used = step.stationary == first.outputs[0].tensor;
    for (const einsum::Access& access : first.inputs)
      used = used || access.tensor == step.stationary;
    if (step.stationary == kNone || !used)
      add(path + ".stationary", *in.stationary, "must be the output or an operand of " + step.name);
  }
  if (spatial && step.product && !in.stationary)
    add(path, step.name, "a product on a spatial array needs 'stationary'");
  if (in.stationary && !step.product)
    add(path + ".stationary", *in.stationary, "only a product has a stationary tensor");
  operations(path, step);
  operands(path, step);
}

void Lowerer::operations(const std::string& path, const LoweredStep& step) {
  const Operations& can = out_.arrays[step.array]->operations;
  for (const EinsumId e : step.einsums) {
    const einsum::WorkCounts work = einsum::work_per_point(cascade_, e);
    const auto need = [&](einsum::Work kind, bool has) {
      if (work[static_cast<std::size_t>(kind)] > 0 && !has) {
        add(path + ".on", out_.array_names[step.array],
            "cannot " + std::string(einsum::work_name(kind)) + ", which " + step.name +
                " needs: add it to the array's operations");
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

void Lowerer::operands(const std::string& path, LoweredStep& step) {
  for (const EinsumId e : step.einsums)
    step.writes.push_back(cascade_.einsums[e].outputs[0].tensor);
  for (const EinsumId e : step.einsums) {
    for (const einsum::Access& access : cascade_.einsums[e].inputs) {
      const bool inside =
          std::find(step.writes.begin(), step.writes.end(), access.tensor) != step.writes.end();
      const bool seen =
          std::find(step.reads.begin(), step.reads.end(), access.tensor) != step.reads.end();
      const bool carried = inside && !cascade_.tensors[access.tensor].dimensions.empty() &&
                           is_generational(access.tensor);
      if ((!inside || carried) && !seen) step.reads.push_back(access.tensor);
    }
  }
  const std::size_t touched = step.reads.size() + step.writes.size();
  if (touched > static_cast<std::size_t>(kMostTouched)) {
    add(path, step.name,
        "reads and writes " + std::to_string(touched) + " tensors; a step has at most " +
            std::to_string(kMostTouched));
  }
}

bool Lowerer::is_generational(TensorId t) const {
  const auto& dims = cascade_.tensors[t].dimensions;
  return std::any_of(dims.begin(), dims.end(),
                     [](const einsum::Dimension& d) { return d.generational; });
}

// Whether two Einsums meet every rank that both run along in the same pass, inner partitions
// included: only then can elements flow from one to the other.
bool Lowerer::same_passes(EinsumId a, EinsumId b) const {
  const auto& other = cascade_.einsums[b].iteration;
  return std::all_of(cascade_.einsums[a].iteration.begin(), cascade_.einsums[a].iteration.end(),
                     [&](RankId r) {
                       return std::find(other.begin(), other.end(), r) == other.end() ||
                              passes_.pass[a][r] == passes_.pass[b][r];
                     });
}

Lowering lower(const Architecture& arch, const Binding& binding, const einsum::Cascade& cascade,
               const config::Origins& origins) {
  return lower(arch, binding, cascade, passes_of(cascade), origins);
}

Lowering lower(const Architecture& arch, const Binding& binding, const einsum::Cascade& cascade,
               const einsum::PassAnalysis& passes, const config::Origins& origins) {
  return Lowerer(arch, binding, cascade, passes, origins).run();
}

einsum::PassAnalysis passes_of(const einsum::Cascade& cascade) {
  return einsum::analyse_passes(cascade, einsum::Along::variables);
}

int hold_loop(const LoweredGroup& group, const Residency& place, const std::vector<int>& loops) {
  if (!place.hold) return loops.back();
  if (*place.hold == "h") return 0;
  int last = 0;
  for (const int l : loops) {
    last = l;
    if (group.loops[l].name == *place.hold) return l;
  }
  return last;
}

}  // namespace weft::engine
