// The published tables of FuseMax's evaluation, row by row as configs/published/ has them. Rows of
// models that kPublishedModels does not have are read like any other: a user may add rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/evaluation/fusemax/attention_rules.hpp"

namespace weft::evaluation {

struct PublishedAttention {
  int line = 0;  // in the file
  Config config = Config::unfused;
  std::string model;
  std::int64_t length = 0;
  double latency_s = 0;
  double traffic_bytes = 0;
  double energy_pj = 0;
  double utilisation_2d = 0;
  double utilisation_1d = 0;
  EinsumUse einsums{};     // of the 2D array; absent where the table's cell is empty
  double useful_macs = 0;  // of the two above
};

struct PublishedLinear {
  int line = 0;
  Config config = Config::flat;
  std::string model;
  std::int64_t length = 0;
  double latency_s = 0;
  double traffic_bytes = 0;
  double energy_pj = 0;
};

struct PublishedPareto {
  int line = 0;
  std::string accelerator;  // "proposal": FuseMax
  std::string model;
  std::int64_t side = 0;
  double traffic_bytes = 0;
  double memory_s = 0;
  double compute_2d_s = 0;
  double compute_1d_s = 0;
  double latency_s = 0;
  double array_2d_um2 = 0;
  double area_um2 = 0;
};

// ConfigError with file, line and column's name of every fault.
std::vector<PublishedAttention> read_published_attention(const std::string& file);
std::vector<PublishedLinear> read_published_linear(const std::string& file);
std::vector<PublishedPareto> read_published_pareto(const std::string& file);

}  // namespace weft::evaluation
