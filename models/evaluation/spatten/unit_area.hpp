// Area of SpAtten's units from the attributes of its architecture and a cost table's areas: what
// can be priced by those, and nothing else.
#pragma once

#include <vector>

#include "models/cost/table.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/evaluation/spatten/evaluation.hpp"

namespace weft::evaluation::spatten {

// Empty where the table has no areas.
std::vector<Area> unit_area(const engine::Catalog& catalog, const cost::Table& table);

}  // namespace weft::evaluation::spatten
