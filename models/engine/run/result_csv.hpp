// Results as CSV (RFC 4180).
#pragma once

#include <span>
#include <string>

#include "models/engine/run/result_json.hpp"

namespace weft::engine {

// A header and one row a result.
std::string results_csv(std::span<const Report> reports);

}  // namespace weft::engine
