// A memory behind the engine's socket that answers as the base protocol allows it, and a platform
// with it.
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include "sim/engine/engine.hpp"
#include "sim/memory/bandwidth_memory.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {

inline constexpr std::uint64_t kPlenty = std::uint64_t{1} << 40;

// How a target answers a request, by its ordinal.
enum class Style { accepted, end_request, early_response, response, completed, mixed };

// Approximately timed: the timing of sim/memory/bandwidth_memory.hpp over the base protocol. It
// counts in cycles of the engine's clock; `accept_half_cycles` before END_REQ.
class AtMemory : public sc_core::sc_module {
 public:
  struct Config {
    weft::engine::Dram dram;
    double clock_hz = 1;
    Style style = Style::accepted;
    std::int64_t accept_half_cycles = 0;
    std::int64_t jitter_cycles = 0;     // responses out of order by up to this
    std::uint64_t fails_at = kPlenty;   // ordinal of the request that ends in an error
    std::uint64_t twice_at = kPlenty;   // ordinal of the request that is answered twice
    std::uint64_t silent_at = kPlenty;  // ordinal of the request that is never answered
  };
  AtMemory(const sc_core::sc_module_name& name, const Config& config, const Clock& clock)
      : sc_core::sc_module(name),
        socket("socket"),
        config_(config),
        clock_(clock),
        pace_(memory::pace_of(config.dram.bandwidth_bytes_per_s, config.clock_hz)),
        queue_(this, &AtMemory::later) {
    socket.register_nb_transport_fw(this, &AtMemory::forward);
  }

  tlm_utils::simple_target_socket<AtMemory> socket;
  std::uint64_t requests = 0;
  std::uint64_t overlaps = 0;   // request phases that began before the last had ended
  std::uint64_t odd = 0;        // requests off the cycle's edge
  std::uint64_t highest = 0;    // byte past the highest address
  std::uint64_t not_ended = 0;  // responses that the initiator did not end
  std::set<tlm::tlm_generic_payload*> payloads;
  std::array<std::uint64_t, 5> styles{};

 private:
  // Cycles from now to the response.
  std::int64_t service(const tlm::tlm_generic_payload& payload) {
    const Cycle now = clock_.now();
    const std::int64_t unit = pace_.block_bytes;
    free_at_ = std::max(free_at_, now * unit) +
               static_cast<std::int64_t>(payload.get_data_length()) * pace_.block_cycles;
    const std::int64_t jitter =
        config_.jitter_cycles == 0
            ? 0
            : static_cast<std::int64_t>(requests * 7919 % 13) * config_.jitter_cycles / 13;
    return (free_at_ + unit - 1) / unit +
           weft::engine::latency_cycles(config_.dram, config_.clock_hz) + jitter - now;
  }

  tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                             sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP) return tlm::TLM_COMPLETED;
    const std::uint64_t ordinal = requests++;
    payloads.insert(&payload);
    overlaps += open_ ? 1 : 0;
    odd += clock_.until(clock_.now()) == sc_core::SC_ZERO_TIME ? 0 : 1;
    highest = std::max<std::uint64_t>(highest, payload.get_address() + payload.get_data_length());
    payload.set_response_status(ordinal == config_.fails_at ? tlm::TLM_GENERIC_ERROR_RESPONSE
                                                            : tlm::TLM_OK_RESPONSE);
    const sc_core::sc_time until = clock_.cycles(service(payload));
    const auto style =
        config_.style == Style::mixed ? static_cast<Style>(ordinal * 31 % 5) : config_.style;
    ++styles[static_cast<std::size_t>(style)];
    twice_ = ordinal == config_.twice_at ? &payload : twice_;
    switch (style) {
      case Style::response:
        phase = tlm::BEGIN_RESP;
        delay += until;
        return tlm::TLM_UPDATED;
      case Style::completed: delay += until; return tlm::TLM_COMPLETED;
      case Style::end_request:
        phase = tlm::END_REQ;
        payload.acquire();
        queue_.notify(payload, tlm::BEGIN_RESP, until);
        return tlm::TLM_UPDATED;
      case Style::accepted:
        queue_.notify(payload, tlm::END_REQ,
                      clock_.half_cycle() * static_cast<double>(config_.accept_half_cycles));
        break;
      default: break;
    }
    open_ = true;
    payload.acquire();
    if (ordinal != config_.silent_at) queue_.notify(payload, tlm::BEGIN_RESP, until);
    return tlm::TLM_ACCEPTED;
  }

  void later(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& what) {
    tlm::tlm_phase phase = what;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    open_ = false;
    const tlm::tlm_sync_enum answer = socket->nb_transport_bw(payload, phase, delay);
    if (what == tlm::END_REQ) return;
    not_ended +=
        answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP) ? 0
                                                                                               : 1;
    if (twice_ == &payload) {
      phase = tlm::BEGIN_RESP;
      socket->nb_transport_bw(payload, phase, delay);
    }
    payload.release();
  }

  Config config_;
  const Clock& clock_;
  memory::Pace pace_;
  std::int64_t free_at_ = 0;  // in parts of a cycle: block_bytes a cycle
  bool open_ = false;
  tlm::tlm_generic_payload* twice_ = nullptr;
  tlm_utils::peq_with_cb_and_phase<AtMemory> queue_;
};

struct AtPlatform : sc_core::sc_module {
  AtPlatform(const sc_core::sc_module_name& name, const weft::engine::Schedule& schedule,
             const AtMemory::Config& config, Values* values = nullptr)
      : sc_core::sc_module(name),
        engine("engine", {.schedule = schedule, .values = values, .memory = MemorySide::socket}),
        memory("memory", config, engine.clock()) {
    engine.memory_socket().bind(memory.socket);
  }
  Engine engine;
  AtMemory memory;
};

inline AtMemory::Config like_built_in(const Scheduled& point) {
  return {.dram = point.made.arch().dram, .clock_hz = point.made.arch().clock_hz};
}

}  // namespace weft::sim::engine::test
