// Which Einsum needs which, how far apart along a rank, and in what order they can run.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "models/einsum/cascade.hpp"

namespace weft::einsum {

// Einsum `reader` reads, through its input `access`, what Einsum `writer` writes.
struct Dependency {
  EinsumId reader = kNone;
  EinsumId writer = kNone;
  int access = 0;  // into the reader's inputs
  // By rank indexed alike on both sides: by how many coordinates the read trails the write. RM[m1]
  // of RM[m1+1] trails by 1; RM[m1+1] by 0; negative reads ahead.
  std::vector<std::pair<RankId, int>> lags;

  std::optional<int> lag(RankId rank) const {
    for (const auto& [known, lag] : lags) {
      if (known == rank) return lag;
    }
    return std::nullopt;
  }
};

std::vector<Dependency> dependencies(const Cascade& cascade);

// The rank along which tensor's generations run; kNone if it has none.
RankId generational_rank(const Tensor& tensor);

// By Einsum the number of its strong component, producers before consumers, over the given
// dependencies.
std::vector<int> strong_components(std::size_t einsums, const std::vector<Dependency>& edges);

// Einsums that run together, in program order. `along` is kNone for one Einsum over its whole
// iteration space; else all of them run for coordinate 0 of that rank, then for 1, and so on.
struct Group {
  RankId along = kNone;
  std::vector<EinsumId> einsums;
};

// In an order that respects every dependency. ContractError for a cascade that the checker refuses.
std::vector<Group> execution_order(const Cascade& cascade);

// A rank along which all of `einsums` can advance together, or kNone. `edges` are the dependencies
// among them.
RankId common_rank(const Cascade& cascade, const std::vector<EinsumId>& einsums,
                   const std::vector<Dependency>& edges);

}  // namespace weft::einsum
