// How much of a file is read. Every reader checks its limits before it does the work, so that a
// file of a few bytes can never cost minutes or gigabytes; docs/units/readers.md says what each is
// measured by.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "models/common/error.hpp"
#include "models/common/limits_default.hpp"

namespace weft {

struct Limit {
  std::string_view name;  // "yaml.nodes", as it is set
  std::uint64_t value;
  std::uint64_t most;     // that it can be set to
  std::string_view what;  // "values and keys"

  // ConfigError naming the limit, its value and how to raise it, where `found` is above it.
  void hold(std::uint64_t found, const Location& where) const {
    if (found > value) [[unlikely]]
      refuse(where);
  }
  [[noreturn]] void refuse(const Location& where) const;
  // What is said then: "more than 64 deep in maps and lists: the limit yaml.depth is 64;
  // WEFT_LIMITS=yaml.depth=N raises it, up to 256".
  std::string message() const;
};

inline constexpr std::uint64_t kKi = 1024;
inline constexpr std::uint64_t kMi = 1024 * kKi;
inline constexpr std::uint64_t kGi = 1024 * kMi;

struct ReadLimits {
  Limit yaml_bytes{"yaml.bytes", 4 * kMi, kGi, "bytes of a YAML file"};
  Limit yaml_nodes{"yaml.nodes", 250'000, 100'000'000, "keys and values of a YAML file"};
  Limit yaml_ahead{"yaml.ahead", 512 * kKi, kGi,
                   "bytes of one list in [ ], map in { }, text or comment, which are read before "
                   "they are known"};
  Limit yaml_depth{"yaml.depth", 64, 256, "deep in maps and lists"};
  Limit yaml_key_bytes{"yaml.key_bytes", 256, kKi, "bytes of a key"};
  Limit yaml_expanded{"yaml.expanded", 250'000, 100'000'000,
                      "keys and values once aliases and merges are written out"};
  Limit yaml_expanded_bytes{"yaml.expanded_bytes", 16 * kMi, 4 * kGi,
                            "bytes of text once aliases and merges are written out"};
  Limit json_bytes{"json.bytes", 4 * kMi, kGi, "bytes of a JSON file"};
  Limit json_nodes{"json.nodes", 250'000, 100'000'000, "keys and values of a JSON file"};
  Limit json_depth{"json.depth", 32, 256, "deep in objects and lists"};
  Limit safetensors_bytes{"safetensors.bytes", 16 * kGi, 1024 * kGi, "bytes of a safetensors file"};
  Limit safetensors_header{"safetensors.header", 100'000'000, 100'000'000,
                           "bytes of a safetensors header"};  // as in its reference reader
  Limit safetensors_nodes{"safetensors.nodes", 4'000'000, 100'000'000,
                          "keys and values of a safetensors header"};
  Limit npy_bytes{"npy.bytes", 16 * kGi, 1024 * kGi, "bytes of an npy file"};
  Limit npy_header{"npy.header", 64 * kKi, kMi, "bytes of an npy header"};
  Limit npy_dimensions{"npy.dimensions", 64, 64, "dimensions of an npy array"};  // as in NumPy 2
  Limit csv_bytes{"csv.bytes", 16 * kMi, kGi, "bytes of a CSV file"};
  Limit csv_rows{"csv.rows", 250'000, 100'000'000, "lines of a CSV file"};
  Limit csv_columns{"csv.columns", 1'000, 100'000, "columns of a CSV file"};
  Limit cascade_ranks{"cascade.ranks", 1'000, 100'000, "ranks and partitions of a cascade"};
  Limit cascade_names{"cascade.names", 10'000, 1'000'000,
                      "tensors, scalars, initial values or outputs of a cascade"};
  Limit cascade_einsums{"cascade.einsums", 10'000, 1'000'000, "Einsums of a cascade"};
  Limit cascade_terms{"cascade.terms", 250'000, 100'000'000,
                      "terms and indices of all Einsums of a cascade"};
  Limit cascade_einsum_bytes{"cascade.einsum_bytes", 64 * kKi, kMi, "bytes of one Einsum"};
  Limit cascade_depth{"cascade.depth", 64, 256, "deep in parentheses and calls"};
};

// Every limit, in the order of the struct.
std::array<Limit ReadLimits::*, 25> all_limits();

// "yaml.nodes=1000,csv.rows=4K" over the defaults. ConfigError names `source` for an unknown name
// or a value out of range.
ReadLimits parse_limits(std::string_view text, const std::string& source);

}  // namespace weft
