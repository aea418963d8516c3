#include "models/cost/scaling.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace weft::cost {
namespace {

// Table of the paper; `area` is relative to 45 nm (the reciprocals of its 0.66, 0.35 and 0.16
// above).
struct Row {
  double nm;
  double a2;
  double a1;
  double a0;
  double area;
};
constexpr std::array<Row, 10> kRows{{{130, 7.171, -6.709, 2.904, 1 / 0.16},
                                     {90, 4.762, -4.781, 2.092, 1 / 0.35},
                                     {65, 3.755, -4.398, 1.975, 1 / 0.66},
                                     {45, 1.018, -0.3107, 0.1539, 1},
                                     {32, 0.8367, -0.4341, 0.1701, 0.46},
                                     {20, 0.373, -0.1582, 0.04104, 0.21},
                                     {16, 0.2958, -0.1241, 0.03024, 0.19},
                                     {14, 0.2363, -0.09675, 0.02239, 0.17},
                                     {10, 0.2068, -0.09311, 0.02375, 0.10},
                                     {7, 0.1776, -0.09097, 0.02447, 0.059}}};

// A node as two rows and where between them it is in log nm, 0 at `upper`.
struct Place {
  const Row* upper;
  const Row* lower;
  double share;
};

Place place_of(std::string_view node) {
  const std::optional<double> nm = node_nm(node);
  if (!nm) throw ConfigError(Problem{{}, "node", std::string(node), "must be " + allowed_nodes()});
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (*nm == kRows[i].nm) return {&kRows[i], &kRows[i], 0};
    if (*nm > kRows[i].nm) {
      const Row& upper = kRows[i - 1];
      return {&upper, &kRows[i], std::log(*nm / upper.nm) / std::log(kRows[i].nm / upper.nm)};
    }
  }
  throw ContractError("a node below all rows");
}

double between(double upper, double lower, double share) {
  return upper * std::pow(lower / upper, share);
}

double polynomial(const Row& row, const Process& process) {
  const double least = -row.a1 / (2 * row.a2);
  if (!(process.voltage_v >= least)) {
    throw ConfigError(Problem{
        {},
        "voltage_v",
        config::number_text(process.voltage_v),
        fmt::format(
            "must be {:.3f} V or more: below it the scaling polynomial of {} nm rises again", least,
            row.nm)});
  }
  return (row.a2 * process.voltage_v + row.a1) * process.voltage_v + row.a0;
}

double energy_of(const Process& process) {
  const Place place = place_of(process.node);
  return between(polynomial(*place.upper, process), polynomial(*place.lower, process), place.share);
}

double area_of(std::string_view node) {
  const Place place = place_of(node);
  return between(place.upper->area, place.lower->area, place.share);
}

struct Scale {
  double energy;
  double area;
  std::string remark;

  void apply(Energy& value) const {
    value.pj *= energy;
    value.source += remark;
  }
  void apply(Area& value) const {
    value.um2 *= area;
    value.source += remark;
  }
  void apply(std::optional<Area>& value) const {
    if (value) apply(*value);
  }
};

std::string remark_of(const Process& from, const Process& to) {
  std::string text =
      fmt::format("; scaled from {} nm {} V to {} nm {} V after Stillmaker and Baas 2017",
                  from.node, from.voltage_v, to.node, to.voltage_v);
  for (const Process* end : {&from, &to}) {
    if (const std::string remark = node_remark(end->node); !remark.empty()) text += ", " + remark;
  }
  return text;
}

}  // namespace

std::optional<double> node_nm(std::string_view node) {
  const std::optional<double> nm = config::number_of(node);
  if (!nm || *nm > kRows.front().nm || *nm < kRows.back().nm) return std::nullopt;
  return nm;
}

std::string allowed_nodes() {
  std::string text = "a node in nm: ";
  for (const Row& row : kRows)
    text += fmt::format("{}{}", row.nm, &row == &kRows.back() ? "" : ", ");
  return text + " or a number between";
}

std::string node_remark(std::string_view node) {
  const Place place = place_of(node);
  if (place.share == 0) return "";
  return fmt::format("{} nm interpolated between {} and {} nm", node, place.upper->nm,
                     place.lower->nm);
}

double energy_factor(const Process& from, const Process& to) {
  return energy_of(to) / energy_of(from);
}

double area_factor(std::string_view from, std::string_view to) {
  return area_of(to) / area_of(from);
}

Table scaled(const Table& table, const std::string& node, double voltage_v) {
  const Process from{table.node, table.voltage_v};
  const Process to{node, voltage_v};
  const Scale scale{energy_factor(from, to), area_factor(from.node, to.node), remark_of(from, to)};
  if (node_nm(from.node) == node_nm(to.node) && from.voltage_v == to.voltage_v) return table;
  Table out = table;
  out.node = node;
  out.voltage_v = voltage_v;
  out.description += scale.remark;
  for (auto& [name, priced] : out.operations) {
    scale.apply(priced.energy);
    scale.apply(priced.area);
  }
  scale.apply(out.register_file.read);
  scale.apply(out.register_file.write);
  scale.apply(out.register_file.area);
  scale.apply(out.register_file.area_per_address_bit);
  for (BufferEnergy& entry : out.buffer_energy) {
    entry.read_pj *= scale.energy;
    entry.write_pj *= scale.energy;
    entry.source += scale.remark;
  }
  for (UnitAction& entry : out.unit_energy) {
    entry.pj *= scale.energy;
    entry.source += scale.remark;
  }
  for (BufferArea& entry : out.buffer_area) {
    entry.um2 *= scale.area;
    entry.source += scale.remark;
  }
  return out;
}

}  // namespace weft::cost
