// A cost table at the edge: the JSON schema weft-cost/1.
#pragma once

#include <optional>
#include <string>

#include "models/cost/scaling.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/result/area.hpp"
#include "models/engine/result/energy.hpp"

namespace weft::engine {

// A table, and what a design makes of it.
struct CostReport {
  cost::Table table;                         // as scaled
  std::optional<cost::Process> scaled_from;  // its own process, where another was asked for
  const Design* design = nullptr;            // outlives the report
  std::optional<cost::BufferWord> word;  // of the design's buffer; set with `design`, as is `area`
  std::optional<AreaReport> area;
};
CostReport cost_report(cost::Table table, const Design* design);

std::string cost_json(const CostReport& report);

}  // namespace weft::engine
