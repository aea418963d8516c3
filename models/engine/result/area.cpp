#include "models/engine/result/area.hpp"

#include <algorithm>

#include "models/engine/result/energy.hpp"

namespace weft::engine {
namespace {

void add(AreaReport& report, std::string component, double count, double um2,
         const std::string& source) {
  report.items.push_back({std::move(component), count, um2, count * um2, source});
  report.total_um2 += count * um2;
}

void add_operation(AreaReport& report, const cost::Table& table, const std::string& component,
                   const std::string& kind, double count) {
  const auto found = table.operations.find(kind);
  if (found == table.operations.end() || !found->second.area) {
    report.missing.push_back(component + ": no area of " + kind + " in table " + table.name);
    return;
  }
  add(report, component, count, found->second.area->um2, found->second.area->source);
}

void add_array(AreaReport& report, const cost::Table& table, const std::string& name,
               const Array& array) {
  const double elements = elements_of(array);
  const Operations& can = array.operations;
  if (can.macc) add_operation(report, table, name + ".macc", "macc", elements);
  if (can.multiply && !can.macc)
    add_operation(report, table, name + ".multiply", "multiply", elements);
  if (can.add && !can.macc)
    add_operation(report, table, name + ".add", "add", elements);  // a MACC has an adder
  if (can.max) add_operation(report, table, name + ".max", "max", elements);
  if (can.exp && can.exp->method == ExpMethod::unit)
    add_operation(report, table, name + ".exp", "exp", elements);
  if (can.divide) add_operation(report, table, name + ".divide", "divide", elements);
  const cost::RegisterFile& file = table.register_file;
  if (!file.area) {
    report.missing.push_back(name + ".register_file: no area in table " + table.name);
    return;
  }
  add(report, name + ".register_file", elements, file.area->um2, file.area->source);
}

// The table's buffer of this capacity whose rows are nearest to ours; none where they are more than
// twice or less than half as long: how wide a memory is decides its area as much as its capacity.
const cost::BufferArea* buffer_area(const Architecture& arch, const cost::Table& table) {
  const cost::BufferArea* best = nullptr;
  const auto apart = [&](const cost::BufferArea& entry) {
    const auto [less, more] = std::minmax(entry.row_bytes, arch.buffer.row_bytes);
    return static_cast<double>(more) / static_cast<double>(less);
  };
  for (const cost::BufferArea& entry : table.buffer_area) {
    if (entry.bytes != arch.buffer.bytes || apart(entry) > 2) continue;
    if (best == nullptr || apart(entry) < apart(*best)) best = &entry;
  }
  return best;
}

}  // namespace

AreaReport area_of(const Architecture& arch, const cost::Table& table) {
  AreaReport report;
  for (const auto& [name, array] : arch.arrays) add_array(report, table, name, array);
  const cost::BufferArea* found = buffer_area(arch, table);
  if (found == nullptr) {
    report.missing.push_back("buffer: no area of " + std::to_string(arch.buffer.bytes) +
                             " bytes in rows of about " + std::to_string(arch.buffer.row_bytes) +
                             " in table " + table.name);
  } else {
    add(report, "buffer", 1, found->um2, found->source);
  }
  report.missing.push_back("dram: off the chip");
  return report;
}

cost::Components energy_components(const Architecture& arch, const cost::Table& table) {
  cost::Components components;
  for (const auto& [name, array] : arch.arrays) {
    const Operations& can = array.operations;
    const bool unit = can.exp && can.exp->method == ExpMethod::unit;
    std::vector<std::string>& list = components.arrays[name];
    const auto take = [&](const char* operation, bool named, bool implied = false) {
      if (named || (implied && table.operations.contains(operation))) list.emplace_back(operation);
    };
    take("macc", can.macc || (can.exp && !unit));  // such an exp is charged as MACCs
    take("multiply", can.multiply.has_value(), can.macc.has_value());
    take("add", can.add.has_value(), can.macc || (can.exp && can.exp->absorbs_subtract));
    take("max", can.max.has_value());
    take("exp", unit);
    take("divide", can.divide.has_value());
  }
  components.buffer_bytes = arch.buffer.bytes;
  return components;
}

cost::Components area_components(const Architecture& arch, const cost::Table& table) {
  cost::Components components;
  for (const auto& [name, array] : arch.arrays) components.arrays[name];
  for (const AreaItem& item : area_of(arch, table).items) {
    const std::size_t dot = item.component.rfind('.');
    if (dot == std::string::npos || item.component.ends_with(".register_file")) continue;
    components.arrays[item.component.substr(0, dot)].push_back(item.component.substr(dot + 1));
  }
  components.buffer_bytes = arch.buffer.bytes;
  if (const cost::BufferArea* found = buffer_area(arch, table))
    components.buffer_row_bytes = found->row_bytes;
  return components;
}

}  // namespace weft::engine
