#include "sim/memory/hbm/stream_run.hpp"

#include <algorithm>
#include <numeric>

#include "sim/memory/hbm/stream_pass.hpp"

namespace weft::sim::memory {

StreamResult run_stream(const StreamConfig& config,
                        std::span<const weft::memory::Access> accesses) {
  const auto channels = static_cast<std::size_t>(config.channels);
  StreamResult result;
  result.requests = accesses.size();
  if (config.keep_completions) result.done_at.resize(accesses.size());
  if (config.keep_commands) result.commands.resize(channels);
  result.read_latencies.reserve(accesses.size());
  std::vector<StreamPass> passes;
  if (config.window == Window::stream) {
    std::vector<std::uint32_t> all(accesses.size());
    std::iota(all.begin(), all.end(), 0U);
    passes.emplace_back(config, accesses, std::move(all), std::nullopt, result);
  } else {
    // The accesses of one channel in their order; other channels do not matter to it.
    const weft::memory::ChannelMap map(config.channels, config.interleave_bytes);
    std::vector<std::vector<std::uint32_t>> of(channels);
    for (std::size_t i = 0; i < accesses.size(); ++i)
      of[map.channel(accesses[i].address)].push_back(static_cast<std::uint32_t>(i));
    for (std::size_t c = 0; c < channels; ++c)
      passes.emplace_back(config, accesses, std::move(of[c]), c, result);
  }
  for (StreamPass& pass : passes) result.ticks = std::max(result.ticks, pass.run());
  for (StreamPass& pass : passes) result.counts.add(pass.run_out(result.ticks));
  return result;
}

}  // namespace weft::sim::memory
