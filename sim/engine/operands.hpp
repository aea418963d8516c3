// How the tensors of a trace and of a cascade meet, one run of the cascade by another: a head, or
// several that run together, their queries side by side. A trace holds [heads, …] or [batch, heads,
// …] with one head's tensor in the cascade's order of dimensions; of two dimensions, one of them a
// sequence, the sequence comes first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/einsum/cascade.hpp"
#include "models/engine/binding/lowering.hpp"
#include "models/engine/schedule/sizing.hpp"
#include "models/workload/trace.hpp"

namespace weft::sim::engine {

class Operands {
 public:
  // ConfigError where an input of the cascade is not in the trace by its name, or not of its shape.
  Operands(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
           const workload::Trace& trace);

  std::int64_t runs() const;                           // of all layers and batches
  std::int64_t together() const { return together_; }  // query heads of one
  std::vector<double> scalars() const;

  // A run's input in the cascade's order, rounded or encoded to the tensor's format.
  template <class T>
  void load(einsum::TensorId tensor, std::int64_t run, std::vector<T>& to) const {
    const std::int64_t first = run * together_;
    if (together_ == 1 || !has_queries(tensor)) return load_head(tensor, first, to);
    to.resize(static_cast<std::size_t>(elements_of_head(tensor) * together_));
    std::vector<T> own;
    for (std::int64_t h = 0; h < together_; ++h) {
      load_head(tensor, first + h, own);
      each_row(tensor, h, [&](std::int64_t of_head, std::int64_t of_run, std::int64_t count) {
        std::copy_n(own.begin() + of_head, count, to.begin() + of_run);
      });
    }
  }
  // What is head h's of a run's output.
  template <class T>
  std::vector<T> head_of(einsum::TensorId tensor, const std::vector<T>& run, std::int64_t h) const {
    if (together_ == 1) return run;
    std::vector<T> own(static_cast<std::size_t>(elements_of_head(tensor)));
    each_row(tensor, h, [&](std::int64_t of_head, std::int64_t of_run, std::int64_t count) {
      std::copy_n(run.begin() + of_run, count, own.begin() + of_head);
    });
    return own;
  }
  // The shape of one head's output as it is written out, and its values brought to that order.
  std::vector<std::int64_t> written_shape(einsum::TensorId tensor) const;
  template <class T>
  void write(einsum::TensorId tensor, const std::vector<T>& from, T* to) const {
    const auto shape = written_shape(tensor);
    if (!transposed(tensor)) {
      std::copy(from.begin(), from.end(), to);
      return;
    }
    for (std::int64_t i = 0; i < shape[0]; ++i) {
      for (std::int64_t j = 0; j < shape[1]; ++j)
        to[i * shape[1] + j] = from[static_cast<std::size_t>(j * shape[0] + i)];
    }
  }
  // Gives what write() has brought to its order the integers of its tokens, where it has a format
  // with such scales.
  void encode_tokens(einsum::TensorId tensor, std::span<float> written) const;
  // Outputs, zeroed and named, of all layers.
  std::vector<workload::ComputedTensor> outputs() const;
  std::vector<einsum::TensorId> output_ids() const;

 private:
  struct Source {
    std::vector<const std::vector<float>*> layers;
    std::int64_t heads = 1;
    std::int64_t elements = 0;   // of one head
    std::int64_t rows = 0;       // of the trace, where the cascade has columns first; 0: as it is
    std::vector<float> largest;  // magnitude by layer, where one scale is for all its heads
  };

  template <class T>
  void load_head(einsum::TensorId tensor, std::int64_t head, std::vector<T>& to) const {
    const Source& source = sources_[static_cast<std::size_t>(tensor)];
    const std::vector<float> from = rounded(tensor, head);
    to.resize(static_cast<std::size_t>(source.elements));
    const std::int64_t rows = source.rows;
    if (rows == 0) {
      std::transform(from.begin(), from.end(), to.begin(),
                     [](float x) { return static_cast<T>(x); });
      return;
    }
    const std::int64_t columns = source.elements / rows;
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j)
        to[static_cast<std::size_t>(j * rows + i)] =
            static_cast<T>(from[static_cast<std::size_t>(i * columns + j)]);
    }
  }
  // f(first element of a head's own, first element of the run's, elements): what lies behind one
  // query, for every query of head h.
  template <class F>
  void each_row(einsum::TensorId tensor, std::int64_t h, F f) const {
    std::int64_t outer = 1;
    std::int64_t inner = 1;
    bool passed = false;
    for (const einsum::Dimension& d : lowering_.cascade->tensors[tensor].dimensions) {
      if (d.rank == lowering_.queries) {
        passed = true;
      } else {
        (passed ? inner : outer) *= head_.extents[d.rank];
      }
    }
    const std::int64_t queries = head_.extents[lowering_.queries];
    for (std::int64_t row = 0; row < outer * queries; ++row)
      f(row * inner, (row * together_ + h) * inner, inner);
  }
  bool has_queries(einsum::TensorId tensor) const;
  std::int64_t elements_of_head(einsum::TensorId tensor) const;
  Source source_of(einsum::TensorId tensor) const;
  bool transposed(einsum::TensorId tensor) const;
  void measure(einsum::TensorId tensor, Source& source) const;
  const float* at(const Source& source, std::int64_t head) const;
  std::vector<float> rounded(einsum::TensorId tensor, std::int64_t head) const;
  const weft::engine::Lowering& lowering_;
  weft::engine::Sizing head_;  // as one has it
  std::int64_t together_;
  const workload::Trace& trace_;
  std::vector<Source> sources_;  // by tensor; of inputs
};

}  // namespace weft::sim::engine
