// Energy of a run: every action is a counter of the simulation, so energy is the sum of counts
// times energy per action. docs/units/cost.md says what is charged and what is not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/cost/accelergy.hpp"
#include "models/cost/table.hpp"
#include "models/engine/design.hpp"
#include "models/engine/result.hpp"

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

// Area by component, in µm².
struct AreaItem {
  std::string component;  // "array_2d.macc"
  double count = 0;       // how many of it
  double um2_each = 0;
  double um2 = 0;
  std::string source;
};
// Every element with its operations and register file, and the buffer where the table has one of
// its size; what has no area in the table is listed with the reason in `missing`.
struct AreaReport {
  std::vector<AreaItem> items;
  std::vector<std::string> missing;
  double total_um2 = 0;
};
AreaReport area_of(const Architecture& arch, const cost::Table& table);

// What Accelergy's tables of an architecture list. Energies: every operation that an array names,
// whether or not the table prices it, and those it makes by others (a MACC multiplies and adds)
// where the table does. Areas: the circuits of `area_of`.
cost::Components energy_components(const Architecture& arch, const cost::Table& table);
cost::Components area_components(const Architecture& arch, const cost::Table& table);

}  // namespace weft::engine
