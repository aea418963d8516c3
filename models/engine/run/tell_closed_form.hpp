// Fidelity analytic: the closed form of a point, as a result.
#pragma once

#include "models/engine/design/mapping.hpp"
#include "models/engine/result/result.hpp"
#include "models/engine/run/run_options.hpp"

namespace weft::engine {

// A Runner. ConfigError where the architecture has what the closed form does not know.
void tell_closed_form(const Mapping& mapping, const RunOptions& options, Result& result);

}  // namespace weft::engine
