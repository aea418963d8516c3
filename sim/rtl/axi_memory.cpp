#include "sim/rtl/axi_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "models/common/error.hpp"

namespace weft::sim::rtl {

using memory::StallPort;

AxiMemory::AxiMemory(const Config& config)
    : config_(config), timing_(config.dram, config.clock_hz, config.stalls), bytes_(config.bytes) {}

std::size_t AxiMemory::offset(std::uint64_t address, std::uint64_t bytes, Cycle now) const {
  if (address < config_.base || address - config_.base + bytes > bytes_.size()) {
    throw ContractError(fmt::format(
        "cycle {}: the engine accessed {} bytes at {:#x}, outside the memory of {} bytes at {:#x}",
        now, bytes, address, bytes_.size(), config_.base));
  }
  return static_cast<std::size_t>(address - config_.base);
}

void AxiMemory::drive(Cycle now, weft_rtl_inputs& inputs) {
  const bool ready = waited_ >= config_.stalls.cycles(StallPort::request, requests_);
  inputs.axi_arready = ready ? 1 : 0;
  inputs.axi_awready = ready ? 1 : 0;
  inputs.axi_wready = 1;
  gives_read_ = !reads_.empty() && reads_.front().first <= now;
  inputs.axi_rvalid = gives_read_ ? 1 : 0;
  inputs.axi_rresp = 0;
  inputs.axi_rlast = 0;
  if (gives_read_) {
    const Read& read = reads_.front();
    const std::uint64_t at = read.address + std::uint64_t{read.given} * config_.beat_bytes;
    std::memcpy(inputs.axi_rdata, bytes_.data() + offset(at, config_.beat_bytes, now),
                config_.beat_bytes);
    inputs.axi_rlast = read.given + 1 == read.beats ? 1 : 0;
  }
  gives_write_ = !writes_.empty() && writes_.front().response <= now;
  inputs.axi_bvalid = gives_write_ ? 1 : 0;
  inputs.axi_bresp = 0;
  if (gives_write_)
    check(writes_.front().taken == writes_.front().beats,
          "a write was answered before its data were there");
}

void AxiMemory::accept(Cycle now, std::uint64_t address, unsigned length, bool write) {
  const std::uint32_t beats = length + 1;
  const std::uint64_t bytes = std::uint64_t{beats} * config_.beat_bytes;
  offset(address, bytes, now);
  check(address % config_.beat_bytes == 0, "an AXI burst that is not aligned to its beats");
  check(address / 4096 == (address + bytes - 1) / 4096, "an AXI burst that crosses 4 KiB");
  const Cycle ready = timing_.accept(
      now + 1,
      {.address = address, .bytes = static_cast<std::int32_t>(bytes), .write = write, .tensor = 0});
  if (write) {
    writes_.push_back({address, beats, 0, ready + 1});
  } else {
    reads_.push_back({address, ready + 2 - Cycle{beats}, beats, 0});
  }
}

void AxiMemory::observe(Cycle now, const weft_rtl_outputs& outputs) {
  if (gives_read_) {
    check(outputs.axi_rready != 0, "the engine always takes what it has asked for");
    if (++reads_.front().given == reads_.front().beats) reads_.pop_front();
  }
  if (gives_write_) {
    check(outputs.axi_bready != 0, "the engine always takes a write's response");
    writes_.pop_front();
    --data_of_;
  }
  check(outputs.axi_arvalid == 0 || outputs.axi_awvalid == 0,
        "the engine asks for one burst a cycle");
  if (outputs.axi_arvalid != 0 || outputs.axi_awvalid != 0) {
    if (waited_ >= config_.stalls.cycles(StallPort::request, requests_)) {
      ++requests_;
      waited_ = 0;
      const bool write = outputs.axi_awvalid != 0;
      accept(now, write ? outputs.axi_awaddr : outputs.axi_araddr,
             write ? outputs.axi_awlen : outputs.axi_arlen, write);
    } else {
      ++waited_;
    }
  }
  if (outputs.axi_wvalid != 0) {
    const std::uint64_t all =
        config_.beat_bytes == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << config_.beat_bytes) - 1;
    check(outputs.axi_wstrb == all, "the engine writes whole beats");
    Beat beat{.last = outputs.axi_wlast != 0};
    std::copy_n(outputs.axi_wdata, beat.data.size(), beat.data.begin());
    early_.push_back(beat);
  }
  for (; !early_.empty() && data_of_ < writes_.size(); early_.pop_front())
    take(now, early_.front().data.data(), early_.front().last);
}

void AxiMemory::take(Cycle now, const std::uint32_t* data, bool last) {
  Write& write = writes_[data_of_];
  const std::uint64_t at = write.address + std::uint64_t{write.taken} * config_.beat_bytes;
  std::memcpy(bytes_.data() + offset(at, config_.beat_bytes, now), data, config_.beat_bytes);
  ++write.taken;
  check(last == (write.taken == write.beats), "wlast marks a burst's last beat");
  if (write.taken == write.beats) ++data_of_;
}

}  // namespace weft::sim::rtl
