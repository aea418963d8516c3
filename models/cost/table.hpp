// Cost tables: energy per action and area of the components that an architecture is made of, each
// number with its source. From configs/cost/*.yaml. Energies in pJ, areas in µm².
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/fields.hpp"

namespace weft::cost {

// The operations that a table may price, and no others.
inline constexpr std::array<std::string_view, 6> kOperationNames{"macc", "multiply", "add",
                                                                 "max",  "exp",      "divide"};
// A word, in which buffers and register files are counted.
inline constexpr double kWordBytes = 2;

// A number and where it comes from. A table without a source for a number is refused.
struct Energy {
  double pj = 0;
  std::string source;
};

inline auto fields(config::Tag<Energy>) {
  return config::field_table(
      config::required("pj", &Energy::pj, {0, 1e12}, "energy of one action"),
      config::required("source", &Energy::source, "where the number comes from"));
}

struct Area {
  double um2 = 0;
  std::string source;
};

inline auto fields(config::Tag<Area>) {
  return config::field_table(
      config::required("um2", &Area::um2, {0, 1e15}, "area of one"),
      config::required("source", &Area::source, "where the number comes from"));
}

// One operation of an array's element: macc, multiply, add, max, exp (a unit of its own), divide.
struct Operation {
  Energy energy;
  std::optional<Area> area;
};

inline auto fields(config::Tag<Operation>) {
  return config::field_table(config::required("energy", &Operation::energy, "of one operation"),
                             config::optional("area", &Operation::area, "of the circuit"));
}

// Which of the equal register files of an array are charged: one of them, as in the FuseMax
// artifact, or all.
enum class Charged : std::uint8_t { one_element, every_element };
constexpr auto names(config::Tag<Charged>) {
  return std::array<std::pair<std::string_view, Charged>, 2>{
      {{"one_element", Charged::one_element}, {"every_element", Charged::every_element}}};
}

// The register file of an element: 16-bit accesses. A MACC makes `reads_per_macc` and
// `writes_per_macc` of them, any other operation `reads_per_operation` and `writes_per_operation`.
struct RegisterFile {
  Energy read;
  Energy write;
  std::optional<Area> area;  // of a file, without its address decoder
  std::optional<Area> area_per_address_bit;
  Charged charged = Charged::every_element;
  double reads_per_macc = 0;
  double writes_per_macc = 0;
  double reads_per_operation = 0;
  double writes_per_operation = 0;
};

inline auto fields(config::Tag<RegisterFile>) {
  using config::optional, config::required;
  return config::field_table(
      required("read", &RegisterFile::read, "one 16-bit read"),
      required("write", &RegisterFile::write, "one 16-bit write"),
      optional("area", &RegisterFile::area, "of a file"),
      optional("area_per_address_bit", &RegisterFile::area_per_address_bit,
               "for each bit of its address"),
      required("charged", &RegisterFile::charged, "one_element or every_element"),
      required("reads_per_macc", &RegisterFile::reads_per_macc, {0, 16}, "reads of one MACC"),
      required("writes_per_macc", &RegisterFile::writes_per_macc, {0, 16}, "writes of one MACC"),
      required("reads_per_operation", &RegisterFile::reads_per_operation, {0, 16},
               "reads of any other operation"),
      required("writes_per_operation", &RegisterFile::writes_per_operation, {0, 16},
               "writes of any other operation"));
}

// The global buffer at one capacity: a whole row of `row_bytes` read or written.
struct BufferEnergy {
  std::int64_t bytes = 0;
  std::int64_t row_bytes = 0;
  double read_pj = 0;
  double write_pj = 0;
  std::string source;
};

inline auto fields(config::Tag<BufferEnergy>) {
  using config::required;
  return config::field_table(
      required("bytes", &BufferEnergy::bytes, {1, 1e15}, "capacity"),
      required("row_bytes", &BufferEnergy::row_bytes, {1, 1 << 20}, "bytes of a row"),
      required("read_pj", &BufferEnergy::read_pj, {0, 1e12}, "energy of reading a row"),
      required("write_pj", &BufferEnergy::write_pj, {0, 1e12}, "energy of writing a row"),
      required("source", &BufferEnergy::source, "where the numbers come from"));
}

struct BufferArea {
  std::int64_t bytes = 0;
  std::int64_t row_bytes = 0;
  double um2 = 0;
  std::string source;
};

inline auto fields(config::Tag<BufferArea>) {
  using config::required;
  return config::field_table(
      required("bytes", &BufferArea::bytes, {1, 1e15}, "capacity"),
      required("row_bytes", &BufferArea::row_bytes, {1, 1 << 20}, "bytes of a row"),
      required("um2", &BufferArea::um2, {0, 1e15}, "area"),
      required("source", &BufferArea::source, "where the number comes from"));
}

// Energy of what a unit of an assembly counts: `counter` is its class and the counter's name,
// "dot_array.multiplications"; several entries of one counter are charged each.
struct UnitAction {
  std::string counter;
  std::string component;  // under which it is reported
  double pj = 0;
  std::string source;
};

inline auto fields(config::Tag<UnitAction>) {
  using config::required;
  return config::field_table(
      required("counter", &UnitAction::counter, "CLASS.COUNTER of the units that are charged"),
      required("component", &UnitAction::component, "what it is reported under"),
      required("pj", &UnitAction::pj, {0, 1e12}, "energy of one"),
      required("source", &UnitAction::source, "where the number comes from"));
}

struct Table {
  std::string name;  // the file's, without its ending; not a key
  std::string description;
  std::string node;  // "45": the process in nm, as in node scaling
  double voltage_v = 0;
  std::map<std::string, Operation> operations;  // by name: macc, multiply, add, max, exp, divide
  RegisterFile register_file;
  std::vector<BufferEnergy> buffer_energy;  // at least one, by rising capacity
  std::vector<BufferArea> buffer_area;      // may be empty
  std::vector<UnitAction> unit_energy;      // of engines that are assemblies; may be empty
  Energy dram_per_bit;
  std::optional<Energy> dram_write_per_bit;  // of a bit written, where that is another
  config::Origins origins;  // where each value was written, for messages; not a key
};

inline auto fields(config::Tag<Table>) {
  using config::optional, config::required;
  return config::field_table(
      required("description", &Table::description, "what it is"),
      required("node", &Table::node, "process node, nm"),
      required("voltage_v", &Table::voltage_v, {0.1, 10}, "supply"),
      required("operations", &Table::operations, "by name: macc, multiply, add, max, exp, divide"),
      required("register_file", &Table::register_file, "of an array's element"),
      required("buffer_energy", &Table::buffer_energy, "the global buffer, by capacity"),
      optional("buffer_area", &Table::buffer_area, "the global buffer, by capacity and row"),
      optional("unit_energy", &Table::unit_energy, "of units of an assembly, by counter"),
      required("dram_per_bit", &Table::dram_per_bit, "moving a bit to or from the memory"),
      optional("dram_write_per_bit", &Table::dram_write_per_bit,
               "a bit written, where dearer or cheaper than one read"));
}

// Energy of 16 bits of the global buffer at a capacity: an entry of the table where it has that
// capacity, and otherwise a power law through the two nearest entries (through the only one: the
// square root of the capacity); the source says so.
struct BufferWord {
  double read_pj = 0;
  double write_pj = 0;
  std::string source;
};
BufferWord buffer_word(const Table& table, std::int64_t bytes);

// A bit to the memory (`written`) or from it.
const Energy& dram_bit(const Table& table, bool written);

// "16 MiB", "48 KiB", "100 B".
std::string size_text(std::int64_t bytes);

// One operation; ConfigError where the table does not have it, with the table's file and line.
const Operation& operation(const Table& table, const std::string& name);

// Reads and checks a table's file, configs/cost/NAME.yaml or a user's own, or what `weft cost
// --json` wrote (weft-cost/1: the table as it was scaled, under its own name); ConfigError with
// every problem at once.
Table load_table(const std::string& file);

// One kind of action of one component, as energy reports and Accelergy's action counts list it.
struct ActionCount {
  std::string component;  // "array_2d.macc", "buffer", "dram"
  std::string action;     // "compute", "read", "write"
  double count = 0;
  double pj_per_action = 0;
  double pj = 0;  // count × pj_per_action
  std::string source;
};

}  // namespace weft::cost
