// What requests a memory takes. Whoever asks it keeps to that, by fetching more than it needs if it
// must.
#pragma once

#include <cstdint>

#include "models/common/error.hpp"
#include "models/engine/architecture/architecture.hpp"
#include "sim/memory/messages.hpp"

namespace weft::sim::memory {

struct Takes {
  std::uint64_t unit_bytes = 1;  // a request begins and ends at multiples of it
  std::uint64_t most_bytes = 1;  // a multiple of that, no multiple of which a request crosses

  std::uint64_t down(std::uint64_t address) const { return address - address % unit_bytes; }
  std::uint64_t up(std::uint64_t address) const { return down(address + unit_bytes - 1); }
  // Bytes that a memory moves for `bytes` from `address` on.
  std::uint64_t covering(std::uint64_t address, std::int64_t bytes) const {
    return up(address + static_cast<std::uint64_t>(bytes)) - down(address);
  }
  // The most that a request beginning at `address` may have.
  std::uint64_t room(std::uint64_t address) const { return most_bytes - address % most_bytes; }

  void check(const Request& request) const {
    const auto bytes = static_cast<std::uint64_t>(request.bytes);
    weft::check(request.bytes > 0 && bytes <= room(request.address),
                "a request is empty, or longer than its memory takes");
    weft::check(request.address % unit_bytes == 0 && bytes % unit_bytes == 0,
                "a request does not begin and end where its memory takes it");
  }
};

inline Takes takes_of(const weft::engine::Dram& dram) {
  return {.unit_bytes = static_cast<std::uint64_t>(access_bytes(dram).value_or(1)),
          .most_bytes = static_cast<std::uint64_t>(dram.burst_bytes)};
}

}  // namespace weft::sim::memory
