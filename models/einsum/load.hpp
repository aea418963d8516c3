// From YAML to a checked cascade. Every fault is a ConfigError with file, line and column.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "models/common/limits_default.hpp"
#include "models/einsum/cascade.hpp"

namespace weft::einsum {

Cascade load_cascade(const std::filesystem::path& file,
                     const ReadLimits& limits = environment_limits());
Cascade parse_cascade(const std::string& yaml, const std::string& file_name,
                      const ReadLimits& limits = environment_limits());

// Extents of every rank from those of the base ranks and innermost partitions, by name; fills in
// the outer partitions. A dynamic rank's is its bound, by default the extent of what it lists.
// ConfigError for an unknown, missing, zero or excessive extent.
Extents resolve_extents(const Cascade& cascade, const std::map<std::string, std::int64_t>& by_name);

// The same with a dynamic rank holding `occupancy` coordinates, 0 to its bound.
Extents with_occupancy(const Cascade& cascade, Extents extents, RankId rank,
                       std::int64_t occupancy);

}  // namespace weft::einsum
