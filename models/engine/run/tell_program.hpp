// Fidelity analytic of a program: its invocations one after another.
#pragma once

#include "models/engine/result/result.hpp"
#include "models/engine/run/invocations.hpp"
#include "models/engine/run/run_options.hpp"

namespace weft::engine {

// A ProgramRunner. Counts and traffic are the sums of the invocations', cycles the sum of what each
// takes by itself; the bound says what overlap can save: no unit's work takes less.
void tell_program(Invocations& invocations, const RunOptions& options, Result& result);

}  // namespace weft::engine
