// Cascades and tensors that several tests use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "models/einsum/interpret.hpp"
#include "models/einsum/load.hpp"

namespace weft::einsum::test {

inline Cascade shipped(const std::string& name) {
  return load_cascade(std::filesystem::path(WEFT_SOURCE_DIR) / "configs/cascade" /
                      (name + ".yaml"));
}

// Q [E,P], K [E,M] and output Z; `keys` are further top-level keys, `einsums` the list's items.
inline std::string yaml_of(const std::string& keys, const std::string& einsums) {
  return "description: test\nsource: test\nranks: {E: width, M: keys, P: queries}\ntensors:\n  Q: "
         "[E, P]\n  K: [E, M]\noutputs: [Z]\n" +
         keys + "einsums:\n" + einsums;
}
inline Cascade with_einsums(const std::string& keys, const std::string& einsums) {
  return parse_cascade(yaml_of(keys, einsums), "test.yaml");
}

// Each query sees W keys from its own position on; keys past the end are outside.
inline Cascade sliding_window() {
  return parse_cascade(
      "description: sliding-window attention\nsource: test\nranks: {E: width, F: width, M: keys, "
      "P: queries, W: window}\n"
      "tensors: {Q: [E, P], K: [E, M], V: [F, M]}\noutputs: [AV]\n"
      "einsums:\n"
      "  - QK[p,w] = Q[e,p] * K[e,p+w]\n"
      "  - GM[p] = max[w] QK[p,w]\n"
      "  - SN[p,w] = exp(QK[p,w] - GM[p])\n"
      "  - SD[p] = sum[w] SN[p,w]\n"
      "  - A[p,w] = SN[p,w] / SD[p]\n"
      "  - AV[f,p] = A[p,w] * V[f,p+w]\n",
      "sliding.yaml");
}

// Uniform in [-2, 2), by arithmetic alone.
inline DenseTensor random_tensor(std::vector<std::int64_t> shape, std::mt19937_64& random) {
  DenseTensor tensor{std::move(shape), {}};
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor.shape) count *= extent;
  for (std::int64_t i = 0; i < count; ++i)
    tensor.data.push_back(static_cast<double>(random() >> 11) * 0x1p-51 - 2);
  return tensor;
}

}  // namespace weft::einsum::test
