// Results at the edge: the JSON schemas weft-result/1 and weft-comparison/1, and CSV.
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
#include "models/engine/run/run_options.hpp"

namespace weft::engine {

// Goes into every configuration's hash. It moves whenever any number that a run gives can change
// for the same input, so that results of two revisions are never taken for one another.
inline constexpr int kModelRevision = 5;

// One result with all that identifies it; `design` and `result` outlive it.
struct Report {
  const Design* design = nullptr;
  const Result* result = nullptr;
  std::string workload;
  std::string version;  // of the software
  std::string config_sha256;
  std::uint64_t seed = 0;
  std::string command;                // the canonical command line that repeats the point
  const cost::Table* cost = nullptr;  // energy is reported where it is set; outlives the report
  std::vector<std::string> assumptions{};  // what of the workload the run does not model
};

// Over every resolved value of the design, the shape, the fidelity, the seed, the stall profile,
// the trace's content, the cost table and kModelRevision. `exact` is not among them: it changes no
// number but `advance`.
std::string config_sha256(const Design& design, const workload::Workload& workload,
                          const workload::Shape& shape, const RunOptions& options,
                          const cost::Table* cost = nullptr);

std::string result_json(const Report& report);
std::string comparison_json(std::span<const Report> reports);

// A header and one row a result.
std::string results_csv(std::span<const Report> reports);

}  // namespace weft::engine
