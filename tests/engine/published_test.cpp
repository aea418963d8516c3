// Simulated latency and utilisation beside the published figures of the FuseMax artifact
// (configs/published).
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

struct PublishedRow {
  std::string config;
  std::string model;
  std::string length;
  double latency_s = 0;
  double util_2d = 0;
};

std::vector<PublishedRow> published() {
  std::ifstream file(std::string(WEFT_SOURCE_DIR) + "/configs/published/fusemax-attention.csv");
  std::vector<PublishedRow> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    rows.push_back(
        {cells.at(0), cells.at(1), cells.at(2), std::stod(cells.at(3)), std::stod(cells.at(6))});
  }
  return rows;
}

const std::map<std::string, std::int64_t> kLengths{
    {"1K", 1 << 10}, {"4K", 1 << 12}, {"16K", 1 << 14}, {"1M", 1 << 20}};

Shape shape_of(const PublishedRow& row) {
  const bool bert = row.model == "BERT";
  const std::int64_t seq = kLengths.at(row.length);
  const std::int64_t heads = bert ? 12 : 16;
  const std::int64_t width = bert ? 64 : 128;
  return {.batch = 64,
          .heads = heads,
          .kv_heads = heads,
          .seq_q = seq,
          .seq_kv = seq,
          .width_qk = width,
          .width_v = width};
}

// Runs every published point of `config` up to 16K tokens and holds its latency against the
// published one.
void expect_latency(const std::string& config, const std::string& name, double least, double most) {
  const auto design_made = design(name);
  int compared = 0;
  for (const PublishedRow& row : published()) {
    if (row.config != config || row.length == "1M") continue;
    const Result result = run_point(design_made, shape_of(row));
    const double ratio = result.seconds() / row.latency_s;
    EXPECT_GE(ratio, least) << row.model << " " << row.length;
    EXPECT_LE(ratio, most) << row.model << " " << row.length;
    ++compared;
  }
  EXPECT_EQ(compared, 6);
}

// The published models know neither filling nor draining: they bound ours from below, by less than
// a thousandth.
TEST(Published, FuseMaxLatency) { expect_latency("binding", "fusemax", 1.0, 1.0015); }
TEST(Published, FlatLatency) { expect_latency("flat", "flat", 1.0, 1.0015); }
TEST(Published, UnfusedLatency) { expect_latency("unfused", "unfused", 1.0, 1.0015); }

TEST(Published, FuseMaxUtilisation) {
  const auto made = design("fusemax");
  for (const PublishedRow& row : published()) {
    if (row.config != "binding") continue;
    const Result result = run_point(made, shape_of(row));
    EXPECT_NEAR(utilisation(result, made.lowering(false), weft::engine::ArrayKind::spatial),
                row.util_2d, 0.002 * row.util_2d)
        << row.model << " " << row.length;
  }
}

// 64K has no published row; by the published rule 137 of 138 + 64/256 slots are used: 0.991.
TEST(Published, FuseMaxUtilisationAt64K) {
  const auto made = design("fusemax");
  const Result result = run_point(made, {.batch = 64,
                                         .heads = 12,
                                         .kv_heads = 12,
                                         .seq_q = 1 << 16,
                                         .seq_kv = 1 << 16,
                                         .width_qk = 64,
                                         .width_v = 64});
  EXPECT_NEAR(utilisation(result, made.lowering(false), weft::engine::ArrayKind::spatial),
              137.0 / 138.25, 1e-3);
}

// One tile at a time: 650 cycles a tile with the real trip of 2N there and back, where the artifact
// stalls for 256.
TEST(Published, ArchitectureWaitsForTheRealTrip) {
  const auto made = design("fusemax-architecture");
  const Shape shape{.batch = 1,
                    .heads = 12,
                    .kv_heads = 12,
                    .seq_q = 4096,
                    .seq_kv = 4096,
                    .width_qk = 64,
                    .width_v = 64};
  const Result result = run_point(made, shape);
  EXPECT_NEAR(static_cast<double>(result.cycles) / (12.0 * 256.0), 650.0, 2.0);
}

}  // namespace
}  // namespace weft::sim::engine::test
