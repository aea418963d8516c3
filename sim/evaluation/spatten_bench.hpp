// Runs one run of SpAtten's evaluation, in this process.
#pragma once

#include <string>

#include "models/cost/table.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/evaluation/spatten/run_kept.hpp"

namespace weft::sim::evaluation {

// A design that cannot run a workload, or was not measured there, gives a status and the reason.
weft::evaluation::spatten::Kept run_kept(const weft::engine::Catalog& catalog,
                                         const cost::Table& table,
                                         const weft::evaluation::spatten::Run& run);

}  // namespace weft::sim::evaluation
