// A platform with an engine and a memory of one's own; docs/guides/engine-in-a-platform.md shows
// this file as it is.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include "models/engine/design/mapping.hpp"
#include "models/engine/run/begin_result.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/engine/engine.hpp"

namespace platform {

using weft::sim::engine::Engine;
using weft::sim::engine::MemorySide;

// Loosely timed, one request at a time: a fixed latency, then its bytes at a bandwidth.
class Memory : public sc_core::sc_module {
 public:
  struct Config {
    std::uint64_t bytes = 0;
    double latency_ns = 20;
    double bytes_per_ns = 32;
  };

  Memory(const sc_core::sc_module_name& name, const Config& config)
      : sc_core::sc_module(name), socket("socket"), config_(config) {
    socket.register_b_transport(this, &Memory::transport);
  }

  tlm_utils::simple_target_socket<Memory> socket;

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t bytes = payload.get_data_length();
    const bool inside = payload.get_address() + bytes <= config_.bytes;
    payload.set_response_status(inside ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    const double taken_ns = config_.latency_ns + static_cast<double>(bytes) / config_.bytes_per_ns;
    delay += sc_core::sc_time(taken_ns, sc_core::SC_NS);
  }

  Config config_;
};

struct Platform : sc_core::sc_module {
  Platform(const sc_core::sc_module_name& name, const weft::engine::Schedule& schedule,
           const Memory::Config& config)
      : sc_core::sc_module(name),
        engine("engine", {.schedule = schedule, .memory = MemorySide::socket}),
        memory("memory", config) {
    engine.memory_socket().bind(memory.socket);
  }

  Engine engine;
  Memory memory;
};

inline weft::engine::Result run(const weft::engine::Design& design,
                                const weft::workload::Workload& workload,
                                const weft::workload::Shape& shape, const Memory::Config& config) {
  const weft::engine::Mapping mapping = map_point(design, workload, shape, 1);
  const weft::engine::Lowering& lowering = *mapping.lowering;
  const weft::engine::Sizing& sizing = mapping.sizing;
  weft::engine::Result result =
      begin_result(design, lowering, sizing, weft::engine::Fidelity::systemc);
  if (!sizing.feasible) return result;
  const weft::engine::Schedule schedule = build_schedule(lowering, sizing);
  weft::sim::with_fresh_kernel([&] {
    Platform platform("platform", schedule, config);
    sc_core::sc_start();              // until the engine is done, or has failed
    platform.engine.collect(result);  // throws what went wrong
  });
  conclude(result, lowering, sizing);
  return result;
}

}  // namespace platform
