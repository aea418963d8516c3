#include <algorithm>

#include "models/einsum/draft_resolver.hpp"
#include "models/einsum/operators.hpp"

namespace weft::einsum {

void Resolver::read() {
  Einsum& einsum = cascade_.einsums[id_];
  const std::size_t before = draft_.problems.size();
  for (const ParsedAccess& access : parsed_.accesses) einsum.inputs.push_back(read_access(access));
  for (const ParsedNode& node : parsed_.nodes) einsum.nodes.push_back(read_node(node, einsum));
  if (draft_.problems.size() > before) return;
  reduce(einsum);
  check_ranks(einsum);
  if (parsed_.mask) read_mask(*parsed_.mask, einsum);
}

Access Resolver::read_access(const ParsedAccess& parsed) {
  Access access{draft_.tensor(parsed.name), {}, line_.places.at(parsed.offset)};
  if (access.tensor == kNone) {
    add(parsed.offset, parsed.name,
        "no such tensor: neither an input nor written by an Einsum; " +
            draft_.hint(parsed.name, tensor_names));
    return access;
  }
  const Tensor& tensor = cascade_.tensors[access.tensor];
  std::size_t at = 0;
  const bool enough = parsed.indices.size() >= tensor.dimensions.size();
  for (const Dimension& dimension : tensor.dimensions) {
    if (!enough || at >= parsed.indices.size()) break;
    at += read_dimension(parsed, at, dimension, access);
    if (at == std::string::npos) return access;
  }
  if (access.indices.size() != tensor.dimensions.size() || at != parsed.indices.size()) {
    add(parsed.offset, parsed.name,
        "rank mismatch: it has " + std::to_string(tensor.dimensions.size()) + " dimension(s) " +
            dimensions_text(cascade_, tensor) + ", and " + std::to_string(parsed.indices.size()) +
            " index(es) are given");
  }
  return access;
}

// Reads one dimension from index `at` on; returns how many indices it took, or what makes `at`
// npos after a complaint.
std::size_t Resolver::read_dimension(const ParsedAccess& parsed, std::size_t at,
                                     const Dimension& dimension, Access& access) {
  const std::size_t stop = std::string::npos - at;
  const ParsedSum& sum = parsed.indices[at];
  const Rank& rank = cascade_.ranks[dimension.rank];
  if (const RankId first = simple(sum); first != kNone && contains(rank.parts, first)) {
    return composite(parsed, at, rank, access) ? rank.parts.size() : stop;
  }
  Index index;
  index.constant = static_cast<int>(sum.constant);
  if (sum.terms.empty()) {
    add(sum.offset, "",
        "a constant is no index; read '" + rank.variable +
            "', and set generation 0 with 'initial'");
    return stop;
  }
  const ParsedTerm& first = sum.terms[0];
  const bool read =
      sum.terms.size() == 1 && first.access == kNone && is_name(draft_.rank(first.name), first.name)
          ? read_last_generation(sum, dimension, index)
          : read_terms(sum, index) && fits(sum, index, dimension, parsed.name);
  if (!read) return stop;
  access.indices.push_back(std::move(index));
  return 1;
}

// `RM[M1,p]`.
bool Resolver::read_last_generation(const ParsedSum& sum, const Dimension& dimension,
                                    Index& index) {
  const Rank& rank = cascade_.ranks[dimension.rank];
  if (!dimension.generational || !is_name(dimension.rank, sum.terms[0].name) || sum.constant != 0 ||
      sum.terms[0].coefficient != 1) {
    add(sum.offset, sum.terms[0].name,
        "upper case reads the last generation, and this dimension " +
            (dimension.generational ? "is of rank " + rank.name + ": write '" + rank.name + "'"
                                    : "is not generational: write '" + rank.variable + "'"));
    return false;
  }
  index.last_generation = true;
  return true;
}

// Variables, extents and coordinates that tensors hold.
bool Resolver::read_terms(const ParsedSum& sum, Index& index) {
  for (const ParsedTerm& term : sum.terms) {
    if (term.access != kNone) {
      index.gathers.push_back({term.access, term.coefficient});
      continue;
    }
    const RankId rank = draft_.rank(term.name);
    if (is_name(rank, term.name)) {
      index.extents.push_back({rank, term.coefficient});
      continue;
    }
    const RankId found = variable(term);
    if (found == kNone) return false;
    index.terms.push_back({found, term.coefficient});
  }
  if (!index.terms.empty() || !index.gathers.empty()) return true;
  add(sum.offset, sum.terms[0].name,
      "an index of extents alone is a constant, and a constant is no index; add a variable, as in "
      "'p+w-W+1'");
  return false;
}

// The rank of an index that is one variable and nothing else.
RankId Resolver::simple(const ParsedSum& sum) const {
  if (sum.terms.size() != 1 || sum.constant != 0 || sum.terms[0].coefficient != 1 ||
      sum.terms[0].access != kNone)
    return kNone;
  const RankId rank = draft_.rank(sum.terms[0].name);
  return rank != kNone && cascade_.ranks[rank].variable == sum.terms[0].name ? rank : kNone;
}

bool Resolver::composite(const ParsedAccess& parsed, std::size_t at, const Rank& rank,
                         Access& access) {
  Index index;
  index.composite = true;
  std::string expected;
  bool holds = true;
  for (std::size_t i = 0; i < rank.parts.size(); ++i) {
    holds =
        holds && at + i < parsed.indices.size() && simple(parsed.indices[at + i]) == rank.parts[i];
    index.terms.push_back({rank.parts[i], 1});
    expected += (i == 0 ? "" : ",") + cascade_.ranks[rank.parts[i]].variable;
  }
  if (!holds)
    add(parsed.indices[at].offset, parsed.indices[at].terms[0].name,
        "rank " + rank.name + " is read through all its partitions, outermost first: write '" +
            expected + "', or '" + rank.variable + "'");
  access.indices.push_back(std::move(index));
  return holds;
}

bool Resolver::fits(const ParsedSum& sum, const Index& index, const Dimension& dimension,
                    const std::string& tensor) {
  const Rank& rank = cascade_.ranks[dimension.rank];
  const bool single = index.terms.size() == 1 && index.extents.empty() && index.gathers.empty();
  if (index.gathers.size() == 1 && index.terms.empty() && index.gathers[0].coefficient == 1 &&
      !holds_coordinates_of(index.gathers[0].input, dimension.rank, sum, tensor))
    return false;
  if (single && index.terms[0].rank != dimension.rank && index.terms[0].coefficient == 1) {
    const Rank& given = cascade_.ranks[index.terms[0].rank];
    add(sum.offset, given.variable,
        "rank mismatch: it ranges over " + given.name + ", and this dimension of '" + tensor +
            "' is " + rank.name + ": write '" + rank.variable + "'");
    return false;
  }
  if (dimension.generational && (!single || index.terms[0].coefficient != 1)) {
    add(sum.offset, "",
        "a generational dimension is read at '" + rank.variable + "', '" + rank.variable +
            "+1' or its last generation '" + rank.name + "'");
    return false;
  }
  return true;
}

// Whether the tensor of a gather holds coordinates of the dimension's rank; one that no selection
// made may hold any.
bool Resolver::holds_coordinates_of(int input, RankId wanted, const ParsedSum& sum,
                                    const std::string& tensor) {
  const TensorId held = draft_.tensor(parsed_.accesses[input].name);
  const RankId known = held == kNone ? kNone : cascade_.tensors[held].coordinates_of;
  if (known == kNone || cascade_.base_of(known) == cascade_.base_of(wanted)) return true;
  add(sum.offset, cascade_.tensors[held].name,
      "rank mismatch: it holds coordinates of " + cascade_.ranks[known].name +
          ", and this dimension of '" + tensor + "' is " + cascade_.ranks[wanted].name);
  return false;
}

Node Resolver::read_node(const ParsedNode& parsed, Einsum& einsum) {
  Node node{parsed.op, parsed.left, parsed.right, parsed.access, parsed.value, kNone};
  if (parsed.op != Op::scalar) return node;
  node.scalar = draft_.scalar(parsed.name);
  if (node.scalar != kNone) return node;
  const TensorId tensor = draft_.tensor(parsed.name);
  if (tensor == kNone) {
    add(parsed.offset, parsed.name,
        "neither a scalar nor a tensor; " + draft_.hint(parsed.name, tensor_and_scalar_names));
  } else if (!cascade_.tensors[tensor].dimensions.empty()) {
    add(parsed.offset, parsed.name,
        "rank mismatch: it has dimensions " + dimensions_text(cascade_, cascade_.tensors[tensor]) +
            ", and no index is given");
  }
  node.op = Op::access;
  node.access = static_cast<int>(einsum.inputs.size());
  einsum.inputs.push_back({tensor, {}, line_.places.at(parsed.offset)});
  return node;
}

}  // namespace weft::einsum
