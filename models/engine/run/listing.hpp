// What is there and what a cascade is, at the edge: weft-list/1 and weft-analysis/1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/einsum/analysis.hpp"
#include "models/einsum/occupancy.hpp"
#include "models/engine/design/design.hpp"

namespace weft::engine {

// One entry of `designs` in weft-list/1.
struct ListedDesign {
  std::string name;
  std::string arch;
  std::string binding;
  std::string cascade;
  std::int64_t side = 0;  // of its arrays, without an ending; 0: it has none, and takes no ending
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
  std::vector<einsum::AtOccupancy> by_occupancy;  // of a cascade with dynamic ranks
  std::optional<einsum::OfOccupancy> of_occupancy;
};
// `occupancies`: of each dynamic rank those to tell the counts at; none: quarters of its bound.
CascadeAnalysis analyse_cascade(const einsum::Cascade& cascade, const einsum::Extents& extents,
                                std::vector<std::vector<std::int64_t>> occupancies = {});
std::string analysis_json(const CascadeAnalysis& analysis);

}  // namespace weft::engine
