// Energy of a run: every action is a counter of the simulation, so energy is the sum of counts
// times energy per action. docs/units/cost.md says what is charged and what is not.
#pragma once

#include <string>
#include <vector>

#include "models/cost/accelergy.hpp"
#include "models/cost/table.hpp"
#include "models/engine/binding/lowering.hpp"
#include "models/engine/result/result.hpp"

namespace weft::engine {

// The actions of a run in the architecture's order: operations of each array, its register files,
// buffer, DRAM. Actions that did not happen are left out. An exp made of MACCs is that many MACCs.
// ConfigError where the table has no energy for an operation that was done, or for an area that is
// asked for.
std::vector<cost::ActionCount> energy_of(const Result& result, const Lowering& lowering,
                                         const cost::Table& table);
// Elements of a spatial array, lanes of a vector array.
double elements_of(const Array& array);
double total_pj(const std::vector<cost::ActionCount>& actions);

}  // namespace weft::engine
