// What every fidelity does with a point before it runs it, and around its counting.
#pragma once

#include <functional>

#include "models/engine/design/design.hpp"
#include "models/engine/result/result.hpp"

namespace weft::engine {

// A result with everything but the run itself filled in.
Result begin_result(const Design& design, const Lowering& lowering, const Sizing& sizing,
                    Fidelity fidelity);

// Runs `fill`, which counts what the point does into `result` and concludes it. Where 64 bits do
// not hold a count, the result is infeasible, its reason names the count, and nothing of it is
// left.
void count_into(Result& result, const std::function<void()>& fill);

}  // namespace weft::engine
