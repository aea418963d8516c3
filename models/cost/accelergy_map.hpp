// A mapping file: which component and action of an Accelergy ERT or ART is which of ours, where
// their names are others.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/common/fields.hpp"

namespace weft::cost {

// One kind of component. `component` is the name as the ERT has it, without indices ("chip.pe.mac"
// for "chip.pe[0..255].mac"); '*' stands for any text.
struct MapEntry {
  std::string component;
  std::string is;  // an operation, register_file, buffer, dram; or nothing: passed over
  std::optional<std::string> compute;  // the ERT's action that is our compute, of an operation
  std::optional<std::string> read;     // and so on, of storage
  std::optional<std::string> write;
  std::optional<std::map<std::string, std::string>> arguments;  // only actions that have these
};

inline auto fields(config::Tag<MapEntry>) {
  using config::optional, config::required;
  return config::field_table(
      required("component", &MapEntry::component,
               "the ERT's name without indices; '*' is any text"),
      required("is", &MapEntry::is,
               "what it is here: an operation, register_file, buffer, dram or nothing"),
      optional("compute", &MapEntry::compute, "of an operation: the ERT's name of the action"),
      optional("read", &MapEntry::read, "of storage: the ERT's name of a read"),
      optional("write", &MapEntry::write, "of storage: the ERT's name of a write"),
      optional("arguments", &MapEntry::arguments, "only actions with these arguments"));
}

class AccelergyMap {
 public:
  // An empty map: names are taken as they are.
  AccelergyMap() = default;
  // ConfigError with every problem at once: an unknown `is`, actions that it does not have.
  explicit AccelergyMap(const std::string& file);

  // The first entry for a component; null where there is none.
  const MapEntry* find(const std::string& component);
  // What an entry of find() calls an action of the ERT: "compute", "read", "write"; one action may
  // be both of the latter.
  std::vector<std::string> our_names(const MapEntry& entry, const std::string& action);
  // Entries that found no component, and names that found no action; to be asked when everything
  // has been read.
  std::vector<Problem> unused() const;

 private:
  std::vector<MapEntry> entries_;
  std::vector<bool> used_;
  std::set<std::pair<const MapEntry*, std::string>> named_;  // our names that found an action
  config::Origins origins_;
};

// What stands behind `is`, and what a component's last part may be: the operations, register_file,
// buffer, dram.
const std::vector<std::string>& component_kinds();
bool is_operation(const std::string& name);
// "engine.array_2d[0..255].macc[1..1]" as "engine.array_2d.macc".
std::string without_indices(const std::string& name);

}  // namespace weft::cost
