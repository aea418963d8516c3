// What a store keeps of a point: what people filter by, and of a simulated one its whole result.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/cost/table.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/result/result.hpp"

namespace weft::sweep {

// The first 128 bits of the configuration's SHA-256 (engine/run/provenance.hpp): two points of the
// same key are the same point.
using Key = std::array<std::uint8_t, 16>;

// Of 64 hexadecimal digits.
Key key_of(std::string_view sha256_hex);

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::size_t word = 0;
    std::memcpy(&word, key.data(), sizeof word);
    return word;
  }
};

struct Row {
  Key key{};
  std::string_view design;  // as the sweep file names it; outlives the row
  std::string workload;
  std::string settings;  // "arch.dram.bandwidth_bytes_per_s=100e9 …"
  engine::Fidelity fidelity = engine::Fidelity::analytic;
  engine::Status status = engine::Status::ok;
  std::string reason;
  workload::Shape shape;
  // What ran has these.
  std::optional<std::uint64_t> cycles;
  double seconds = 0;
  std::uint64_t dram_bytes = 0;
  double peak_bytes_per_s = 0;
  std::optional<double> peak_macs_per_s;  // of spatial arrays
  std::optional<double> utilisation_2d, utilisation_1d, useful_macs, energy_pj;
  std::string bound_by;  // name of a unit
  std::string json;      // the result, compressed; empty where it can be computed again
};

// As a row has them.
std::string settings_text(const std::vector<engine::Setting>& settings);

// All but key, names and json.
Row row_of(const engine::Design& design, const engine::Result& result, const cost::Table* cost);

// A row in bytes, for the way between two processes: all but its names.
std::string packed(const Row& row);
Row unpacked(std::string_view bytes);

// Of JSON that is stored; ConfigError where it is damaged.
std::string compressed(std::string_view text);
std::string uncompressed(std::string_view bytes);

}  // namespace weft::sweep
