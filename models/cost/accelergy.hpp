// Exchange with Accelergy, by files of its version 0.4: an energy reference table (ERT), an area
// reference table (ART) and action counts. Energies in pJ, areas in µm². What the two sides call a
// component is its name's last part: an operation of an array (`engine.array_2d.macc`, action
// `compute`), `register_file`, `buffer` or `dram` (actions `read` and `write` of a word of 16
// bits). Text is returned, not written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/cost/table.hpp"

namespace weft::cost {

// The components that a table is exported for.
struct Components {
  std::string root = "engine";                             // before every name
  std::map<std::string, std::vector<std::string>> arrays;  // by name: the operations of an element
  std::int64_t buffer_bytes = 0;
  std::int64_t buffer_row_bytes = 0;     // for the area; no area where the table has no such buffer
  std::int64_t register_file_words = 1;  // depth, for the bits of the address in its area
};

// Energies of the components by a table; ConfigError where it lacks an operation of an array.
std::string energy_reference_table(const Table& table, const Components& components);
// Energies of the actions of one run, as that run was charged: goes with `action_counts` of the
// same.
std::string energy_reference_table(const std::vector<ActionCount>& actions,
                                   const std::string& root = "engine");
// Areas of the components, where the table has them; DRAM has none.
std::string area_reference_table(const Table& table, const Components& components);
std::string action_counts(const std::vector<ActionCount>& actions,
                          const std::string& root = "engine");

// What a cost table has and Accelergy's files do not.
struct Frame {
  std::string description;
  std::string node;
  double voltage_v = 0;
  std::int64_t buffer_bytes = 0;  // capacity whose energy the ERT's `buffer` is
  std::int64_t buffer_action_bytes =
      2;  // that one read or write of the ERT's `buffer` moves; and so on
  std::int64_t buffer_row_bytes = 2;  // for the ART's area
  double register_action_bytes = kWordBytes;
  double dram_action_bytes = kWordBytes;
  Charged charged = Charged::every_element;
  double reads_per_macc = 3;
  double writes_per_macc = 3;
  double reads_per_operation = 2;
  double writes_per_operation = 1;
  std::optional<std::string> map_file;  // accelergy_map.hpp
};

// A table of an ERT, and of an ART for areas. Refused: a component or an action of another name
// that no map names (the actions `idle`, `leak` and `update` are passed over, as nothing here
// charges them), one named twice with different numbers, no `buffer`, `register_file` or `dram`, an
// entry of the map without a component. ConfigError with every problem at once.
Table import_accelergy(const std::string& ert_file, const std::optional<std::string>& art_file,
                       const Frame& frame);

}  // namespace weft::cost
