// The grid on which the fidelities are held against each other: analytic (where the design has it),
// SystemC and RTL cycles side by side, and the values of SystemC and RTL bit for bit. Also the
// document weft-validation/1.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/run/run_options.hpp"

namespace weft::sim::engine {

// A memory of the grid: what it changes in the design.
struct ValidationMemory {
  std::string name;
  std::vector<weft::engine::Setting> settings;
};

// What is run, and what it changes in the design.
struct ValidationCase {
  workload::Shape shape;
  std::int64_t layers = 1;
  std::vector<weft::engine::Setting> settings{};
};

// Each case of each design under each memory and profile.
struct ValidationGrid {
  std::vector<std::string> designs;
  std::vector<ValidationCase> cases;
  std::vector<ValidationMemory> memories;
  std::vector<weft::engine::StallProfile> profiles;

  std::size_t points() const {
    return designs.size() * cases.size() * memories.size() * profiles.size();
  }
};
// FuseMax at sides 4, 8 and 16: rectangular, causal with grouped heads, and ragged shapes; two
// memories; every profile. SpAtten: layers with pruning and without, causal, keys of one plane and
// of two, generation. Of `design` alone, where it is named.
std::vector<ValidationGrid> validation_grids(const std::string& design = "");

struct ValidationPoint {
  std::string design;
  ValidationCase run;
  std::string memory;
  weft::engine::StallProfile profile = weft::engine::StallProfile::none;
  std::optional<std::uint64_t> analytic;  // cycles; of memory that does not stall
  std::uint64_t systemc = 0;
  std::uint64_t rtl = 0;
  bool values_equal = false;
  std::uint64_t values_compared = 0;

  std::optional<double> analytic_to_systemc() const {
    if (!analytic) return std::nullopt;
    return static_cast<double>(*analytic) / static_cast<double>(systemc) - 1;
  }
  double systemc_to_rtl() const {
    return static_cast<double>(systemc) / static_cast<double>(rtl) - 1;
  }
};

struct ValidationSummary {
  std::uint64_t values_compared = 0;
  bool values_equal = true;
  double worst_systemc_to_rtl = 0;  // magnitudes
  double mean_systemc_to_rtl = 0;
  double worst_analytic_to_systemc = 0;  // of points with it whose memory does not stall
  double mean_analytic_to_systemc = 0;
};
ValidationSummary summarise(const std::vector<ValidationPoint>& points);

// Cancelled where `stop` asks for it. Operands are drawn from `seed`.
std::vector<ValidationPoint> validate(const weft::engine::Catalog& catalog,
                                      const std::vector<ValidationGrid>& grids, std::uint64_t seed,
                                      const std::stop_token& stop,
                                      const std::function<void(double)>& progress);

std::string validation_json(const std::vector<ValidationPoint>& points);

}  // namespace weft::sim::engine
