// Names of one Einsum turned into ids: what it writes (draft_names.cpp), what it reads
// (draft_reads.cpp), what it reduces and selects (draft_reductions.cpp), its mask
// (draft_masks.cpp). Stops at the Einsum's first faulty part where the rest would only repeat the
// complaint.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "models/einsum/draft.hpp"

namespace weft::einsum {

class Resolver {
 public:
  Resolver(Draft& draft, EinsumId id)
      : draft_(draft),
        cascade_(draft.cascade),
        line_(draft.lines[id]),
        parsed_(line_.parsed),
        id_(id) {}

  // The left-hand side: declares the tensors it writes.
  void write();
  // The right-hand side and the mask.
  void read();

 private:
  void add(std::size_t offset, std::string value, std::string message) {
    draft_.add(line_, offset, std::move(value), std::move(message));
  }
  bool is_name(RankId rank, const std::string& text) const {
    return rank != kNone && cascade_.ranks[rank].name == text;
  }
  RankId variable(const ParsedTerm& term);

  void write_index(const ParsedSum& sum, Einsum& einsum, Tensor& tensor, Access& access);
  void claim(Tensor tensor, Access access, std::size_t offset, Einsum& einsum);
  void write_coordinates(Einsum& einsum);

  Access read_access(const ParsedAccess& parsed);
  std::size_t read_dimension(const ParsedAccess& parsed, std::size_t at, const Dimension& dimension,
                             Access& access);
  RankId simple(const ParsedSum& sum) const;
  bool composite(const ParsedAccess& parsed, std::size_t at, const Rank& rank, Access& access);
  bool read_last_generation(const ParsedSum& sum, const Dimension& dimension, Index& index);
  bool read_terms(const ParsedSum& sum, Index& index);
  bool fits(const ParsedSum& sum, const Index& index, const Dimension& dimension,
            const std::string& tensor);
  bool holds_coordinates_of(int input, RankId wanted, const ParsedSum& sum,
                            const std::string& tensor);
  Node read_node(const ParsedNode& parsed, Einsum& einsum);

  std::vector<RankId> right_ranks(const Einsum& einsum) const;
  void reduce(Einsum& einsum);
  void reduce_rank(const ParsedTerm& term, const std::vector<RankId>& right, Einsum& einsum);
  std::string allowed_reductions(const std::vector<RankId>& right, const Einsum& einsum) const;
  void check_ranks(const Einsum& einsum);
  void check_coordinates(const Einsum& einsum);
  void select(Einsum& einsum);

  void read_mask(const ParsedMask& parsed, Einsum& einsum);
  Mask::Side side(const ParsedSum& sum, Einsum& einsum);
  void value_term(const ParsedTerm& term, Einsum& einsum, Mask::Side& side);
  void check_mask_reads(const Einsum& einsum);
  bool may_mask(RankId rank, const Einsum& einsum) const;
  std::string mask_variables(const Einsum& einsum) const;

  Draft& draft_;
  Cascade& cascade_;
  const Line& line_;
  const ParsedEinsum& parsed_;
  EinsumId id_;
};

}  // namespace weft::einsum
