// How long a stream takes in DRAM with state, without stepping it: counts of what its accesses have
// in common, and the bounds that follow. docs/units/memory/hbm.md has the formula and its measured
// error. For streams
// that read alone or write alone, and open pages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "models/memory/address_map.hpp"
#include "models/memory/dram_control.hpp"
#include "models/memory/dram_part.hpp"
#include "models/memory/stream.hpp"

namespace weft::memory {

// Ticks an access of one channel takes at least, by what bounds it.
struct StreamEstimate {
  double row_bus = 0;
  double bank = 0;  // tRC
  double bank_group = 0;
  double data_bus = 0;
  double column_bus = 0;
  double latency = 0;    // of all that are outstanding, spread over them
  double refresh = 1;    // factor of it
  double activates = 0;  // of an access
  double ticks_per_access = 0;
};

// Absent where the stream both reads and writes or pages are closed, of which it knows nothing, and
// where it is shorter than it has outstanding. Of a stream
// longer than `kEstimated` accesses the first are looked at. `accesses` are those of one channel,
// their addresses within it.
constexpr std::size_t kEstimated = 16384;
std::optional<StreamEstimate> estimate_stream(const DramPart& part, const AddressMap& mapping,
                                              const DramControl& control, std::int64_t outstanding,
                                              std::span<const Access> accesses);

}  // namespace weft::memory
