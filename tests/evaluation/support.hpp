// What the tests of models/evaluation share: the costs as published, the published files, and
// relative errors.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>

#include "models/evaluation/fusemax/attention_rules.hpp"

namespace weft::evaluation::test {

inline std::string published_file(const std::string& name) {
  return std::string(WEFT_SOURCE_DIR) + "/configs/published/" + name;
}

// FuseMax's artifact, 45 nm. Rows of the global buffer are fitted to the published energies; areas
// of SRAMs are CACTI's.
inline RuleCosts published_costs() {
  RuleCosts costs;
  costs.mac_pj = 17.1645;
  costs.add_pj = 8.3395;
  costs.max_pj = 0.028036;
  costs.exp_pj = 94.6475;
  costs.divide_pj = 36.251153;
  costs.dram_word_pj = 249.6 / 4;
  costs.buffer_16_mib = {12514, 15745};
  costs.buffer_32_mib = {23863, 27094};
  costs.register_read_pj = 2.194455;
  costs.register_write_pj = 1.906455;
  costs.mac_um2 = 1545;
  costs.max_um2 = 49.28944;
  costs.divide_um2 = 23740.9375;
  costs.register_file_um2 = 16791.04;
  costs.address_bit_um2 = 11.63484;
  const std::int64_t kib = 1024;
  costs.srams = {
      {16 * kib, 32, 53741.5},   {32 * kib, 64, 115480},    {64 * kib, 128, 268744},
      {128 * kib, 256, 710656},  {256 * kib, 512, 2140930}, {1024 * kib, 1024, 28616212.48},
      {32 * kib, 32, 103395},    {64 * kib, 64, 221984},    {128 * kib, 128, 438107},
      {256 * kib, 256, 1042380}, {512 * kib, 512, 2797370}, {2048 * kib, 1024, 22647000}};
  return costs;
}

inline AttentionRules published_rules(const Mends& mends = {}) {
  return {published_costs(), mends, read_flat_mappings(published_file("flat-mappings-cloud.csv"))};
}

inline double relative_error(double ours, double theirs) { return std::abs(ours / theirs - 1); }

// Holds values against published ones, and keeps the worst error of each column; prints them at its
// end.
class Worst {
 public:
  explicit Worst(std::string table) : table_(std::move(table)) {}
  ~Worst() {
    for (const auto& [column, error] : errors_)
      std::printf("  worst error of %s.%s: %.2g\n", table_.c_str(), column.c_str(), error);
  }
  Worst(const Worst&) = delete;
  Worst& operator=(const Worst&) = delete;

  void hold(const std::string& column, double ours, double theirs, double allowed,
            const std::string& row) {
    const double error = relative_error(ours, theirs);
    EXPECT_LE(error, allowed) << column << " of " << row << ": " << ours << ", published "
                              << theirs;
    errors_[column] = std::max(errors_[column], error);
    ++compared_;
  }
  int compared() const { return compared_; }

 private:
  std::string table_;
  std::map<std::string, double> errors_;
  int compared_ = 0;
};

}  // namespace weft::evaluation::test
