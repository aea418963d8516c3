#include "sim/memory/tlm_port.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weft::sim::memory {

tlm::tlm_generic_payload& PayloadPool::take() {
  if (idle_.empty()) {
    all_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
    idle_.reserve(all_.size());
    idle_.push_back(all_.back().get());
  }
  tlm::tlm_generic_payload& payload = *idle_.back();
  idle_.pop_back();
  payload.acquire();
  return payload;
}

void PayloadPool::free(tlm::tlm_generic_payload* payload) {
  payload->reset();
  idle_.push_back(payload);
}

TlmPort::TlmPort(const sc_core::sc_module_name& name, const Config& config, const Clock& clock,
                 Failure& failure)
    : sc_core::sc_module(name),
      Memory(config.shape),
      socket("socket"),
      config_(config),
      clock_(clock),
      failure_(failure),
      scratch_(static_cast<std::size_t>(config.shape.takes.most_bytes)),
      held_up_(orders()) {
  check(config.base % config.shape.takes.unit_bytes == 0,
        "an engine's memory begins where the memory takes requests");
  SC_HAS_PROCESS(TlmPort);
  socket.register_nb_transport_bw(this, &TlmPort::from_target);
  SC_METHOD(run);
  dont_initialize();
  sensitive << wake_;
}

void TlmPort::run() {
  try {
    const Cycle now = clock_.now();
    const Cycle at = step(now);
    if (at != kNever) next_trigger(clock_.until(at), wake_);
  } catch (...) {
    failure_.carry();
  }
}

Cycle TlmPort::step(Cycle now) {
  send(now);
  respond(now);
  return next(now);
}

// A request phase takes a cycle at least, and only one is open at a time.
void TlmPort::send(Cycle now) {
  if (requesting_ != nullptr || request_free_at_ > now) return;
  take_next(
      now, [](std::size_t) { return true; },
      [&](const Request& request) { begin_request(now, request); });
}

void TlmPort::begin_request(Cycle now, const Request& request) {
  tlm::tlm_generic_payload& payload = pool_.take();
  payload.set_command(request.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(config_.base + request.address);
  payload.set_data_ptr(scratch_.data());
  payload.set_data_length(static_cast<unsigned>(request.bytes));
  payload.set_streaming_width(static_cast<unsigned>(request.bytes));
  payload.set_byte_enable_ptr(nullptr);
  payload.set_byte_enable_length(0);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  count(request, counts_.counters);
  if (flights_.empty()) busy_from_ = now;
  flights_.push_back({&payload, request, now});
  requesting_ = &payload;
  request_began_at_ = now;
  request_free_at_ = now + 1;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  switch (socket->nb_transport_fw(payload, phase, delay)) {
    case tlm::TLM_ACCEPTED: break;
    case tlm::TLM_UPDATED:
      if (phase == tlm::END_REQ) end_request(payload, clock_.cycle_after(request_began_at_, delay));
      if (phase == tlm::BEGIN_RESP) {
        end_response(payload, delay);
        phase = tlm::END_RESP;
        socket->nb_transport_fw(payload, phase, delay);
      }
      break;
    case tlm::TLM_COMPLETED: end_response(payload, delay); break;
  }
}

tlm::tlm_sync_enum TlmPort::from_target(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_core::sc_time& delay) {
  try {
    if (phase == tlm::END_REQ) {
      end_request(payload, clock_.cycle_after(request_began_at_, delay));
    } else if (phase == tlm::BEGIN_RESP) {
      end_response(payload, delay);
      phase = tlm::END_RESP;
      return tlm::TLM_UPDATED;
    }
    return tlm::TLM_ACCEPTED;  // phases of other protocols may be ignored
  } catch (...) {
    failure_.carry();
    return tlm::TLM_COMPLETED;
  }
}

void TlmPort::end_request(const tlm::tlm_generic_payload& payload, Cycle at) {
  check(requesting_ == &payload, "a target ended a request phase that was not open");
  requesting_ = nullptr;
  request_free_at_ = std::max(request_free_at_, at);
  wake_.notify(clock_.until(at));
}

// BEGIN_RESP ends the request phase where it is still open.
void TlmPort::end_response(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
  const auto flight = std::find_if(flights_.begin(), flights_.end(),
                                   [&](const Flight& f) { return f.payload == &payload; });
  check(flight != flights_.end() && flight->ready == kNever,
        "a target responded to what was not asked, or twice");
  const Cycle at = clock_.cycle_after(flight->asked, delay);
  if (requesting_ == &payload) end_request(payload, at);
  flight->ready = at;
  wake_.notify(clock_.until(at));
}

// Gives what is there and has nothing before it in its order, as far as the channels have room.
void TlmPort::respond(Cycle now) {
  std::fill(held_up_.begin(), held_up_.end(), false);
  std::size_t open = held_up_.size();
  for (auto flight = flights_.begin(); flight != flights_.end() && open > 0;) {
    const Request& request = flight->request;
    const std::size_t order = order_of(request);
    if (held_up_[order]) {
      ++flight;
      continue;
    }
    if (flight->ready > now || !give(now, *flight)) {
      held_up_[order] = true;
      --open;
      ++flight;
      continue;
    }
    flight->payload->release();
    flight = flights_.erase(flight);
    if (flights_.empty()) counts_.busy_cycles += static_cast<std::uint64_t>(now - busy_from_);
  }
}

bool TlmPort::give(Cycle now, const Flight& flight) {
  const tlm::tlm_generic_payload& payload = *flight.payload;
  if (!payload.is_response_ok()) {
    throw ContractError(fmt::format(
        "memory answered {} to a {} of {} bytes at address 0x{:x}", payload.get_response_string(),
        payload.is_write() ? "write" : "read", payload.get_data_length(), payload.get_address()));
  }
  return Memory::respond(flight.request.port, now, {flight.request.write, flight.request.tag});
}

// The next cycle in which there is something to do without a call from outside: what is ready and
// waits waits for one before it, or for room.
Cycle TlmPort::next(Cycle now) const {
  Cycle at = kNever;
  for (const Flight& flight : flights_) {
    if (flight.ready > now) at = std::min(at, flight.ready);
    if (orders() == 1) break;
  }
  if (requesting_ != nullptr) return at;
  for (std::size_t p = 0; p < ports(); ++p) {
    if (waits_later(p)) at = std::min(at, std::max(request_free_at_, now + 1));
  }
  return at;
}

}  // namespace weft::sim::memory
