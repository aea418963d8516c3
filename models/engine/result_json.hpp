// Results at the edge: the JSON schemas weft-result/1, weft-comparison/1, weft-list/1 and
// weft-analysis/1, and CSV.
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
#include "models/engine/design.hpp"
#include "models/engine/result.hpp"
#include "models/engine/run.hpp"

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

// One entry of `designs` in weft-list/1.
struct ListedDesign {
  std::string name;
  std::string arch;
  std::string binding;
  std::string cascade;
  std::int64_t side = 0;  // of its arrays, without an ending
};

// What `weft list` shows; a kind that is absent was not asked for.
struct Listing {
  std::vector<std::pair<std::string, std::vector<std::string>>>
      names;  // by kind in the plural: "cascades"
  std::optional<std::vector<ListedDesign>> designs;
};
std::vector<ListedDesign> list_designs(const Catalog& catalog);
std::string listing_json(const Listing& listing);

// A cascade's analysis at some extents.
struct CascadeAnalysis {
  const einsum::Cascade* cascade = nullptr;
  einsum::Extents extents;
  einsum::PassAnalysis passes;
  einsum::WorkCounts operations{};
  einsum::LiveFootprint footprint;
  std::int64_t least_traffic_elements = 0;
};
CascadeAnalysis analyse_cascade(const einsum::Cascade& cascade, const einsum::Extents& extents);
std::string analysis_json(const CascadeAnalysis& analysis);

}  // namespace weft::engine
