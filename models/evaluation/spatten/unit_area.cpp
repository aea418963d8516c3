#include "models/evaluation/spatten/unit_area.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "models/engine/design/assembled.hpp"
#include "models/engine/design/design.hpp"

namespace weft::evaluation::spatten {
namespace {

constexpr double kMacBits = 16;  // of the table's MACC
constexpr double kBits = 12;     // of SpAtten's multipliers
constexpr double kPerMm2 = 1e6;  // µm²

std::optional<config::Value> member(const config::Value& map, const std::string& name) {
  for (const auto& [key, value] : map.members()) {
    if (key.text() == name) return value;
  }
  return std::nullopt;
}

// A whole number of the architecture, units.UNIT.attributes.NAME.
double attribute(const config::Value& assembly, const char* unit, const char* name) {
  std::optional<config::Value> at = assembly;
  for (const char* step : {"units", unit, "attributes", name}) {
    if (at) at = member(*at, step);
  }
  return at ? config::number_of(at->text()).value_or(0) : 0;
}

}  // namespace

std::vector<Area> unit_area(const engine::Catalog& catalog, const cost::Table& table) {
  const engine::Design design = engine::Design::load(catalog, "spatten");
  const config::Value& assembly = *design.assembled()->arch.assembly.value;
  std::vector<Area> all;
  const auto priced = [&](const char* name) -> const cost::Area* {
    const auto found = table.operations.find(name);
    return found == table.operations.end() || !found->second.area ? nullptr : &*found->second.area;
  };
  const cost::Area* mac = priced("macc");
  const cost::Area* exp = priced("exp");
  const cost::Area* divide = priced("divide");
  const cost::Area* max = priced("max");
  if (mac == nullptr || exp == nullptr || divide == nullptr || max == nullptr) return all;
  const double multipliers =
      attribute(assembly, "qk", "multipliers") + attribute(assembly, "prob_v", "multipliers");
  const double narrow = (kBits / kMacBits) * (kBits / kMacBits);
  all.push_back({"multipliers", multipliers * mac->um2 * narrow / kPerMm2,
                 fmt::format("{:g} of 12 bits, a MACC's area by the square of its bits: {}",
                             multipliers, mac->source)});
  const double lanes = attribute(assembly, "softmax", "parallelism");
  all.push_back({"softmax", lanes * (exp->um2 + divide->um2 + 3 * mac->um2) / kPerMm2,
                 fmt::format("{:g} lanes of an exponential, a division and three products: {}",
                             lanes, exp->source)});
  const double comparators = 2 * (attribute(assembly, "value_top_k", "comparators") +
                                  attribute(assembly, "token_top_k", "comparators"));
  all.push_back({"top-k", comparators * max->um2 / kPerMm2,
                 fmt::format("{:g} comparators, without FIFOs: {}", comparators, max->source)});
  if (table.buffer_area.empty()) return all;
  const cost::BufferArea& sram = table.buffer_area.back();
  const double bytes = attribute(assembly, "controller", "key_store_bytes") +
                       attribute(assembly, "controller", "value_store_bytes");
  all.push_back({"SRAM", bytes * sram.um2 / static_cast<double>(sram.bytes) / kPerMm2,
                 fmt::format("{:g} bytes at the area of a byte of {} bytes: {}", bytes, sram.bytes,
                             sram.source)});
  return all;
}

}  // namespace weft::evaluation::spatten
