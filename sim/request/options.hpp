// What a run is asked for in words, by the command, a sweep file or Python: from text to a checked
// shape, trace and settings.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/cost/table.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/workload/trace.hpp"
#include "models/workload/workload.hpp"
#include "sim/request/option_text.hpp"

namespace weft::request {

// As typed; empty where not given.
struct PointOptions {
  std::string workload;
  std::string seq, seq_q, seq_kv;  // one length, or one for each sequence
  std::string steps;
  std::string batch, heads, kv_heads;
  std::string width, width_qk, width_v;
  std::optional<bool> causal;
  std::string assume;
  std::string causal_alignment, empty_rows;
  std::string fidelity = "systemc";
  bool exact = false;
  std::string seed = "0";
  std::string stall_profile = "none";
  std::string values;
  std::shared_ptr<const workload::Trace> trace{};  // in place of the file that `values` names
  std::string cost, cost_node;
  std::vector<std::string> sets;
};

// The long options of `weft run` without their dashes, all but --workload and --set, and one of
// them by its name; ConfigError for another name, and where --causal or --exact is no truth.
std::vector<std::string> option_names();
void set_option(PointOptions& options, const std::string& name, const std::string& text);

// What is to be run, whatever the design.
struct Point {
  workload::Workload workload;  // at the shape that is run
  std::optional<workload::Trace> trace;
  std::shared_ptr<const cost::Table> cost;  // energy is reported where it is set
  engine::RunOptions run;                   // `trace` is not set in it, since the Point may move
  std::vector<engine::Setting> settings;
};
// What options name, read once for all points that name the same.
struct Loaded {
  std::map<std::pair<std::string, workload::Assume>, workload::Workload> workloads;
  std::map<std::string, std::shared_ptr<const cost::Table>> costs;
};
// ConfigError names the option, its value and what is allowed, or the option and the value of the
// trace it contradicts.
Point resolve(const PointOptions& options, const engine::Catalog& catalog, Loaded& loaded);
inline Point resolve(const PointOptions& options, const engine::Catalog& catalog) {
  Loaded loaded;
  return resolve(options, catalog, loaded);
}

// A supply, in V; ConfigError names the option.
double supply_of(const std::string& option, const std::string& text);
// The table at another node and supply, its own supply unless given; ConfigError names the option
// of what is wrong.
cost::Table at_process(const cost::Table& table, const std::string& node_option,
                       const std::string& node, const std::string& voltage_option,
                       const std::string& voltage);

// "PATH=VALUE" taken apart.
engine::Setting setting_of(const std::string& text);
// A whole number as people write them (1024, 1K); ConfigError names the option.
std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t least,
                          std::int64_t most);
}  // namespace weft::request
