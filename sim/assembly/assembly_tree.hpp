// The instance tree of an assembly's file, as it is written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/common/fields.hpp"
#include "sim/assembly/assembly.hpp"

namespace weft::sim {

// "3/7": three cycles of the clock while the assembly's own makes seven.
void read_custom(const config::Value& value, ClockRatio& out, config::Reader& reader);

// Read later, by the class of the unit.
struct RawAttributes {
  std::optional<config::Value> value;
};
inline void read_custom(const config::Value& value, RawAttributes& out, config::Reader&) {
  out.value = value;
}

struct LinkEntry {
  std::string from;
  std::string to;
  std::int64_t depth = 2;
};
inline auto fields(config::Tag<LinkEntry>) {
  return config::field_table(
      config::required("from", &LinkEntry::from, "a port that sends, UNIT.PORT"),
      config::required("to", &LinkEntry::to, "a port that takes in, UNIT.PORT"),
      config::optional("depth", &LinkEntry::depth, {1, 1 << 20}, "beats that it holds"));
}

// A unit by its class, or a group of units and of links between them.
struct InstanceEntry {
  std::optional<std::string> unit_class;
  std::optional<std::string> clock;
  std::int64_t count = 1;
  RawAttributes attributes;
  std::map<std::string, InstanceEntry> units;
  std::vector<LinkEntry> links;
};
inline auto fields(config::Tag<InstanceEntry>) {
  using E = InstanceEntry;
  return config::field_table(
      config::optional("class", &E::unit_class, "class of the unit"),
      config::optional("clock", &E::clock, "of `clocks`; the assembly's own where none is named"),
      config::optional("count", &E::count, {1, 4096}, "instances; from 2 on NAME[0], NAME[1] …"),
      config::optional("attributes", &E::attributes, "of the class"),
      config::optional("units", &E::units, "of a group: its units by name"),
      config::optional("links", &E::links, "of a group: between its units"));
}

struct AssemblyTree {
  std::string description;
  std::map<std::string, ClockRatio> clocks;
  std::map<std::string, InstanceEntry> units;
  std::vector<LinkEntry> links;
};
inline auto fields(config::Tag<AssemblyTree>) {
  using T = AssemblyTree;
  return config::field_table(
      config::optional("description", &T::description, "what it is"),
      config::optional("clocks", &T::clocks, "beside the assembly's own: name to ratio P/Q"),
      config::required("units", &T::units, "units and groups by name"),
      config::optional("links", &T::links, "between ports"));
}

}  // namespace weft::sim
