// One AXI4 slave port of the memory beside the RTL, cycle by cycle: what a channel of memory is to
// an engine. A request that is accepted in cycle c reaches memory in c + request_cycles; the last
// beat of its response stands in the cycle after the one in which memory is ready with it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/memory/dram_timing.hpp"
#include "sim/rtl/library.hpp"

namespace weft::sim::rtl {

// What ports of one memory share.
struct AxiBacking {
  // Told of every request, where it is accepted.
  using Notice = void (*)(void* context, std::uint64_t address, std::uint64_t bytes);

  memory::DramTiming timing;
  memory::Stalls stalls{};
  std::uint64_t base = 0;    // address of the first byte
  Cycle request_cycles = 1;  // from the one in which a request is accepted until memory has it
  std::vector<std::uint8_t> bytes{};
  Notice notice = nullptr;
  void* context = nullptr;

  // Where an access begins; ContractError outside the memory.
  std::size_t offset(std::uint64_t address, std::uint64_t count, Cycle now) const;
};

class AxiPort {
 public:
  static constexpr std::uint32_t kMostBeatBytes = 128;
  // Number `channel` of so many behind the memory port `declared`, whose signals stand side by side
  // in the engine's ports; ConfigError where the library lacks one, or has it of another width.
  AxiPort(Instance& instance, const weft_rtl_memory& declared, std::uint32_t channel,
          std::uint32_t channels);

  // The inputs that memory drives in cycle `now`; then, once the engine has settled, what happens
  // in it. ContractError for an access outside the memory, or one that AXI forbids.
  void drive(const AxiBacking& backing, Cycle now);
  void observe(AxiBacking& backing, Cycle now);

  // The read of that number, from 0 on, is answered with `response`, and with data of all ones; of
  // a write the data are kept.
  void refuse_read(std::uint64_t number, std::uint64_t response) {
    refused_read_ = {number, response};
  }
  void refuse_write(std::uint64_t number, std::uint64_t response) {
    refused_write_ = {number, response};
  }
  bool answers_write() const { return gives_write_; }  // in the cycle that was driven last

 private:
  struct Read {
    std::uint64_t address = 0;
    Cycle first = 0;  // cycle of its first beat
    std::uint32_t beats = 0;
    std::uint32_t given = 0;
    std::uint64_t id = 0;
  };
  struct Write {
    std::uint64_t address = 0;
    std::uint32_t beats = 0;
    std::uint32_t taken = 0;
    Cycle response = 0;
    std::uint64_t id = 0;
  };
  struct Ports {
    Port arvalid, arready, araddr, arlen, rvalid, rready, rdata, rresp, rlast, awvalid, awready,
        awaddr, awlen, wvalid, wready, wdata, wstrb, wlast, bvalid, bready, bresp;
    // Of an engine that gives its requests IDs: a response bears its request's.
    std::optional<Port> arid, rid, awid, bid;
  };
  struct Beat {
    std::array<std::uint8_t, kMostBeatBytes> data{};
    bool last = false;
  };
  struct Refusal {
    std::optional<std::uint64_t> number;
    std::uint64_t response = 0;
  };
  static Ports ports_of(Instance& instance, const weft_rtl_memory& declared, std::uint32_t channel,
                        std::uint32_t channels);
  void take(AxiBacking& backing, Cycle now, const std::uint8_t* data, bool last);
  void accept(AxiBacking& backing, Cycle now, bool write);
  bool stalled(const AxiBacking& backing) const {
    return waited_ < backing.stalls.cycles(memory::StallPort::request, requests_, channel_);
  }

  std::uint32_t channel_;
  std::uint32_t beat_bytes_;
  Ports ports_;
  std::deque<Read> reads_;
  std::deque<Write> writes_;  // without a response yet, oldest first
  std::size_t data_of_ = 0;   // index of the write that the next W beat belongs to
  std::deque<Beat> early_;    // W beats ahead of their address, which a stall holds back
  std::uint64_t requests_ = 0;
  Cycle waited_ = 0;  // cycles for which the request at the port has been held
  std::uint64_t answered_reads_ = 0;
  std::uint64_t answered_writes_ = 0;
  Refusal refused_read_;
  Refusal refused_write_;
  bool gives_read_ = false;
  bool gives_write_ = false;
};

}  // namespace weft::sim::rtl
