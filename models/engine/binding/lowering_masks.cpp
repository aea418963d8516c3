// Whether tiles that the mask hides can be left out: what stands at hidden points must not change
// any result.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "models/einsum/operators.hpp"
#include "models/engine/binding/lowerer.hpp"

namespace weft::engine {
namespace {

using einsum::Einsum;
using einsum::Node;
using einsum::Op;

// What stands at a hidden point: a number that is known, what a tensor had a generation before, or
// some finite number.
struct Known {
  std::optional<double> value;
  TensorId same = kNone;
  bool is(double number) const { return value && *value == number; }
  bool operator==(const Known&) const = default;
};

Known number(double value) { return {value, kNone}; }

Known apply(Op op, const Known& a, const Known& b) {
  const bool both = a.value && b.value;
  const auto infinite = [](const Known& x) { return x.value && std::isinf(*x.value); };
  switch (op) {
    case Op::negate: return a.value ? number(-*a.value) : Known{};
    case Op::exp: return a.value ? number(std::exp(*a.value)) : Known{};
    case Op::add:
      if (both) return number(*a.value + *b.value);
      return infinite(a) || b.is(0) ? a : infinite(b) || a.is(0) ? b : Known{};
    case Op::subtract:
      if (a.same != kNone && a == b) return number(0);
      return apply(Op::add, a, b.value ? number(-*b.value) : Known{});
    case Op::multiply:
      if (both) return number(*a.value * *b.value);
      return a.is(0) || b.is(0) ? number(0) : a.is(1) ? b : b.is(1) ? a : Known{};
    case Op::divide:
      if (both) return number(*a.value / *b.value);
      return a.is(0) || infinite(b) ? number(0) : b.is(1) ? a : Known{};
    case Op::max:
    case Op::min: {
      if (both)
        return number(op == Op::max ? std::max(*a.value, *b.value) : std::min(*a.value, *b.value));
      const double identity = *einsum::operator_of(op).identity;
      return a.is(identity) ? b : b.is(identity) ? a : Known{};
    }
    case Op::access:
    case Op::constant:
    case Op::topk:
    case Op::scalar: break;
  }
  return {};
}

bool reads_before(const einsum::Cascade& cascade, const einsum::Access& access) {
  for (std::size_t d = 0; d < access.indices.size(); ++d) {
    const bool generational = cascade.tensors[access.tensor].dimensions[d].generational;
    if (generational && !access.indices[d].last_generation && access.indices[d].constant == 0)
      return true;
  }
  return false;
}

// What an Einsum has at points that the mask hides; `known`: of the tensors over keys and queries.
Known hidden_value(const einsum::Cascade& cascade, const Einsum& einsum,
                   const std::map<TensorId, Known>& known) {
  if (einsum.mask) return number(einsum.mask->otherwise);
  std::vector<Known> values;
  const auto of = [&](int node) {
    return node == kNone ? Known{} : values[static_cast<std::size_t>(node)];
  };
  for (const Node& node : einsum.nodes) {
    if (node.op == Op::constant) {
      values.push_back(number(node.value));
    } else if (node.op == Op::scalar) {
      values.push_back(number(cascade.scalars[static_cast<std::size_t>(node.scalar)].value));
    } else if (node.op == Op::access) {
      const einsum::Access& access = einsum.inputs[static_cast<std::size_t>(node.access)];
      const auto found = known.find(access.tensor);
      values.push_back(reads_before(cascade, access) ? Known{{}, access.tensor}
                       : found == known.end()        ? Known{}
                                                     : found->second);
    } else {
      values.push_back(apply(node.op, of(node.left), of(node.right)));
    }
  }
  // A sum of many is what one of them is where that is nothing; a maximum of equals is one of them.
  const Known& whole = values.back();
  return !einsum.reduced.empty() && einsum.reduction == Op::add && !whole.is(0) ? Known{} : whole;
}

}  // namespace

// Whether a group that cuts keys and queries otherwise than group `made` reads the tensor.
bool Lowerer::made_elsewhere(TensorId t, int made) const {
  const auto cut = [&](const LoweredGroup& group, RankId base) {
    std::string text;
    for (const TiledRank& tiled : group.tiled) {
      if (tiled.base == base)
        text = canonical_text(tiled.tiling.tile) +
               (tiled.tiling.times ? "*" + std::to_string(tiled.tiling.times->front()) : "");
    }
    return text;
  };
  const LoweredGroup& maker = out_.groups[static_cast<std::size_t>(made)];
  return std::any_of(out_.groups.begin(), out_.groups.end(), [&](const LoweredGroup& group) {
    const bool reads =
        std::any_of(group.steps.begin(), group.steps.end(), [&](const LoweredStep& step) {
          return std::find(step.reads.begin(), step.reads.end(), t) != step.reads.end();
        });
    return reads && (cut(group, out_.mask_key) != cut(maker, out_.mask_key) ||
                     cut(group, out_.mask_query) != cut(maker, out_.mask_query));
  });
}

void Lowerer::mask_rules() {
  if (out_.mask_einsum == kNone) return;
  std::map<TensorId, Known> known;
  for (std::size_t e = 0; e < cascade_.einsums.size(); ++e) {
    const Einsum& einsum = cascade_.einsums[e];
    const auto id = static_cast<EinsumId>(e);
    if (!iterates_base(id, out_.mask_key) || !iterates_base(id, out_.mask_query)) continue;
    const Known hidden = hidden_value(cascade_, einsum, known);
    const einsum::Tensor& output = cascade_.tensors[einsum.outputs[0].tensor];
    const bool keeps = output_has_base(id, out_.mask_key) && output_has_base(id, out_.mask_query);
    if (keeps) known[einsum.outputs[0].tensor] = hidden;
    const auto cuts_both = [&](const LoweredGroup& group) {
      const auto cut = [&](RankId base) {
        return std::any_of(group.tiled.begin(), group.tiled.end(),
                           [&](const TiledRank& t) { return t.base == base; });
      };
      return cut(out_.mask_key) && cut(out_.mask_query);
    };
    const int made = out_.tensors[einsum.outputs[0].tensor].made_in_group;
    if (made == kNone || !cuts_both(out_.groups[static_cast<std::size_t>(made)])) continue;
    const auto refuse = [&](const std::string& why) {
      problems_.push_back({einsum.where, "einsums", output.name, why});
    };
    if (!keeps) {
      if (!hidden.is(*einsum::operator_of(einsum.reduction).identity))
        refuse(
            "it would miss what the mask hides: tiles of keys that no query sees are left out, and "
            "here they count; mask it too, or cut " +
            cascade_.ranks[out_.mask_key].variable + " and " +
            cascade_.ranks[out_.mask_query].variable + " in no group together");
      continue;
    }
    if (is_generational(einsum.outputs[0].tensor) && hidden != Known{{}, einsum.outputs[0].tensor})
      refuse(
          "its generations go on where the mask hides keys, and those tiles are left out; mask "
          "what changes it");
    if (is_generational(einsum.outputs[0].tensor) &&
        cascade_.base_of(output.dimensions.back().rank) != out_.mask_query)
      refuse("a tensor with generations under a mask has the queries as its last index");
    if (static_cast<int>(e) == out_.mask_einsum)
      continue;  // its hidden points are there as the mask says
    if (made_elsewhere(einsum.outputs[0].tensor, made))
      refuse("what the mask hides of it is not made, and a group that cuts " +
             cascade_.ranks[out_.mask_key].variable + " and " +
             cascade_.ranks[out_.mask_query].variable +
             " in another way reads it; mask it too, or cut them alike");
    if (output.role == einsum::TensorRole::output)
      refuse("an output over keys and queries would lack what the mask hides");
  }
}

}  // namespace weft::engine
