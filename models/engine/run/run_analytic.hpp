// A point at analytic fidelity: the closed form as a result.
#pragma once

#include <cstdint>

#include "models/engine/design/design.hpp"
#include "models/engine/result/result.hpp"
#include "models/workload/workload.hpp"

namespace weft::engine {

// Analytic fidelity: closed form over the binding. Thread-safe.
Result run_analytic(const Design& design, const workload::Workload& workload,
                    const workload::Shape& shape, std::int64_t layers = 1);

}  // namespace weft::engine
