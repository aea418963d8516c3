#include "models/einsum/domain.hpp"

#include <algorithm>

namespace weft::einsum {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {  // b > 0
  return a / b - (a % b < 0 ? 1 : 0);
}

std::int64_t dimension_size(const Dimension& dimension, const Extents& extents) {
  return extents[dimension.rank] + (dimension.generational ? 1 : 0);
}

bool always_holds(const Constraint& constraint, const Extents& extents) {
  std::int64_t least = constraint.form.constant;
  std::int64_t most = constraint.form.constant;
  for (const auto& [rank, coefficient] : constraint.form.terms) {
    std::int64_t& end = coefficient > 0 ? most : least;
    end = sum(end, product(coefficient, extents[rank] - 1));
  }
  return least >= 0 && most < constraint.bound;
}

void keep(std::vector<Constraint>& all, Constraint constraint, const Extents& extents) {
  if (!always_holds(constraint, extents) &&
      std::find(all.begin(), all.end(), constraint) == all.end())
    all.push_back(std::move(constraint));
}

void keep_partitions(const Cascade& cascade, const Einsum& einsum, const Extents& extents,
                     std::vector<Constraint>& all) {
  for (RankId base = 0; base < static_cast<RankId>(cascade.ranks.size()); ++base) {
    Constraint inside{{}, extents[base]};
    for (const RankId part : cascade.ranks[base].parts) {
      if (einsum.iterates(part)) inside.form.add(part, part_stride(cascade, part, extents));
    }
    if (!inside.form.terms.empty()) keep(all, std::move(inside), extents);
  }
}

// A producer's constraint over its own variables, rewritten over the reader's through the read's
// indices.
bool rewrite(const Cascade& cascade, const Constraint& from, const Access& write,
             const Access& read, const Tensor& tensor, const Extents& extents, Constraint& to) {
  to = {{{}, from.form.constant}, from.bound};
  for (const auto& [rank, coefficient] : from.form.terms) {
    bool found = false;
    for (std::size_t d = 0; d < write.indices.size() && !found; ++d) {
      if (write.indices[d].terms[0].rank != rank || tensor.dimensions[d].generational) continue;
      found = true;
      if (!read.indices[d].gathers.empty()) return false;
      const LinearForm form =
          index_form(cascade, read.indices[d], tensor.dimensions[d].rank, extents);
      for (const auto& [variable, inner] : form.terms)
        to.form.add(variable, product(coefficient, inner));
      to.form.constant += product(coefficient, form.constant);
    }
    if (!found) return false;  // over a reduced rank: the element exists all the same
  }
  return true;
}

}  // namespace

void LinearForm::add(RankId rank, std::int64_t more) {
  const auto place = std::find_if(terms.begin(), terms.end(),
                                  [&](const auto& term) { return term.first >= rank; });
  if (place == terms.end() || place->first != rank) {
    if (more != 0) terms.emplace(place, rank, more);
    return;
  }
  place->second += more;
  if (place->second == 0) terms.erase(place);
}

std::int64_t LinearForm::coefficient(RankId rank) const {
  for (const auto& [known, coefficient] : terms) {
    if (known == rank) return coefficient;
  }
  return 0;
}

namespace {
[[noreturn]] void too_large() {
  throw ConfigError(
      Problem{{}, "", "", "the extents are too large together: a count exceeds 64 bits"});
}
}  // namespace

std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) too_large();
  return result;
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) too_large();
  return result;
}

std::int64_t part_stride(const Cascade& cascade, RankId part, const Extents& extents) {
  std::int64_t stride = 1;
  for (const RankId other : cascade.ranks[cascade.base_of(part)].parts) {
    if (cascade.ranks[other].level < cascade.ranks[part].level)
      stride = product(stride, extents[other]);
  }
  return stride;
}

std::int64_t index_constant(const Index& index, const Extents& extents) {
  std::int64_t constant = index.constant;
  for (const Index::Term& term : index.extents)
    constant = sum(constant, product(term.coefficient, extents[term.rank]));
  return constant;
}

LinearForm index_form(const Cascade& cascade, const Index& index, RankId dimension,
                      const Extents& extents) {
  LinearForm form;
  form.constant = index.last_generation ? extents[dimension] : index_constant(index, extents);
  for (const Index::Term& term : index.terms)
    form.add(term.rank,
             index.composite ? part_stride(cascade, term.rank, extents) : term.coefficient);
  return form;
}

std::vector<std::vector<Constraint>> domains(const Cascade& cascade, const Extents& extents) {
  std::vector<std::vector<Constraint>> all(cascade.einsums.size());
  for (EinsumId id = 0; id < static_cast<EinsumId>(all.size()); ++id) {
    const Einsum& einsum = cascade.einsums[id];
    keep_partitions(cascade, einsum, extents, all[id]);
    for (const Access& read : einsum.inputs) {
      const Tensor& tensor = cascade.tensors[read.tensor];
      for (std::size_t d = 0; d < read.indices.size(); ++d) {
        if (!read.indices[d].gathers.empty()) continue;
        keep(all[id],
             {index_form(cascade, read.indices[d], tensor.dimensions[d].rank, extents),
              dimension_size(tensor.dimensions[d], extents)},
             extents);
      }
      if (tensor.defined_by == kNone || tensor.defined_by >= id) continue;
      const Access& write = cascade.einsums[tensor.defined_by].outputs.front();
      for (const Constraint& constraint : all[tensor.defined_by]) {
        Constraint inherited;
        if (rewrite(cascade, constraint, write, read, tensor, extents, inherited))
          keep(all[id], std::move(inherited), extents);
      }
    }
  }
  return all;
}

LinearForm side_form(const Cascade& cascade, const Einsum& einsum, const Mask::Side& side,
                     const Extents& extents) {
  LinearForm form;
  form.constant = side.constant;
  for (const Index::Term& term : side.extents)
    form.constant += product(term.coefficient, extents[term.rank]);
  for (const Index::Term& term : side.coordinates) {
    if (einsum.iterates(term.rank)) {
      form.add(term.rank, term.coefficient);
      continue;
    }
    for (const RankId part : cascade.ranks[term.rank].parts)
      form.add(part, product(term.coefficient, part_stride(cascade, part, extents)));
  }
  return form;
}

std::vector<Constraint> mask_constraints(const Cascade& cascade, const Einsum& einsum,
                                         const Extents& extents) {
  if (!einsum.mask || einsum.mask->by_value) return {};
  Constraint constraint{side_form(cascade, einsum, einsum.mask->right, extents), kUnbounded};
  const LinearForm left = side_form(cascade, einsum, einsum.mask->left, extents);
  constraint.form.constant -= left.constant;
  for (const auto& [rank, coefficient] : left.terms) constraint.form.add(rank, -coefficient);
  if (always_holds(constraint, extents)) return {};
  return {constraint};
}

Span solve(std::int64_t slope, std::int64_t rest, std::int64_t bound, Span within) {
  if (slope == 0) return rest >= 0 && rest < bound ? within : Span{within.begin, within.begin};
  const std::int64_t step = slope > 0 ? slope : -slope;
  // slope > 0: ceil(−rest/step) <= x < ceil((bound − rest)/step); slope < 0: floor((rest −
  // bound)/step) < x <= floor(rest/step).
  const std::int64_t least = slope > 0 ? -floor_div(rest, step) : floor_div(rest - bound, step) + 1;
  const std::int64_t past = slope > 0 ? -floor_div(rest - bound, step) : floor_div(rest, step) + 1;
  const std::int64_t begin =
      std::min(std::max(within.begin, least), std::max(within.begin, within.end));
  return {begin, std::max(begin, std::min(within.end, past))};
}

}  // namespace weft::einsum
