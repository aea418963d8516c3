// A memory that is a TLM-2.0 target, seen through an initiator socket: requests go out by
// nb_transport_fw in the base protocol, one request phase at a time; responses come back in the
// order of the requests of their port and tag, whatever order the target keeps. It is the bridge
// between cycles and SystemC's time: what a target takes counts from the cycle of its request, in
// whole cycles that cover it. Values do not travel: payloads point at a scratch buffer. See
// docs/guides/engine-in-a-platform.md.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "models/engine/result/result.hpp"
#include "sim/common/clock.hpp"
#include "sim/common/shell.hpp"
#include "sim/memory/memory.hpp"

namespace weft::sim::memory {

// Payloads that return here when their last holder releases them; made anew only where none is
// idle.
class PayloadPool : public tlm::tlm_mm_interface {
 public:
  tlm::tlm_generic_payload& take();
  void free(tlm::tlm_generic_payload* payload) override;
  std::size_t made() const { return all_.size(); }

 private:
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> all_;
  std::vector<tlm::tlm_generic_payload*> idle_;
};

class TlmPort : public sc_core::sc_module, public Waker, public Memory {
 public:
  struct Config {
    Shape shape;
    std::uint64_t base = 0;  // added to every address
  };

  TlmPort(const sc_core::sc_module_name& name, const Config& config, const Clock& clock,
          Failure& failure);

  tlm_utils::simple_initiator_socket<TlmPort> socket;

  void wake_in(Cycle ticks) override { wake_.notify(clock_.until(clock_.now() + ticks)); }

  // What a foreign memory's time depends on, only it knows.
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::random; }
  Waker* own_process() override { return this; }
  Cycle step(Cycle now) override;
  // Busy: with a request outstanding.
  UnitCounts* counts() override { return &counts_; }
  // Grows to the most that were ever under way, and no further.
  std::size_t payloads_made() const { return pool_.made(); }

 private:
  struct Flight {
    tlm::tlm_generic_payload* payload = nullptr;
    Request request;
    Cycle asked = 0;
    Cycle ready = kNever;  // cycle of the response, once it is known
  };

  void run();
  void send(Cycle now);
  void begin_request(Cycle now, const Request& request);
  void respond(Cycle now);
  bool give(Cycle now, const Flight& flight);
  Cycle next(Cycle now) const;
  tlm::tlm_sync_enum from_target(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                 sc_core::sc_time& delay);
  void end_request(const tlm::tlm_generic_payload& payload, Cycle at);
  void end_response(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);

  Config config_;
  const Clock& clock_;
  Failure& failure_;
  PayloadPool pool_;
  std::vector<unsigned char> scratch_;
  std::deque<Flight> flights_;                            // in the order of requests
  std::vector<bool> held_up_;                             // by order: in respond()
  const tlm::tlm_generic_payload* requesting_ = nullptr;  // in its request phase
  Cycle request_began_at_ = 0;
  Cycle request_free_at_ = 0;  // the next request phase may begin
  Cycle busy_from_ = 0;
  UnitCounts counts_;
  sc_core::sc_event wake_;
};

}  // namespace weft::sim::memory
