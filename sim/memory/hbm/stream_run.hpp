// A stream of accesses through channels of DRAM, with so many in flight; what it took.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/memory/address_map.hpp"
#include "models/memory/dram_control.hpp"
#include "models/memory/dram_part.hpp"
#include "models/memory/stream.hpp"
#include "sim/memory/hbm/dram_channel.hpp"
#include "sim/memory/hbm/dram_counts.hpp"

namespace weft::sim::memory {

// Whose accesses go in order, and how many are in flight: those of each channel, so many; or the
// whole stream, so many for each channel together, and then one full channel stalls the rest.
enum class Window : std::uint8_t { channel, stream };
constexpr auto names(config::Tag<Window>) {
  return std::array<std::pair<std::string_view, Window>, 2>{
      {{"channel", Window::channel}, {"stream", Window::stream}}};
}

struct StreamConfig {
  DramChannel::Config channel;
  weft::memory::AddressMap mapping;
  std::int64_t channels = 1;
  std::int64_t interleave_bytes = 256;
  std::int64_t outstanding = 64;
  Window window = Window::channel;
  bool keep_completions = false;
  bool keep_commands = false;
  bool advance = true;  // over periods, where state and accesses recur; the result is the same
};

struct StreamResult {
  Cycle ticks = 0;  // until the last access was done
  std::uint64_t requests = 0;
  std::uint64_t passed_over = 0;             // accesses of periods that were not stepped
  std::vector<std::int32_t> read_latencies;  // ticks from the first offer, in order of completion
  std::vector<Cycle> done_at;                // of each access, where completions are kept
  std::vector<std::vector<SentCommand>> commands;  // by channel, where they are kept
  DramCounts counts;                               // of all channels
};

StreamResult run_stream(const StreamConfig& config, std::span<const weft::memory::Access> accesses);

}  // namespace weft::sim::memory
