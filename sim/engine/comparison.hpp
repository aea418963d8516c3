// The computed outputs against the cascade itself in double precision, on the same, rounded,
// operands; and, where the cascade is softmax attention, against attention written by hand as well.
// Head by head, in memory that does not grow with the product of two lengths.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/engine/binding/lowering.hpp"
#include "models/engine/result/result.hpp"
#include "models/engine/schedule/sizing.hpp"
#include "models/softmax/shape.hpp"
#include "models/workload/trace.hpp"

namespace weft::sim::engine {

// Whether the lowering's cascade computes softmax(scale·QKᵀ)·V of its Q, K and V, with the mask
// that it has: found by trying it on a small random example against models/softmax, whatever its
// Einsums are called.
bool is_attention(const weft::engine::Lowering& lowering);

weft::softmax::AttentionShape attention_shape(const workload::Shape& shape,
                                              const weft::engine::Lowering& lowering);

// Fills error, error_by_layer and error_to_attention; where a value is not finite though its
// operands are, or has no finite reference, status becomes failed and reason says where and how
// many. `between` is called with the share done, and may throw.
void compare(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
             const workload::Trace& trace, const std::vector<workload::ComputedTensor>& outputs,
             weft::engine::Result& result, const std::function<void(double)>& between);

}  // namespace weft::sim::engine
