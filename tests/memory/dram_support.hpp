// What the tests of DRAM share: parts and mappings as shipped, and a stream through one channel.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "models/memory/address_map.hpp"
#include "models/memory/dram_part.hpp"
#include "models/memory/stream.hpp"
#include "sim/memory/hbm/stream_run.hpp"

namespace weft::sim::memory {

inline std::filesystem::path shipped(const std::string& kind, const std::string& name) {
  return std::filesystem::path(WEFT_SOURCE_DIR) / "configs" / kind / (name + ".yaml");
}

inline weft::memory::DramPart part_named(const std::string& name) {
  return weft::memory::load_part(shipped("dram", name));
}

inline weft::memory::AddressMap mapping_named(const std::string& name,
                                              const weft::memory::DramPart& part) {
  return weft::memory::load_mapping(shipped("mapping", name), part.organisation);
}

// One channel, 64 outstanding, RoBaRaCoCh, unless changed.
inline StreamConfig stream_config(const weft::memory::DramPart& part,
                                  const std::string& mapping = "RoBaRaCoCh") {
  return {.channel = {part}, .mapping = mapping_named(mapping, part)};
}

// An address of HBM2 under RoBaRaCoCh.
struct At {
  std::uint64_t row = 0, bank = 0, group = 0, half = 0, column = 0;
  std::uint64_t address() const {
    return ((((row * 4 + bank) * 4 + group) * 2 + half) * 32 + column) * 32;
  }
};

}  // namespace weft::sim::memory
