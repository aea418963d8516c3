// FuseMax's evaluation done again: by the published rules, and by our own fidelities on our own
// mappings, beside what was published. docs/units/reproduction.md says what is in it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluation/fusemax/linear_rules.hpp"
#include "models/evaluation/fusemax/pareto_rules.hpp"
#include "models/evaluation/job.hpp"
#include "models/evaluation/means.hpp"
#include "models/evaluation/published.hpp"

namespace weft::evaluation {

// One point of attention by one fidelity: "rules", "analytic" or "systemc".
struct AttentionPoint {
  Config config = Config::binding;
  std::string model;
  std::int64_t length = 0;
  std::string fidelity;
  Outcome outcome;  // of rules: without cycles, with the 2D array's shares
  std::optional<PublishedAttention> published;        // absent: none is published
  bool ok() const { return outcome.status == "ok"; }  // else no figure of it means anything
  std::string reason;  // of every difference above 1 %; empty where there is none
};

// The table that the published energies are by: with another one they are not compared.
inline constexpr const char* kPublishedTable = "fusemax-as-published-45nm";

// Whose linear layers a design has, those of its arrays: FuseMax's, or FLAT's.
inline Config arrays_of(Config config) {
  return config == Config::binding || config == Config::architecture ? Config::binding
                                                                     : Config::flat;
}

// The linear layers of one design's arrays.
struct LinearPoint {
  Config config = Config::binding;  // flat or binding
  std::string model;
  std::int64_t length = 0;
  std::string fidelity;
  bool feasible = true;
  std::map<std::string, std::string> mapping;  // by product, where the mapper chose
  std::map<std::string, double> product_s;     // latency by product: Q, K, V, Z, FFN1, FFN2
  double latency_s = 0;
  double traffic_bytes = 0;
  std::map<std::string, double> energy_pj;  // by cost table
  std::optional<PublishedLinear> published;
  std::string reason;
};

struct ParetoPoint {
  std::string model;
  std::int64_t side = 0;
  std::string fidelity;
  double latency_s = 0;
  std::optional<double> area_um2;  // absent where the cost table lacks an area
  std::string bound_by;
  std::string waits;
  std::optional<PublishedPareto> published;
  std::string reason;
};

struct Published {
  std::vector<PublishedAttention> attention;
  std::vector<PublishedLinear> linear;
  std::vector<PublishedPareto> pareto;
  std::vector<FlatMapping> flat_mappings;
};
// configs/published of a configuration's root.
Published read_published(const std::string& folder);

struct MendedMeans {
  std::string name;  // a mend's, or "all"
  std::string description;
  Means means;
};

struct Reproduction {
  std::string fidelity;    // the one asked for
  std::string cost_table;  // the one that points' energy is told by
  std::vector<std::string> tables;
  std::map<std::string, std::int64_t> layers;  // by model
  std::vector<std::string> not_evaluated;      // published rows for which there is no point
  std::vector<std::string> infeasible;         // which point of ours could not be run, and why
  std::vector<AttentionPoint> points;
  std::vector<LinearPoint> linear;
  std::vector<ParetoPoint> pareto;
  std::map<std::string, std::map<std::string, Means>> means;  // by fidelity, by cost table
  std::vector<MendedMeans> mended;  // the rules with their oddities mended

  const Means& headline() const { return means.at(fidelity).at(cost_table); }
};

// What the rules charge, from a cost table.
RuleCosts rule_costs_of(const cost::Table& table);

// Appends the points of the rules, with each table; the first is the one told.
void add_rules(Reproduction& into, const Published& published,
               const std::vector<cost::Table>& tables);
// Appends the outcomes of all jobs (in the order of evaluation_jobs()) by a fidelity of ours.
void add_outcomes(Reproduction& into, const Published& published, const std::string& fidelity,
                  const std::vector<Outcome>& outcomes);
// Means, and the reason for each difference above 1 %: once all points are there.
void conclude(Reproduction& into, const Published& published,
              const std::vector<cost::Table>& tables);

// Whether energies by `table` are on the terms of the published ones.
inline bool compares_energy(const std::string& table) { return table == kPublishedTable; }

// Why a simulated point is further than 1 % from the published one, each figure by what makes it
// so; empty where none is.
std::string reason_of(const LinearPoint& point, const std::string& table);
std::string reason_of(const AttentionPoint& point, const AttentionPoint* rules,
                      const AttentionRules& published_rules, const std::string& table);

// weft-reproduction/1.
std::string reproduction_json(const Reproduction& reproduction);
// The data of each figure, by file name; and the page that lists every published value.
std::map<std::string, std::string> figure_csvs(const Reproduction& reproduction);
std::string validation_page(const Reproduction& reproduction);

}  // namespace weft::evaluation
