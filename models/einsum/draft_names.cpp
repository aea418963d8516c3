#include <algorithm>

#include "models/einsum/draft.hpp"
#include "models/einsum/operators.hpp"

namespace weft::einsum {
namespace {

bool contains(const std::vector<RankId>& ranks, RankId rank) {
  return std::find(ranks.begin(), ranks.end(), rank) != ranks.end();
}

// Resolves one Einsum. Stops at the Einsum's first faulty part where the rest would only repeat the
// complaint.
class Resolver {
 public:
  Resolver(Draft& draft, EinsumId id)
      : draft_(draft),
        cascade_(draft.cascade),
        line_(draft.lines[id]),
        parsed_(line_.parsed),
        id_(id) {}

  // The left-hand side: declares the tensor it writes.
  void write() {
    Einsum einsum;
    einsum.text = draft_.file.einsums[id_].text;
    einsum.where = line_.places.at(0);
    Tensor tensor;
    tensor.name = parsed_.output.name;
    tensor.defined_by = id_;
    tensor.where = line_.places.at(parsed_.output.offset);
    Access access{kNone, {}, tensor.where};
    for (const ParsedSum& sum : parsed_.output.indices) write_index(sum, einsum, tensor, access);
    claim(std::move(tensor), access, einsum);
    cascade_.einsums.push_back(std::move(einsum));
  }

  // The right-hand side and the mask.
  void read() {
    Einsum& einsum = cascade_.einsums[id_];
    const std::size_t before = draft_.problems.size();
    for (const ParsedAccess& access : parsed_.accesses)
      einsum.inputs.push_back(read_access(access));
    for (const ParsedNode& node : parsed_.nodes) einsum.nodes.push_back(read_node(node, einsum));
    if (draft_.problems.size() > before) return;
    reduce(einsum);
    check_ranks(einsum);
    if (parsed_.mask) read_mask(*parsed_.mask, einsum);
  }

 private:
  void add(std::size_t offset, std::string value, std::string message) {
    draft_.add(line_, offset, std::move(value), std::move(message));
  }

  bool is_name(RankId rank, const std::string& text) const {
    return rank != kNone && cascade_.ranks[rank].name == text;
  }

  // The rank of a variable; kNone after a complaint.
  RankId variable(const ParsedTerm& term) {
    const RankId rank = draft_.rank(term.name);
    if (rank == kNone || cascade_.ranks[rank].variable != term.name) {
      add(term.offset, term.name, "not a rank variable; " + draft_.hint(term.name, rank_variables));
      return kNone;
    }
    return rank;
  }

  void write_index(const ParsedSum& sum, Einsum& einsum, Tensor& tensor, Access& access) {
    if (sum.terms.size() != 1 || sum.terms[0].coefficient != 1 || sum.constant < 0 ||
        sum.constant > 1) {
      add(sum.offset, "",
          "an index on the left is a rank variable 'm', or 'm+1' for the next generation; "
          "generation 0 is set with 'initial'");
      return;
    }
    const RankId rank = variable(sum.terms[0]);
    if (rank == kNone) return;
    const bool generational = sum.constant == 1;
    if (contains(einsum.iteration, rank)) {
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

  void claim(Tensor tensor, Access access, Einsum& einsum) {
    const std::size_t offset = parsed_.output.offset;
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
    } else if (function_named(tensor.name) != nullptr || reduction_named(tensor.name) != nullptr ||
               tensor.name == "inf") {
      add(offset, tensor.name, "is a word of the language; write a tensor of another name");
    } else {
      access.tensor = draft_.declare(std::move(tensor));
    }
    einsum.outputs.push_back(std::move(access));
  }

  Access read_access(const ParsedAccess& parsed) {
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
  std::size_t read_dimension(const ParsedAccess& parsed, std::size_t at, const Dimension& dimension,
                             Access& access) {
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
    if (sum.terms.size() == 1 && is_name(draft_.rank(sum.terms[0].name), sum.terms[0].name)) {
      if (!dimension.generational || !is_name(dimension.rank, sum.terms[0].name) ||
          sum.constant != 0 || sum.terms[0].coefficient != 1) {
        add(sum.offset, sum.terms[0].name,
            "upper case reads the last generation, and this dimension " +
                (dimension.generational ? "is of rank " + rank.name + ": write '" + rank.name + "'"
                                        : "is not generational: write '" + rank.variable + "'"));
        return stop;
      }
      index.last_generation = true;
      access.indices.push_back(std::move(index));
      return 1;
    }
    for (const ParsedTerm& term : sum.terms) {
      const RankId found = variable(term);
      if (found == kNone) return stop;
      index.terms.push_back({found, term.coefficient});
    }
    if (!fits(sum, index, dimension, parsed.name)) return stop;
    access.indices.push_back(std::move(index));
    return 1;
  }

  // The rank of an index that is one variable and nothing else.
  RankId simple(const ParsedSum& sum) const {
    if (sum.terms.size() != 1 || sum.constant != 0 || sum.terms[0].coefficient != 1) return kNone;
    const RankId rank = draft_.rank(sum.terms[0].name);
    return rank != kNone && cascade_.ranks[rank].variable == sum.terms[0].name ? rank : kNone;
  }

  bool composite(const ParsedAccess& parsed, std::size_t at, const Rank& rank, Access& access) {
    Index index;
    index.composite = true;
    std::string expected;
    bool holds = true;
    for (std::size_t i = 0; i < rank.parts.size(); ++i) {
      holds = holds && at + i < parsed.indices.size() &&
              simple(parsed.indices[at + i]) == rank.parts[i];
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

  bool fits(const ParsedSum& sum, const Index& index, const Dimension& dimension,
            const std::string& tensor) {
    const Rank& rank = cascade_.ranks[dimension.rank];
    const bool single = index.terms.size() == 1;
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

  Node read_node(const ParsedNode& parsed, Einsum& einsum) {
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
          "rank mismatch: it has dimensions " +
              dimensions_text(cascade_, cascade_.tensors[tensor]) + ", and no index is given");
    }
    node.op = Op::access;
    node.access = static_cast<int>(einsum.inputs.size());
    einsum.inputs.push_back({tensor, {}, line_.places.at(parsed.offset)});
    return node;
  }

  std::vector<RankId> right_ranks(const Einsum& einsum) const {
    std::vector<RankId> ranks;
    for (const Access& access : einsum.inputs) {
      for (const Index& index : access.indices) {
        for (const Index::Term& term : index.terms) {
          if (!contains(ranks, term.rank)) ranks.push_back(term.rank);
        }
      }
    }
    return ranks;
  }

  void reduce(Einsum& einsum) {
    const std::vector<RankId> right = right_ranks(einsum);
    if (parsed_.reduction) {
      einsum.reduction = parsed_.reduction->op;
      for (const ParsedTerm& term : parsed_.reduction->ranks) reduce_rank(term, right, einsum);
    }
    for (const RankId rank : right) {
      if (contains(einsum.iteration, rank) || contains(einsum.reduced, rank)) continue;
      if (parsed_.reduction) {
        const std::string& name = cascade_.ranks[rank].variable;
        add(parsed_.reduction->offset, name,
            "stands neither on the left nor in the reduction; put it into one of them");
        continue;
      }
      einsum.reduced.push_back(rank);
    }
    einsum.iteration.insert(einsum.iteration.end(), einsum.reduced.begin(), einsum.reduced.end());
  }

  void reduce_rank(const ParsedTerm& term, const std::vector<RankId>& right, Einsum& einsum) {
    const RankId rank = variable(term);
    if (rank == kNone) return;
    if (contains(einsum.iteration, rank)) {
      add(term.offset, term.name, "is reduced and also on the left; drop it from one of them");
    } else if (!contains(right, rank)) {
      add(term.offset, term.name,
          "is reduced but indexes nothing on the right; " + allowed_reductions(right, einsum));
    } else if (contains(einsum.reduced, rank)) {
      add(term.offset, term.name, "is reduced twice");
    } else {
      einsum.reduced.push_back(rank);
    }
  }

  std::string allowed_reductions(const std::vector<RankId>& right, const Einsum& einsum) const {
    std::vector<std::string> names;
    for (const RankId rank : right) {
      if (!contains(einsum.iteration, rank)) names.push_back(cascade_.ranks[rank].variable);
    }
    return names.empty() ? "no variable is left to reduce" : "can be reduced: " + one_of(names);
  }

  void check_ranks(const Einsum& einsum) {
    const std::vector<RankId> right = right_ranks(einsum);
    for (const ParsedSum& sum : parsed_.output.indices) {
      if (sum.terms.empty() || contains(right, draft_.rank(sum.terms[0].name))) continue;
      add(sum.offset, sum.terms[0].name,
          "stands on the left and nowhere on the right, so its values are undefined; drop it or "
          "index a tensor with it");
    }
    for (const RankId rank : einsum.iteration) {
      const RankId base = cascade_.ranks[rank].base;
      if (base == kNone || !contains(einsum.iteration, base)) continue;
      add(parsed_.output.offset, cascade_.ranks[rank].variable,
          "an Einsum ranges over rank " + cascade_.ranks[base].name +
              " or over its partitions, not both; use '" + cascade_.ranks[base].variable +
              "' alone or the partitions alone");
      return;
    }
  }

  void read_mask(const ParsedMask& parsed, Einsum& einsum) {
    Mask mask;
    mask.otherwise = parsed.otherwise;
    mask.where = line_.places.at(parsed.offset);
    const std::size_t before = draft_.problems.size();
    mask.left = side(parsed.left, einsum);
    mask.right = side(parsed.right, einsum);
    if (draft_.problems.size() > before) return;
    if (mask.left.coordinates.empty() && mask.right.coordinates.empty()) {
      add(parsed.offset, "where",
          "bad mask: it names no coordinate; use variables of the left-hand side, as in 'm <= p + "
          "M - P'");
      return;
    }
    einsum.mask = std::move(mask);
  }

  Mask::Side side(const ParsedSum& sum, const Einsum& einsum) {
    Mask::Side side;
    side.constant = sum.constant;
    for (const ParsedTerm& term : sum.terms) {
      const RankId rank = draft_.rank(term.name);
      if (is_name(rank, term.name)) {
        side.extents.push_back({rank, term.coefficient});
      } else if (rank == kNone) {
        add(term.offset, term.name,
            "bad mask: neither a coordinate nor a rank; " +
                draft_.hint(term.name, rank_variables_and_names));
      } else if (!on_left(rank, einsum)) {
        add(term.offset, term.name,
            "bad mask: not on the left-hand side; a mask uses the variables of the tensor that is "
            "written, " +
                left_text(einsum));
      } else {
        side.coordinates.push_back({rank, term.coefficient});
      }
    }
    return side;
  }

  // A rank written, or a base rank all of whose partitions are.
  bool on_left(RankId rank, const Einsum& einsum) const {
    const auto written = [&](RankId r) {
      return contains(einsum.iteration, r) && !contains(einsum.reduced, r);
    };
    const std::vector<RankId>& parts = cascade_.ranks[rank].parts;
    return written(rank) || (!parts.empty() && std::all_of(parts.begin(), parts.end(), written));
  }

  std::string left_text(const Einsum& einsum) const {
    std::vector<std::string> names;
    for (RankId rank = 0; rank < static_cast<RankId>(cascade_.ranks.size()); ++rank) {
      if (on_left(rank, einsum)) names.push_back(cascade_.ranks[rank].variable);
    }
    return names.empty() ? "which has none" : one_of(names);
  }

  Draft& draft_;
  Cascade& cascade_;
  const Line& line_;
  const ParsedEinsum& parsed_;
  EinsumId id_;
};

}  // namespace

void resolve_names(Draft& draft) {
  const auto count = static_cast<EinsumId>(draft.lines.size());
  for (EinsumId id = 0; id < count; ++id) Resolver(draft, id).write();
  const bool sound = draft.problems.empty();
  for (EinsumId id = 0; sound && id < count; ++id) Resolver(draft, id).read();
}

}  // namespace weft::einsum
