// Channels of one part behind one address space: a part, a mapping and how they are run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "models/memory/address_map.hpp"
#include "models/memory/dram_control.hpp"
#include "models/memory/dram_part.hpp"

namespace weft::memory {

struct DramSystem {
  DramPart part;
  AddressMap mapping;
  std::string canonical;  // of part and mapping: every value, in one form
  DramControl control{};
  std::int64_t channels = 1;
  std::int64_t interleave_bytes = 256;

  double peak_bytes_per_s() const {
    return part.peak_bytes_per_s() * static_cast<double>(channels);
  }
};

}  // namespace weft::memory
