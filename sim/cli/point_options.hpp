// The options that `run` and `compare` share, on the command line.
#pragma once

#include "sim/cli/parser.hpp"
#include "sim/request/options.hpp"

namespace weft::cli {

// `options` outlives the command.
void add_point_options(App& command, request::PointOptions& options);

}  // namespace weft::cli
