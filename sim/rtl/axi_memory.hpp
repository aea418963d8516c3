// The memory beside the RTL: bytes behind AXI4 ports, one a channel, with the timing and the stalls
// that the simulator's memory has (DramTiming).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/rtl/axi_port.hpp"

namespace weft::sim::rtl {

class AxiMemory {
 public:
  struct Config {
    weft::engine::Dram dram;  // of all channels
    double clock_hz = 0;
    memory::Stalls stalls{};
    std::uint64_t base = 0;  // address of the first byte
    std::uint64_t bytes = 0;
    Cycle request_cycles = 1;  // from the one in which a request is accepted until memory has it
  };
  // Behind the memory port of that name, with as many channels as its arvalid has bits; ConfigError
  // where the library declares none.
  AxiMemory(Instance& instance, std::string_view name, const Config& config);

  // The inputs that memory drives in cycle `now`; then, once the engine has settled, what happens
  // in it.
  void drive(Cycle now) {
    for (AxiPort& port : ports_) port.drive(backing_, now);
  }
  // ContractError for an access outside the memory, or one that AXI forbids.
  void observe(Cycle now) {
    for (AxiPort& port : ports_) port.observe(backing_, now);
  }

  // Of the first channel: AxiPort.
  void refuse_read(std::uint64_t number, std::uint64_t response) {
    ports_.front().refuse_read(number, response);
  }
  void refuse_write(std::uint64_t number, std::uint64_t response) {
    ports_.front().refuse_write(number, response);
  }
  bool answers_write() const { return ports_.front().answers_write(); }

  void on_request(AxiBacking::Notice notice, void* context) {
    backing_.notice = notice;
    backing_.context = context;
  }

  std::size_t channels() const { return ports_.size(); }
  std::span<std::uint8_t> bytes() { return backing_.bytes; }
  std::span<const std::uint8_t> bytes() const { return backing_.bytes; }
  std::uint64_t base() const { return backing_.base; }
  const memory::DramTiming& timing() const { return backing_.timing; }

 private:
  std::vector<AxiPort> ports_;
  AxiBacking backing_;
};

}  // namespace weft::sim::rtl
