#include "sim/rtl/axi_memory.hpp"

#include <string>

namespace weft::sim::rtl {
namespace {

std::vector<AxiPort> ports_of(Instance& instance, std::string_view name) {
  const weft_rtl_memory& declared = instance.library().memory_of(name);
  const std::uint32_t channels = instance.output(std::string(name) + "_arvalid_o").bits();
  std::vector<AxiPort> ports;
  for (std::uint32_t c = 0; c < channels; ++c) ports.emplace_back(instance, declared, c, channels);
  return ports;
}

}  // namespace

AxiMemory::AxiMemory(Instance& instance, std::string_view name, const Config& config)
    : ports_(ports_of(instance, name)),
      backing_{
          .timing = memory::DramTiming(config.dram, config.clock_hz, config.stalls, ports_.size()),
          .stalls = config.stalls,
          .base = config.base,
          .request_cycles = config.request_cycles,
          .bytes = std::vector<std::uint8_t>(config.bytes)} {}

}  // namespace weft::sim::rtl
