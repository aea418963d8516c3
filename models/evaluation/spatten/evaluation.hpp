// SpAtten's evaluation, done again: its runs, and what is told of them beside what was published.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluation/spatten/canned.hpp"
#include "models/evaluation/spatten/run_kept.hpp"

namespace weft::evaluation::spatten {

struct RunKept {
  Run run;
  Kept kept;
};

// Arithmetic and geometric mean of a ratio over benchmarks that have it.
struct Mean {
  double arithmetic = 0;
  double geometric = 0;
  std::size_t count = 0;
};

// A step of the ablation. Factors are of the step before, the first's over TITAN Xp.
struct AblationStep {
  std::string label;
  double seconds = 0;
  double factor = 0;
  double published = 0;
  double over_titan = 0;
  std::string bound_by;
};

// A design against SpAtten. `bits` are the baseline's, of the bytes that are compared.
struct Comparison {
  std::string design;
  std::string over;  // "all", "bert", "gpt2"
  double bits = 0;
  Mean speedup;
  Mean energy;
  Mean dram;
};

struct Area {
  std::string component;
  double mm2 = 0;
  std::string source;
};

// A published figure beside ours.
struct Figure {
  std::string name;
  std::string unit;
  double published = 0;
  std::optional<double> ours;
  std::string reason;   // of a difference above a tenth
  std::string command;  // how ours is had

  double difference() const { return ours ? *ours / published - 1 : 0; }
};

struct Evaluation {
  std::string cost_table;
  std::vector<RunKept> runs;
  std::vector<CannedRow> canned;
  std::string canned_from;  // the trace's file; empty where there is none
  std::vector<Area> area;
  double to_7nm = 0;  // energy of logic at 7 nm, 0.7 V, of that at the table's node
  std::string to_7nm_source;

  const Kept* point(const std::string& design, const std::string& benchmark) const;
};

using Of = std::function<std::optional<double>(const std::string& benchmark)>;
Mean mean_over(const std::string& which, const Of& of);  // "all", "bert", "gpt2"

std::vector<AblationStep> ablation_of(const Evaluation& all);
std::vector<Comparison> comparisons_of(const Evaluation& all);
Mean saving_of(const Evaluation& all, Technique technique, const std::string& which);
// Mean power in W of SpAtten over benchmarks, by "logic", "sram", "dram", "all".
double power_of(const Evaluation& all, const std::string& part);
std::vector<Figure> figures_of(const Evaluation& all);

// What cannot be run, but for what was not measured.
std::vector<std::string> infeasible_of(const Evaluation& all);

std::string evaluation_json(const Evaluation& all);
std::map<std::string, std::string> evaluation_csvs(const Evaluation& all);
std::string evaluation_page(const Evaluation& all);

}  // namespace weft::evaluation::spatten
