#include <algorithm>

#include "models/einsum/draft_resolver.hpp"
#include "models/einsum/operators.hpp"

namespace weft::einsum {

void Resolver::write() {
  Einsum einsum;
  einsum.text = draft_.file.einsums[id_].text;
  einsum.where = line_.places.at(0);
  const ParsedAccess& parsed = parsed_.outputs.front();
  Tensor tensor;
  tensor.name = parsed.name;
  tensor.defined_by = id_;
  tensor.where = line_.places.at(parsed.offset);
  Access access{kNone, {}, tensor.where};
  for (const ParsedSum& sum : parsed.indices) write_index(sum, einsum, tensor, access);
  claim(std::move(tensor), access, parsed.offset, einsum);
  if (parsed_.outputs.size() > 1) write_coordinates(einsum);
  cascade_.einsums.push_back(std::move(einsum));
}

// The second tensor on the left: where a maximum, a minimum or a selection found its values.
void Resolver::write_coordinates(Einsum& einsum) {
  const ParsedAccess& values = parsed_.outputs[0];
  const ParsedAccess& parsed = parsed_.outputs[1];
  if (parsed_.outputs.size() > 2) {
    add(parsed_.outputs[2].offset, parsed_.outputs[2].name,
        "a third tensor on the left; an Einsum gives values and, beside them, the coordinates at "
        "which they were found");
    return;
  }
  const bool same =
      std::equal(values.indices.begin(), values.indices.end(), parsed.indices.begin(),
                 parsed.indices.end(), [](const ParsedSum& a, const ParsedSum& b) {
                   return a.constant == b.constant &&
                          std::equal(a.terms.begin(), a.terms.end(), b.terms.begin(), b.terms.end(),
                                     [](const ParsedTerm& x, const ParsedTerm& y) {
                                       return x.name == y.name && x.coefficient == y.coefficient;
                                     });
                 });
  if (!same) {
    add(parsed.offset, parsed.name,
        "values and their coordinates have the same indices, in the same order: write those of '" +
            values.name + "'");
    return;
  }
  if (einsum.outputs.front().tensor == kNone) return;
  Tensor tensor = cascade_.tensors[einsum.outputs.front().tensor];
  const auto generational = std::find_if(tensor.dimensions.begin(), tensor.dimensions.end(),
                                         [](const Dimension& d) { return d.generational; });
  if (generational != tensor.dimensions.end()) {
    add(parsed.offset, parsed.name,
        "coordinates beside generations; take the maximum and its coordinate in an Einsum of "
        "their own");
    return;
  }
  tensor.name = parsed.name;
  tensor.where = line_.places.at(parsed.offset);
  Access access = einsum.outputs.front();
  access.where = tensor.where;
  claim(std::move(tensor), std::move(access), parsed.offset, einsum);
}

// The rank of a variable; kNone after a complaint.
RankId Resolver::variable(const ParsedTerm& term) {
  const RankId rank = draft_.rank(term.name);
  if (rank == kNone || cascade_.ranks[rank].variable != term.name) {
    add(term.offset, term.name, "not a rank variable; " + draft_.hint(term.name, rank_variables));
    return kNone;
  }
  return rank;
}

void Resolver::write_index(const ParsedSum& sum, Einsum& einsum, Tensor& tensor, Access& access) {
  if (sum.terms.size() != 1 || sum.terms[0].coefficient != 1 || sum.terms[0].access != kNone ||
      sum.constant < 0 || sum.constant > 1) {
    add(sum.offset, "",
        "an index on the left is a rank variable 'm', or 'm+1' for the next generation; "
        "generation 0 is set with 'initial'");
    return;
  }
  const RankId rank = variable(sum.terms[0]);
  if (rank == kNone) return;
  const bool generational = sum.constant == 1;
  if (einsum.iterates(rank)) {
    add(sum.offset, sum.terms[0].name,
        "stands twice on the left; each dimension written needs a variable of its own");
    return;
  }
  if (generational && std::any_of(tensor.dimensions.begin(), tensor.dimensions.end(),
                                  [](const Dimension& d) { return d.generational; })) {
    add(sum.offset, sum.terms[0].name, "a tensor has one generational dimension at most");
  }
  einsum.iteration.push_back(rank);
  tensor.dimensions.push_back({rank, generational});
  access.indices.push_back({{{rank, 1}}, static_cast<int>(sum.constant), false, false});
}

void Resolver::claim(Tensor tensor, Access access, std::size_t offset, Einsum& einsum) {
  const TensorId known = draft_.tensor(tensor.name);
  if (known != kNone && cascade_.tensors[known].role == TensorRole::input) {
    add(offset, tensor.name,
        "an input is written; inputs are read only, so write a tensor of another name");
  } else if (known != kNone) {
    add(offset, tensor.name,
        "written twice; line " + std::to_string(cascade_.tensors[known].where.line) +
            " writes it already, and each tensor is written by one Einsum");
  } else if (draft_.scalar(tensor.name) != kNone) {
    add(offset, tensor.name, "is a scalar; write a tensor of another name");
  } else if (function_named(tensor.name) != nullptr ||
             reduction_named(tensor.name, !draft_.file.dynamic.items.empty()) != nullptr ||
             tensor.name == "inf") {
    add(offset, tensor.name, "is a word of the language; write a tensor of another name");
  } else {
    access.tensor = draft_.declare(std::move(tensor));
  }
  einsum.outputs.push_back(std::move(access));
}

void resolve_names(Draft& draft) {
  const auto count = static_cast<EinsumId>(draft.lines.size());
  for (EinsumId id = 0; id < count; ++id) Resolver(draft, id).write();
  const bool sound = draft.problems.empty();
  for (EinsumId id = 0; sound && id < count; ++id) Resolver(draft, id).read();
}

}  // namespace weft::einsum
