// The SystemC engine and the Verilated one in one kernel: same operands, same memory, same stalls;
// a scoreboard over values, cycles, stalls and the cycle of every firing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/engine/run/run_options.hpp"
#include "sim/rtl/library.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {

// By name of the step: the cycles in which it fired.
using Firings = std::map<std::string, std::vector<std::uint64_t>>;

struct Lockstep {
  Result systemc;
  Result rtl;
  std::vector<std::vector<float>> systemc_values;
  std::vector<std::vector<float>> rtl_values;
  Firings systemc_firings;
  Firings rtl_firings;

  // What first differs, in words; empty where nothing does.
  std::string difference() const;
  std::uint64_t elements() const;
};

Lockstep run_in_lockstep(const std::shared_ptr<const rtl::Library>& library,
                         const workload::Trace& trace, weft::engine::StallProfile stalls,
                         std::uint64_t seed,
                         const std::vector<weft::engine::Setting>& settings = {});

}  // namespace weft::sim::engine::test
