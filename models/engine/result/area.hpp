// Area of an architecture, and what Accelergy's tables of it list. docs/units/cost.md says what is
// counted and what is not.
#pragma once

#include <string>
#include <vector>

#include "models/cost/accelergy.hpp"
#include "models/cost/table.hpp"
#include "models/engine/architecture/architecture.hpp"

namespace weft::engine {

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
