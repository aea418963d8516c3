#include <algorithm>

#include "models/einsum/draft_resolver.hpp"

namespace weft::einsum {

void Resolver::read_mask(const ParsedMask& parsed, Einsum& einsum) {
  Mask mask;
  mask.otherwise = parsed.otherwise;
  mask.where = line_.places.at(parsed.offset);
  mask.compare = parsed.compare;
  const std::size_t before = draft_.problems.size();
  mask.left = side(parsed.left, einsum);
  mask.right = side(parsed.right, einsum);
  check_mask_reads(einsum);
  if (draft_.problems.size() > before) return;
  const auto by_value = [](const Mask::Side& side) {
    return !side.values.empty() || !side.scalars.empty() || side.fraction != 0;
  };
  mask.by_value = by_value(mask.left) || by_value(mask.right) ||
                  mask.compare == Mask::Compare::equal || mask.compare == Mask::Compare::unequal;
  const bool reads = !mask.left.values.empty() || !mask.right.values.empty();
  if (mask.left.coordinates.empty() && mask.right.coordinates.empty() && !reads) {
    add(parsed.offset, "where",
        "bad mask: it names no coordinate; use variables of the left-hand side, as in 'm <= p + "
        "M - P'");
    return;
  }
  if (mask.compare == Mask::Compare::below && !mask.by_value) {
    mask.left.constant += 1;
    mask.compare = Mask::Compare::at_most;
  }
  einsum.mask = std::move(mask);
}

Mask::Side Resolver::side(const ParsedSum& sum, Einsum& einsum) {
  Mask::Side side;
  side.constant = sum.constant;
  side.fraction = sum.fraction;
  for (const ParsedTerm& term : sum.terms) {
    const RankId rank = term.access == kNone ? draft_.rank(term.name) : kNone;
    if (is_name(rank, term.name)) {
      side.extents.push_back({rank, term.coefficient});
    } else if (rank == kNone) {
      value_term(term, einsum, side);
    } else if (!may_mask(rank, einsum)) {
      add(term.offset, term.name,
          "bad mask: not on the left-hand side; a mask uses the variables of the tensor that is "
          "written, " +
              mask_variables(einsum));
    } else {
      side.coordinates.push_back({rank, term.coefficient});
    }
  }
  return side;
}

// A tensor's value, or a scalar.
void Resolver::value_term(const ParsedTerm& term, Einsum& einsum, Mask::Side& side) {
  if (term.access != kNone) {
    side.values.push_back({term.access, term.coefficient});
    return;
  }
  if (const ScalarId scalar = draft_.scalar(term.name); scalar != kNone) {
    side.scalars.emplace_back(scalar, term.coefficient);
    return;
  }
  const TensorId tensor = draft_.tensor(term.name);
  if (tensor != kNone && cascade_.tensors[tensor].dimensions.empty()) {
    side.values.push_back({static_cast<int>(einsum.inputs.size()), term.coefficient});
    einsum.inputs.push_back({tensor, {}, line_.places.at(term.offset)});
    return;
  }
  if (tensor != kNone) {
    add(term.offset, term.name,
        "bad mask: rank mismatch: it has dimensions " +
            dimensions_text(cascade_, cascade_.tensors[tensor]) + ", and no index is given");
    return;
  }
  add(term.offset, term.name,
      "bad mask: neither a coordinate nor a rank; " +
          draft_.hint(term.name, rank_variables_and_names));
}

// What the mask's tensors are indexed with, it could itself be about.
void Resolver::check_mask_reads(const Einsum& einsum) {
  for (std::size_t i = parsed_.mask->first_access; i < parsed_.accesses.size(); ++i) {
    for (const Index& index : einsum.inputs[i].indices) {
      for (const Index::Term& term : index.terms) {
        if (may_mask(term.rank, einsum)) continue;
        add(parsed_.accesses[i].offset, cascade_.ranks[term.rank].variable,
            "bad mask: not on the left-hand side; a mask uses the variables of the tensor that is "
            "written, " +
                mask_variables(einsum));
      }
    }
  }
}

// A rank written, or a base rank all of whose partitions are; of a selection its candidates.
bool Resolver::may_mask(RankId rank, const Einsum& einsum) const {
  const auto written = [&](RankId r) {
    return einsum.iterates(r) && (einsum.selected != kNone || !einsum.reduces(r));
  };
  const std::vector<RankId>& parts = cascade_.ranks[rank].parts;
  return written(rank) || (!parts.empty() && std::all_of(parts.begin(), parts.end(), written));
}

std::string Resolver::mask_variables(const Einsum& einsum) const {
  std::vector<std::string> names;
  for (RankId rank = 0; rank < static_cast<RankId>(cascade_.ranks.size()); ++rank) {
    if (may_mask(rank, einsum)) names.push_back(cascade_.ranks[rank].variable);
  }
  return names.empty() ? "which has none" : one_of(names);
}

}  // namespace weft::einsum
