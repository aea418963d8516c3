// A sweep as its file says it: designs, workloads, and what is varied, as text with the places
// where it was written. What keys mean is for whoever runs the points.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/common/error.hpp"
#include "models/common/limits_default.hpp"

namespace weft::sweep {

// A value as written: "4K", "true", "[512, 2K]" as "512,2K".
struct Text {
  std::string text;
  Location where;
};

// Keys that vary together: one key over its values (an axis of a grid), several over as many values
// each (a zip), or points one by one, in which a key may be absent. Blocks are multiplied.
struct Block {
  std::vector<Text> keys;
  std::vector<std::vector<std::optional<Text>>> rows;  // each with a value for every key
};

enum class Relation : std::uint8_t { less, at_most, greater, at_least, equal, unequal };

// "seq-q <= seq-kv": points for which it does not hold are left out. Either side is a key that is
// varied, "design", "workload", or a value.
struct Condition {
  std::string left;
  Relation relation = Relation::equal;
  std::string right;
  Text written;
};

struct SweepFile {
  std::string file;
  std::string text;  // all of it
  std::string name;
  std::string description;
  Text fidelity;
  std::vector<Text> designs;
  std::vector<Text> workloads;  // none: shapes come from traces
  std::vector<Block> blocks;    // of the grid, then zips, then single points
  std::vector<Condition> conditions;
};

// Throws ConfigError with every problem of its form: what is no YAML, unknown keys, empty lists,
// values that are no text or number, zips of unequal lengths, keys that are varied twice,
// conditions that cannot be read.
SweepFile load_sweep(const std::filesystem::path& file,
                     const ReadLimits& limits = environment_limits());
SweepFile parse_sweep(const std::string& text, const std::string& file,
                      const ReadLimits& limits = environment_limits());

}  // namespace weft::sweep
