// How long a stream takes in DRAM with state, without stepping its commands: for each access the
// times of its activate and of its column command follow from those of the accesses before it, by a
// maximum over what it waits for. docs/units/memory/hbm.md has the recurrence and its measured
// error. For streams that read alone or write alone, and open pages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "models/memory/address_map.hpp"
#include "models/memory/dram_control.hpp"
#include "models/memory/dram_part.hpp"
#include "models/memory/stream.hpp"

namespace weft::memory {

struct StreamEstimate {
  double ticks_per_access = 0;  // of one channel
  double activates = 0;         // of an access
  double latency = 0;           // ticks from an access's first place to its end, the mean
};

// Absent where the stream both reads and writes or pages are closed, of which it knows nothing, and
// of no accesses. Of a stream longer than `kEstimated` accesses the first are looked at. `accesses`
// are those of one channel, their addresses within it.
constexpr std::size_t kEstimated = 16384;
std::optional<StreamEstimate> estimate_stream(const DramPart& part, const AddressMap& mapping,
                                              const DramControl& control, std::int64_t outstanding,
                                              std::span<const Access> accesses);

}  // namespace weft::memory
