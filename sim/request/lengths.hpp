// Lengths of several sequences, and decode steps, from the options.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/request/options.hpp"

namespace weft::request {

inline constexpr auto kMostTokens = static_cast<std::int64_t>(workload::kLongest);

// Lists among the lengths, or steps.
bool is_program(const PointOptions& options);

// The options of each sequence, with a single length in each of them: as they are, where there is
// no list. ConfigError names the option.
std::vector<PointOptions> sequences_of(const PointOptions& options);

// Decode steps in a row; 1 where none are told.
std::int64_t steps_of(const PointOptions& options);

}  // namespace weft::request
