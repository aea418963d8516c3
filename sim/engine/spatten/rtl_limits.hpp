// What the SpAtten engine in RTL takes: docs/units/engine/spatten_rtl.md.
#pragma once

#include <cstdint>

#include "models/engine/design/design.hpp"
#include "models/workload/workload.hpp"
#include "sim/engine/spatten/run_binding.hpp"
#include "sim/rtl/spatten_library.hpp"

namespace weft::sim::engine::spatten {

// The scale whose library is to run a design: that of as many multipliers, or the smallest, which
// then says what it has.
const rtl::SpattenScale& scale_of(const weft::engine::Design& design);

// ConfigError where a design or what it is to run is not what the RTL has: each field, its value,
// and what the RTL takes.
void check_in_rtl(const rtl::SpattenParameters& parameters, const weft::engine::Design& design,
                  const Run& run, const workload::Shape& shape);

}  // namespace weft::sim::engine::spatten
