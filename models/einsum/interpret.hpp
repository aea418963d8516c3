// The cascade evaluated in double precision, Einsum by Einsum: one of the two oracles (the other is
// models/softmax).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/einsum/cascade.hpp"

namespace weft::einsum {

// Row-major.
struct DenseTensor {
  std::vector<std::int64_t> shape;
  std::vector<double> data;
};

// Inputs by name with the declared shapes; returns every tensor, intermediates too. Scalars by name
// override defaults. A dynamic rank holds what was selected, at most its extent; so do the tensors
// returned. Elements that are not there are 0. ConfigError where an input is missing or of the
// wrong shape, or what indexes a tensor is no whole number.
std::map<std::string, DenseTensor> interpret(const Cascade& cascade, const Extents& extents,
                                             const std::map<std::string, DenseTensor>& inputs,
                                             const std::map<std::string, double>& scalars = {});

}  // namespace weft::einsum
