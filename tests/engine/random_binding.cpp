#include "tests/engine/random_binding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "models/einsum/graph.hpp"

namespace weft::sim::engine::test {
namespace {

using einsum::Cascade;
using einsum::Einsum;
using einsum::EinsumId;
using einsum::kNone;
using einsum::RankId;
using einsum::TensorId;

class Maker {
 public:
  Maker(std::mt19937_64& random, const Cascade& cascade) : random_(random), cascade_(cascade) {}

  std::string make() {
    split();
    std::string groups;
    for (std::size_t g = 0; g < groups_.size(); ++g) groups += group(g);
    std::string out =
        "source: test\ncascade: random\nranks: {E: width_qk, F: width_v, M: seq_kv, P: seq_q";
    if (cascade_.rank("W") != kNone) out += ", W: model_width";
    out += "}\n";
    if (chance(15)) out += "epochs: serial\n";
    if (chance(20)) out += "tiles_in_flight: 1\n";
    return out + "groups:\n" + groups + "tensors:\n" + tensors();
  }

 private:
  std::int64_t pick(std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  template <class T>
  const T& any(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(all.size()) - 1))];
  }

  bool generational(TensorId t) const {
    return einsum::generational_rank(cascade_.tensors[t]) != kNone;
  }
  std::string name(EinsumId e) const {
    return cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].name;
  }
  std::vector<RankId> bases(EinsumId e) const {
    std::set<RankId> all;
    for (const RankId r : cascade_.einsums[e].iteration) all.insert(cascade_.base_of(r));
    return {all.begin(), all.end()};
  }
  bool iterates(EinsumId e, RankId base) const {
    const auto all = bases(e);
    return std::find(all.begin(), all.end(), base) != all.end();
  }
  bool keeps(EinsumId e, RankId base) const {
    const auto& dims = cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].dimensions;
    return std::any_of(dims.begin(), dims.end(), [&](const einsum::Dimension& d) {
      return cascade_.base_of(d.rank) == base;
    });
  }
  // Reductions and generations along a base rank.
  bool sums(EinsumId e, RankId base) const {
    const auto& dims = cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].dimensions;
    const bool carries = std::any_of(dims.begin(), dims.end(), [&](const einsum::Dimension& d) {
      return d.generational && cascade_.base_of(d.rank) == base;
    });
    const auto& reduced = cascade_.einsums[e].reduced;
    return carries || std::any_of(reduced.begin(), reduced.end(),
                                  [&](RankId r) { return cascade_.base_of(r) == base; });
  }

  // Groups of Einsums that follow one another; a tensor with generations stays within one.
  void split() {
    const auto count = static_cast<EinsumId>(cascade_.einsums.size());
    const int together = static_cast<int>(pick(0, 100));
    groups_.emplace_back();
    for (EinsumId e = 0; e < count; ++e) {
      groups_.back().push_back(e);
      if (e + 1 == count) break;
      bool open = false;
      for (EinsumId a = 0; a < count; ++a) {
        for (const einsum::Access& access : cascade_.einsums[a].inputs) {
          const EinsumId writer = cascade_.tensors[access.tensor].defined_by;
          if (writer == kNone || !generational(access.tensor)) continue;
          open = open || (std::min(a, writer) <= e && std::max(a, writer) > e);
        }
      }
      if (!open && !chance(together)) groups_.emplace_back();
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (const EinsumId e : groups_[g]) group_of_[e] = g;
    }
  }

  std::vector<RankId> cuts(std::size_t g) {
    const auto& einsums = groups_[g];
    std::vector<RankId> cut;
    std::vector<RankId> passes;
    for (RankId base = 0; base < static_cast<RankId>(cascade_.ranks.size()); ++base) {
      if (cascade_.ranks[base].base != kNone) continue;
      const bool all = std::all_of(einsums.begin(), einsums.end(),
                                   [&](EinsumId e) { return iterates(e, base); });
      const bool some = std::any_of(einsums.begin(), einsums.end(),
                                    [&](EinsumId e) { return iterates(e, base); });
      const bool summed =
          std::any_of(einsums.begin(), einsums.end(), [&](EinsumId e) { return sums(e, base); });
      if (summed && some) {
        passes.push_back(base);
      } else if (all && chance(80)) {
        cut.push_back(base);
      }
    }
    const RankId m = cascade_.rank("M");
    const bool parted = m != kNone && !cascade_.ranks[m].parts.empty();
    if (std::find(passes.begin(), passes.end(), m) != passes.end() && (parted || chance(60))) {
      cut.push_back(m);
    } else if (!passes.empty() && chance(70)) {
      cut.push_back(any(passes));
      if (chance(4)) cut.push_back(any(passes));
    }
    std::sort(cut.begin(), cut.end());
    cut.erase(std::unique(cut.begin(), cut.end()), cut.end());
    std::shuffle(cut.begin(), cut.end(), random_);
    return cut;
  }

  bool needs_single_generations(std::size_t g) const {
    for (const einsum::Group& group : einsum::execution_order(cascade_)) {
      if (group.along != kNone && group.einsums.size() > 1 && group_of_.at(group.einsums[0]) == g)
        return true;
    }
    return false;
  }

  std::string group(std::size_t g) {
    const std::vector<RankId> cut = cuts(g);
    std::string loops = "b, h";
    std::string tiles;
    std::vector<RankId> blocked;
    for (const RankId base : cut) {
      const std::string& v = cascade_.ranks[base].variable;
      const bool parted = !cascade_.ranks[base].parts.empty();
      if (parted && part_tile_ == 0) part_tile_ = pick(1, 6);
      std::int64_t tile = parted ? part_tile_ : pick(1, 7);
      if (v == "m" && !parted && needs_single_generations(g) && chance(90)) tile = 1;
      const bool block = chance(15);
      if (block) blocked.push_back(base);
      tiles += fmt::format("{}{}: {{tile: {}{}}}", tiles.empty() ? "" : ", ", v, tile,
                           block ? fmt::format(", block: {}", pick(1, 3)) : "");
    }
    for (const RankId base : blocked) loops += ", " + cascade_.ranks[base].variable + "2";
    for (const RankId base : cut) loops += ", " + cascade_.ranks[base].variable + "1";
    loops_.emplace_back();
    for (const RankId base : cut) loops_.back().push_back(cascade_.ranks[base].variable + "1");
    std::string text = fmt::format(
        "  - name: g{}\n    loops: [{}]\n    tiles: {{{}}}\n    steps:\n", g, loops, tiles);
    for (std::size_t i = 0; i < groups_[g].size(); ++i) {
      const bool two = i + 1 < groups_[g].size() && chance(12);
      text += two ? chain(groups_[g][i], groups_[g][i + 1]) : step(groups_[g][i]);
      i += two ? 1 : 0;
    }
    return text;
  }

  // Two Einsums streamed through one pipeline, over a rank that both have.
  std::string chain(EinsumId a, EinsumId b) {
    std::vector<RankId> common;
    for (const RankId base : bases(a)) {
      if (iterates(b, base)) common.push_back(base);
    }
    if (common.empty()) return step(a) + step(b);
    return fmt::format("      - {{einsums: [{}, {}], on: lanes_a, lanes: {}}}\n", name(a), name(b),
                       cascade_.ranks[any(common)].variable);
  }

  std::string step(EinsumId e) {
    const Einsum& einsum = cascade_.einsums[e];
    const std::vector<RankId> own = bases(e);
    const auto variable = [&](RankId r) { return cascade_.ranks[r].variable; };
    const bool product = !einsum.reduced.empty() && einsum.reduction == einsum::Op::add &&
                         einsum.root().op == einsum::Op::multiply;
    if (product && own.size() >= 2 && chance(60)) {
      std::vector<TensorId> stay{einsum.outputs[0].tensor};
      for (const einsum::Access& access : einsum.inputs) stay.push_back(access.tensor);
      const TensorId stationary = any(stay);
      std::set<RankId> has;
      for (const einsum::Dimension& d : cascade_.tensors[stationary].dimensions) {
        if (std::find(own.begin(), own.end(), cascade_.base_of(d.rank)) != own.end())
          has.insert(cascade_.base_of(d.rank));
      }
      std::vector<RankId> space(has.begin(), has.end());
      std::shuffle(space.begin(), space.end(), random_);
      if (space.size() >= 2) {
        return fmt::format("      - {{einsum: {}, on: grid, space: [{}, {}], stationary: {}}}\n",
                           name(e), variable(space[0]), variable(space[1]),
                           cascade_.tensors[stationary].name);
      }
    }
    if (!product && own.size() >= 2 && chance(15)) {
      std::vector<RankId> space = own;
      std::shuffle(space.begin(), space.end(), random_);
      return fmt::format("      - {{einsum: {}, on: grid, space: [{}, {}]}}\n", name(e),
                         variable(space[0]), variable(space[1]));
    }
    return fmt::format("      - {{einsum: {}, on: {}, lanes: {}}}\n", name(e),
                       chance(60) ? "lanes_a" : "lanes_b", variable(any(own)));
  }

  bool crosses(TensorId t) const {
    const EinsumId writer = cascade_.tensors[t].defined_by;
    for (EinsumId e = 0; e < static_cast<EinsumId>(cascade_.einsums.size()); ++e) {
      for (const einsum::Access& access : cascade_.einsums[e].inputs) {
        if (access.tensor == t && group_of_.at(e) != group_of_.at(writer)) return true;
      }
    }
    return false;
  }

  std::string tensors() {
    std::string text;
    for (TensorId t = 0; t < static_cast<TensorId>(cascade_.tensors.size()); ++t) {
      const einsum::Tensor& tensor = cascade_.tensors[t];
      std::string at = "buffer";
      std::string hold;
      if (tensor.role == einsum::TensorRole::output ||
          (tensor.role == einsum::TensorRole::intermediate && crosses(t))) {
        at = "dram";
      } else if (tensor.role == einsum::TensorRole::intermediate) {
        const std::vector<std::string> places{"buffer", "buffer", "grid", "lanes_a", "link"};
        at = any(places);
        if (!generational(t) && chance(10)) at = "dram";
      }
      if (chance(tensor.role == einsum::TensorRole::input ? 50 : 15)) {
        std::vector<std::string> loops{"h"};
        if (groups_.size() == 1) loops.insert(loops.end(), loops_[0].begin(), loops_[0].end());
        hold = ", hold: " + any(loops);
      }
      const std::string copies =
          chance(30) ? fmt::format(", copies: {}", chance(10) ? 64 : pick(1, 4)) : "";
      text += fmt::format("  {}: {{at: {}{}{}, format: {}}}\n", tensor.name, at, hold, copies,
                          tensor.role == einsum::TensorRole::input ? "bf16" : "fp32");
    }
    return text;
  }

  std::mt19937_64& random_;
  const Cascade& cascade_;
  std::vector<std::vector<EinsumId>> groups_;
  std::map<EinsumId, std::size_t> group_of_;
  std::vector<std::vector<std::string>> loops_;
  std::int64_t part_tile_ = 0;
};

}  // namespace

std::string random_architecture(std::mt19937_64& random) {
  const auto pick = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  const auto operations = [&] {
    std::string text;
    for (const char* name : {"macc", "multiply", "add", "max", "divide"})
      text +=
          fmt::format("      {}: {{interval_cycles: 1, latency_cycles: {}}}\n", name, pick(1, 4));
    return text + fmt::format(
                      "      exp: {{method: unit, interval_cycles: 1, latency_cycles: {}, "
                      "absorbs_subtract: {}}}\n",
                      pick(1, 8), pick(0, 1) == 0 ? "true" : "false");
  };
  std::string text = "description: everything\nsource: test\nclock_hz: 1e9\narrays:\n";
  text += fmt::format(
      "  grid:\n    kind: spatial\n    rows: {}\n    columns: {}\n    tile_contexts: {}\n",
      pick(1, 8), pick(1, 8), pick(1, 4));
  text += fmt::format("    overlaps_preload: {}\n    overlaps_drain: {}\n    operations:\n",
                      pick(0, 1) == 0 ? "true" : "false", pick(0, 1) == 0 ? "true" : "false");
  text += operations();
  for (const char* name : {"lanes_a", "lanes_b"})
    text +=
        fmt::format("  {}:\n    kind: vector\n    lanes: {}\n    operations:\n", name, pick(1, 8)) +
        operations();
  text += fmt::format(
      "links:\n  - {{from: grid, to: lanes_a, hops: rows}}\n  - {{from: lanes_a, to: grid, "
      "latency_cycles: {}}}\n",
      pick(0, 3));
  text += fmt::format(
      "buffer: {{bytes: {}, row_bytes: 64, banks: 16, read_ports: {}, write_ports: {}}}\n",
      pick(1, 30) == 1 ? 2048 : 1 << 22, pick(3, 6), pick(3, 4));
  text += fmt::format(
      "dram: {{bandwidth_bytes_per_s: 32e9, latency_cycles: {}, outstanding: {}, burst_bytes: "
      "256}}\n",
      pick(1, 60), pick(1, 16));
  return text;
}

std::string random_binding(std::mt19937_64& random, const einsum::Cascade& cascade) {
  return Maker(random, cascade).make();
}

}  // namespace weft::sim::engine::test
