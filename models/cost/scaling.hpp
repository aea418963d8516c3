// Node scaling after Stillmaker and Baas, "Scaling equations for the accurate prediction of CMOS
// device performance from 180 nm to 7 nm", Integration 58 (2017), doi 10.1016/j.vlsi.2017.02.002.
// Nodes are named by their nm, "45"; below 65 nm the rows are those of the high-performance (HP)
// devices. The paper's low-power rows are not here: HP and LP never mix, while 130, 90 and 65 nm
// have one row each and go with HP, as in the paper's example (65 nm to HP32).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/cost/table.hpp"

namespace weft::cost {

// A process and its supply.
struct Process {
  std::string node;  // "45"; a node between two of the paper's, such as "28", is interpolated
  double voltage_v = 0;
};

// "45" as 45.0, where it is a node of the paper's or between two; nothing otherwise.
std::optional<double> node_nm(std::string_view node);
// "130, 90, 65, …, 7 or a number between", for messages.
std::string allowed_nodes();
// "28 nm interpolated between 32 and 20 nm", or "" at a node of the paper's.
std::string node_remark(std::string_view node);

// What an energy is multiplied by from one process to another: E_to(V_to) / E_from(V_from), E(V) =
// a2 V² + a1 V + a0. Between nodes, a power law in nm. ConfigError for an unknown node or a voltage
// below the least of its polynomial, where the energy would rise as the voltage falls; above, the
// voltages are the caller's to choose near the node's own.
double energy_factor(const Process& from, const Process& to);
// The same of an area, by the paper's factors to and from 45 nm. Between nodes, a power law in nm.
double area_factor(std::string_view from, std::string_view to);

// The table at another process: energies of operations, register files and buffer, and all areas;
// DRAM is as it was. Every source that was scaled says so. At the table's own process, the table
// itself.
Table scaled(const Table& table, const std::string& node, double voltage_v);

}  // namespace weft::cost
