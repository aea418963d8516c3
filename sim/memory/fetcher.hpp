// The buffer's side of the memory port: cuts transfers into requests at every multiple of
// burst_bytes, keeps a bounded number under way, and reports each transfer when its last response
// is in. A response that comes in cycle c frees its place from c + 1 on. A request is presented
// until memory accepts it, later where memory stalls; the next one follows a cycle after that.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "models/engine/architecture/architecture.hpp"
#include "sim/common/unit.hpp"
#include "sim/memory/messages.hpp"
#include "sim/memory/stall.hpp"

namespace weft::sim::memory {

class Fetcher : public Unit {
 public:
  struct Ports {
    In<Transfer> transfers;       // from the sequencer
    Out<Completion> completions;  // to the sequencer
    Out<Request> requests;        // to memory
    In<Response> responses;       // from memory
  };
  // Called when a transfer is complete, before its completion is sent: moves values.
  using Done = void (*)(void* context, const Transfer& transfer);

  explicit Fetcher(const weft::engine::Dram& config, Ports ports = {}, const Stalls& stalls = {})
      : config_(config), ports_(ports), stalls_(stalls) {}
  void on_done(Done done, void* context) {
    done_ = done;
    context_ = context;
  }

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return stalls_.timing_depends_on(); }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;

  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 private:
  struct Active {
    Transfer transfer;
    std::int64_t requested = 0;  // bytes asked for
    std::int64_t under_way = 0;  // requests without a response yet
  };
  struct Presented {
    Request request;
    Cycle accepted_at = 0;
  };

  void respond(Cycle now);
  void present(Cycle now);
  std::int64_t into_burst(std::uint64_t address) const {
    return static_cast<std::int64_t>(address % static_cast<std::uint64_t>(config_.burst_bytes));
  }
  bool more() const { return requesting_ < active_.size() && under_way_ < config_.outstanding; }

  weft::engine::Dram config_;
  Ports ports_;
  Stalls stalls_;
  std::deque<Active> active_;
  std::size_t requesting_ = 0;  // index of the first transfer not fully requested
  std::int64_t under_way_ = 0;
  std::optional<Presented> presented_;  // a request that memory lets wait
  std::uint64_t requests_ = 0;          // presented so far
  Cycle last_request_ = -1;             // accepted
  Done done_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace weft::sim::memory
