// Results at the edge: the JSON schemas weft-result/1 and weft-comparison/1.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/json.hpp"
#include "models/cost/table.hpp"
#include "models/einsum/analysis.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/result/result.hpp"
#include "models/engine/run/provenance.hpp"
#include "models/engine/run/run_options.hpp"

namespace weft::engine {

// One result with all that identifies it; `design` and `result` outlive it.
struct Report {
  const Design* design = nullptr;
  const Result* result = nullptr;
  std::string workload;
  Provenance provenance{};
  const cost::Table* cost = nullptr;  // energy is reported where it is set; outlives the report
};

// A result of run(), with what identifies it.
Report report_of(const Design& design, const workload::Workload& workload,
                 const RunOptions& options, const Result& result);

// What the run takes for granted of its input, and of itself where it is not simulated.
std::vector<std::string> assumptions_of(const Report& report);

std::string result_json(const Report& report, json::Layout layout = json::Layout::pretty);
std::string comparison_json(std::span<const Report> reports);

}  // namespace weft::engine
