// The points of the FuseMax evaluation on designs and mappings of our own: what to run, and what of
// it is kept. A point is run by whatever fidelity the caller hands in, in this process or in a
// worker.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/cost/table.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/result/result.hpp"
#include "models/evaluation/fusemax/attention_rules.hpp"
#include "models/evaluation/fusemax/model.hpp"
#include "models/workload/workload.hpp"

namespace weft::evaluation {

// attention: a design on a workload. linear: one of an encoder layer's products. pareto: FuseMax at
// another side.
enum class JobKind : std::uint8_t { attention, linear, pareto };

struct Job {
  JobKind kind = JobKind::attention;
  Config config = Config::binding;
  std::string model;          // "BERT"
  std::int64_t length = 0;    // tokens
  std::string product;        // of linear: "QKV" (one of three alike), "Z", "FFN1", "FFN2"
  std::int64_t side = kSide;  // of the arrays
};

// All jobs, those that take longest in simulation first.
std::vector<Job> evaluation_jobs();
// Their places: those of one design, length and width together, whose models differ in heads alone.
std::vector<std::vector<std::size_t>> jobs_alike(const std::vector<Job>& jobs);

// Names in Weft of the published designs and models: "fusemax-architecture", "bert-base".
const char* design_name(Config config);
const char* workload_name(const std::string& model);

// What is kept of a run.
struct Outcome {
  std::string status = "ok";
  double cycles = 0;
  double latency_s = 0;
  double traffic_bytes = 0;
  double utilisation_2d = 0;
  double utilisation_1d = 0;
  double useful_macs = 0;
  std::map<std::string, EnergyParts> energy;   // by cost table
  std::map<std::string, double> einsum_share;  // of the 2D array's cycles
  std::string bound_by;
  std::string
      waits;  // of arrays that wait for operands or for room in more than 1 % of their cycles
  std::string mapping;            // in words, where the mapper chose
  std::int64_t query_blocks = 0;  // times that K and V are read, of FuseMax's cascade
};

using Runner = std::function<engine::Result(const engine::Design&, const workload::Workload&)>;

// Designs are loaded once; `tables` price every run.
class Bench {
 public:
  Bench(const engine::Catalog& catalog, std::vector<cost::Table> tables);
  Outcome run(const Job& job, const Runner& runner) const;
  const std::vector<cost::Table>& tables() const { return tables_; }

 private:
  struct Point {
    const engine::Design* design = nullptr;
    workload::Workload workload;
  };
  Point point_of(const Job& job) const;

  std::vector<cost::Table> tables_;
  std::map<std::string, engine::Design> designs_;  // by key of a job
};

// An outcome as one line of text and back, for a pipe between processes.
std::string to_line(const Outcome& outcome);
Outcome from_line(const std::string& line);

}  // namespace weft::evaluation
