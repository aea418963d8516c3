// Points, traces and comparisons for the tests of the engine.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "models/engine/design/design.hpp"
#include "models/engine/design/mapping.hpp"
#include "models/engine/result/result.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/engine/schedule/schedule.hpp"
#include "models/workload/trace.hpp"
#include "sim/engine/run.hpp"
#include "tests/common/seed.hpp"

namespace weft::sim::engine::test {

using weft::engine::Result;
using weft::engine::RunOptions;
using workload::Shape;

inline const std::vector<std::string> kDesigns{"unfused", "flat", "fusemax-cascade",
                                               "fusemax-architecture", "fusemax"};

// A shipped design by name, "fusemax-16x16" say.
weft::engine::Design design(const std::string& name,
                            const std::vector<weft::engine::Setting>& settings = {});
inline std::string at_side(const std::string& name, int side) {
  return name + "-" + std::to_string(side) + "x" + std::to_string(side);
}

workload::Workload workload_of(const Shape& shape);
Result run_point(const weft::engine::Design& design, const Shape& shape,
                 const RunOptions& options = {});

// A point as far as its schedule.
struct Scheduled {
  Scheduled(const std::string& design_name, const Shape& shape, std::int64_t layers = 1,
            const std::vector<weft::engine::Setting>& settings = {});
  weft::engine::Design made;
  weft::engine::Mapping mapping;
  const weft::engine::Lowering& lowering;
  const weft::engine::Sizing& sizing;
  weft::engine::Schedule schedule;
};

// Index of the step `name` of group `group`.
int step_index(const weft::engine::Schedule& schedule, std::size_t group, const std::string& name);

// Gaussian Q, K and V in bf16 of `layers` layers.
workload::Trace random_trace(const Shape& shape, std::int64_t layers, std::uint64_t seed);
const workload::Trace& minilm_trace();

std::string text(const Shape& shape);

// Cycles, every figure and counter of every unit, and traffic.
void expect_same_run(const Result& a, const Result& b);
const weft::engine::UnitResult& unit_of(const Result& result, weft::engine::UnitKind kind,
                                        int array = weft::engine::kNone);

}  // namespace weft::sim::engine::test
