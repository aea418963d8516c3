// Extents that a binding gives as numbers; windows of such an extent, against NumPy's formula
// written out; and what only a run tells, refused where a binding asks for it.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "models/engine/design/catalog.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

namespace fs = std::filesystem;
using weft::engine::Design;
using weft::engine::Setting;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class RankExtents : public testing::Test {
 protected:
  // A folder for each test, since they may run at once.
  RankExtents()
      : folder_(fs::path(testing::TempDir()) /
                (std::string("weft-rank-extents-") +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::create_directories(folder_);
  }
  ~RankExtents() override { fs::remove_all(folder_); }

  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  static Design load(const std::string& binding, const std::vector<Setting>& settings = {}) {
    return Design::load(weft::engine::Catalog(WEFT_SOURCE_DIR "/configs"), "streaming-16x16",
                        binding, settings);
  }

  // Attention over a window, `index` being that into the keys.
  Design window(const std::string& index, const std::string& extent,
                const std::vector<Setting>& settings = {}) const {
    const std::string folder = WEFT_SOURCE_DIR "/tests/engine/cascades/";
    std::string cascade = text_of(folder + "window-attention.yaml");
    for (std::size_t at = 0; (at = cascade.find("p+w-W+1", at)) != std::string::npos;
         at += index.size())
      cascade.replace(at, 7, index);
    put("window-attention.yaml", cascade);
    std::string binding = text_of(folder + "window-attention-binding.yaml");
    binding.replace(binding.find("W: 64"), 5, "W: " + extent);
    return load(put("binding.yaml", binding), settings);
  }
  // K and V by tiles of the queries, or whole.
  Design moving(const std::string& extent, bool by_tiles, const std::string& index = "p+w-W+1",
                const std::vector<Setting>& more = {}) const {
    std::vector<Setting> settings = more;
    for (const char* tensor : {"K", "V"}) {
      const std::string at = std::string("binding.tensors.") + tensor;
      settings.emplace_back(at + ".hold", by_tiles ? "p1" : "h");
      if (by_tiles) settings.emplace_back(at + ".along", "p");
    }
    return window(index, extent, settings);
  }

 private:
  fs::path folder_;
};

const Shape kExtentsShape{
    .batch = 1, .heads = 2, .kv_heads = 2, .seq_q = 70, .seq_kv = 70, .width_qk = 8, .width_v = 12};

// Keys from p − behind to p + ahead count.
std::vector<double> windowed_output(const workload::Trace& trace, std::int64_t behind,
                                    std::int64_t ahead) {
  const Shape& s = trace.shape;
  const auto& in = trace.layers[0];
  std::vector<double> all;
  for (std::int64_t h = 0; h < s.heads; ++h) {
    for (std::int64_t p = 0; p < s.seq_q; ++p) {
      double sum = 0;
      std::vector<double> row(static_cast<std::size_t>(s.width_v), 0);
      for (std::int64_t m = std::max<std::int64_t>(0, p - behind);
           m <= std::min(s.seq_kv - 1, p + ahead); ++m) {
        double score = 0;
        for (std::int64_t e = 0; e < s.width_qk; ++e)
          score += static_cast<double>(in.q[(h * s.seq_q + p) * s.width_qk + e]) *
                   static_cast<double>(in.k[(h * s.seq_kv + m) * s.width_qk + e]);
        const double weight = std::exp(score * trace.scale);
        sum += weight;
        for (std::int64_t f = 0; f < s.width_v; ++f)
          row[f] += weight * static_cast<double>(in.v[(h * s.seq_kv + m) * s.width_v + f]);
      }
      for (const double value : row) all.push_back(value / sum);
    }
  }
  return all;
}

void expect_values(const Design& design, const workload::Trace& trace,
                   const std::vector<double>& expected) {
  std::vector<workload::ComputedTensor> tensors;
  const Result result = run_point(design, trace.shape, {.trace = &trace, .tensors = &tensors});
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->not_finite, 0U);
  ASSERT_EQ(tensors.size(), 1U);
  const auto& found = tensors[0].layers[0];
  ASSERT_EQ(found.size(), expected.size());
  double error = 0;
  double norm = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    error += std::pow(static_cast<double>(found[i]) - expected[i], 2);
    norm += expected[i] * expected[i];
  }
  EXPECT_LT(std::sqrt(error / norm), 0x1p-7);
}

TEST_F(RankExtents, AWindowLooksBackAsFarAsItsNumber) {
  const workload::Trace trace = random_trace(kExtentsShape, 1, 4);
  for (const std::int64_t w : {1, 5, 64, 100}) {
    SCOPED_TRACE(w);
    expect_values(window("p+w-W+1", std::to_string(w)), trace, windowed_output(trace, w - 1, 0));
    expect_values(window("p+w-W+1", "64", {{"W", std::to_string(w)}}), trace,
                  windowed_output(trace, w - 1, 0));
    expect_values(window("p+w-W+1", "64", {{"binding.ranks.W", std::to_string(w)}}), trace,
                  windowed_output(trace, w - 1, 0));
  }
}

TEST_F(RankExtents, AWindowLooksAhead) {
  const workload::Trace trace = random_trace(kExtentsShape, 1, 5);
  expect_values(window("p+w", "9"), trace, windowed_output(trace, 0, 8));
  expect_values(window("p+w-4", "9"), trace, windowed_output(trace, 4, 4));
  expect_values(window("p+w", "100"), trace, windowed_output(trace, 0, 99));
}

std::uint64_t moved(const Design& design, const Result& result, const std::string& tensor,
                    weft::engine::UnitKind level) {
  const auto& tensors = design.lowering(false).cascade->tensors;
  std::uint64_t bytes = 0;
  for (const weft::engine::Traffic& one : result.traffic) {
    if (one.level == level && (tensor.empty() || tensors[one.tensor].name == tensor))
      bytes += one.read_bytes + one.written_bytes;
  }
  return bytes;
}

// A tile of T queries has T keys fetched and T + W - 1 read, whatever the length.
TEST_F(RankExtents, KeysComeWithTheirQueries) {
  const workload::Trace trace = random_trace(kExtentsShape, 1, 6);
  for (const std::int64_t w : {1, 5, 16, 17, 64, 100}) {
    SCOPED_TRACE(w);
    const Design made = moving(std::to_string(w), true);
    expect_values(made, trace, windowed_output(trace, w - 1, 0));
  }
}

TEST_F(RankExtents, AWindowCostsWhatItShould) {
  const Shape shape{.batch = 1,
                    .heads = 2,
                    .kv_heads = 2,
                    .seq_q = 2048,
                    .seq_kv = 2048,
                    .width_qk = 64,
                    .width_v = 64};
  const Design made = moving("64", true);
  const Result result = run_point(made, shape);
  ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;
  EXPECT_LE(result.cycles,
            131072 * 115 / 100);  // of 2 · 2048 · 64 · (64 + 64) maccs on 256 elements
  EXPECT_GE(result.cycles, 131072);
  using weft::engine::UnitKind;
  EXPECT_EQ(moved(made, result, "", UnitKind::dram), 2097152U);  // Q, K, V, AV once, in bf16
  EXPECT_EQ(moved(made, result, "K", UnitKind::buffer), 2U * 128 * (16 + 63) * 64 * 2);
}

std::string refusal(const std::string& binding, const std::vector<Setting>& settings = {}) {
  try {
    Design::load(weft::engine::Catalog(WEFT_SOURCE_DIR "/configs"), "streaming-16x16", binding,
                 settings);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "loaded";
}

TEST_F(RankExtents, NumbersThatAreNone) {
  const std::string binding = text_of(WEFT_SOURCE_DIR
                                      "/tests/engine/cascades/"
                                      "window-attention-binding.yaml");
  put("window-attention.yaml",
      text_of(WEFT_SOURCE_DIR "/tests/engine/cascades/window-attention.yaml"));
  const auto with = [&](const std::string& extent) {
    std::string text = binding;
    text.replace(text.find("W: 64"), 5, "W: " + extent);
    return refusal(put("b.yaml", text));
  };
  for (const char* bad : {"0", "-3", "2.5", "1e12"})
    EXPECT_NE(with(bad).find("must be a whole number from 1"), std::string::npos) << bad;
  EXPECT_NE(with("seq_kw").find("did you mean 'seq_kv'?"), std::string::npos);
  EXPECT_EQ(with("4K"), "loaded");
  const std::string good = put("b.yaml", binding);
  EXPECT_NE(refusal(good, {{"M", "5"}}).find("a rank whose extent is a number: 'W'"),
            std::string::npos);
  EXPECT_NE(refusal(good, {{"W", "0"}}).find("must be a whole number"), std::string::npos);
}

// Each at its own line of the cascade, with the reason; nothing of it is dropped.
TEST_F(RankExtents, WhatOnlyARunTellsIsRefused) {
  const std::string cascade =
      text_of(WEFT_SOURCE_DIR "/tests/engine/cascades/window-attention.yaml");
  const std::string binding = put(
      "b.yaml", text_of(WEFT_SOURCE_DIR "/tests/engine/cascades/window-attention-binding.yaml"));
  const auto changed = [&](const std::string& from, const std::string& to,
                           const std::string& says) {
    std::string text = cascade;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    text.replace(at, from.size(), to);
    put("window-attention.yaml", text);
    const std::string message = refusal(binding);
    EXPECT_NE(message.find("window-attention.yaml:" + std::to_string(line) + ":"),
              std::string::npos)
        << message;
    EXPECT_NE(message.find(says), std::string::npos) << message;
  };
  changed("GM[p] = ", "GM[p], J[p] = ", "'J': holds the coordinates of the values of GM");
  changed("AV[f,p] = SNV[f,p] / SD[p]", "AV[f,p] = SNV[f,p] / SD[p] where SD[p] > 0 else 0",
          "a mask by value");
  changed("AV[f,p] = SNV[f,p] / SD[p]", "AV[f,p] = SNV[f,p] / SD[p] where f != p else 0",
          "a mask by value");
  changed("V[f,p+w-W+1]", "V[f,SD[p]]", "'V': is gathered");
}

TEST_F(RankExtents, ASelectionIsRefused) {
  std::string binding = text_of(WEFT_SOURCE_DIR "/configs/binding/streaming-softmax.yaml");
  const auto name = binding.find("cascade: attention-1pass");
  binding.replace(name, 24, "cascade: attention-pruned");
  const std::string message = refusal(put("b.yaml", binding));
  EXPECT_NE(message.find("attention-pruned.yaml:34:"), std::string::npos) << message;
  EXPECT_NE(message.find("'SI': selects coordinates into rank S"), std::string::npos) << message;
  EXPECT_NE(message.find("'NK': is gathered"), std::string::npos) << message;
}

}  // namespace
}  // namespace weft::sim::engine::test
