// A cascade analysed at extents that are told in words.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/einsum/cascade.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/run/listing.hpp"

namespace weft::request {

// `analysis` points into the cascade.
struct Analyzed {
  std::unique_ptr<einsum::Cascade> cascade;
  engine::CascadeAnalysis analysis;
};

// A cascade by its name or file, "M=16K" for extents, "S=64,128" for how many coordinates a dynamic
// rank holds. Extents that are not told: 1024, widths of a head (E, F) 64, inner partitions 256.
// ConfigError names the option and what is allowed.
Analyzed analyze(const engine::Catalog& catalog, const std::string& name,
                 const std::vector<std::string>& sets, const std::vector<std::string>& occupancies);

}  // namespace weft::request
