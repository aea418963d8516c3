// Memory by bandwidth and latency, between the fetcher's channels; DramTiming says when it
// responds. See docs/units/memory.md.
#pragma once

#include <deque>

#include "sim/common/unit.hpp"
#include "sim/memory/dram_timing.hpp"
#include "sim/memory/messages.hpp"

namespace weft::sim::memory {

class Dram : public Unit {
 public:
  Dram(const weft::engine::Dram& config, double clock_hz, In<Request> requests,
       Out<Response> responses, const Stalls& stalls = {})
      : timing_(config, clock_hz, stalls), requests_(requests), responses_(responses) {}

  const UnitClass& unit_class() const override { return *weft::engine::UnitKind::dram.declared; }
  TimingDependsOn timing_depends_on() const override { return timing_.timing_depends_on(); }
  void list_ports(PortList& ports) override {
    ports.add("requests", requests_);
    ports.add("responses", responses_);
  }
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &timing_.counts(); }

  const DramTiming& timing() const { return timing_; }
  DramTiming& timing() { return timing_; }

  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 private:
  struct Pending {
    Cycle ready = 0;
    bool write = false;
  };

  DramTiming timing_;
  In<Request> requests_;
  Out<Response> responses_;
  std::deque<Pending> pending_;
};

}  // namespace weft::sim::memory
