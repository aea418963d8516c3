#include "models/workload/workload.hpp"

#include <cstdint>
#include <tuple>
#include <vector>

#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

using test::expect_refused;

class WorkloadFile : public test::InFolder {
 protected:
  void refused(const std::string& name, const std::string& text,
               std::initializer_list<std::string> parts) const {
    const auto path = write(name, text);
    expect_refused([&] { load_workload(path); }, {name});
    expect_refused([&] { load_workload(path); }, parts);
  }
};

const std::string kGood =
    "source: by hand\nheads: 4\nseq: 2K\nwidth_qk: 16\nlayers: 3\nmodel_width: "
    "64\nfeed_forward_width: 256\n";

TEST_F(WorkloadFile, Defaults) {
  const Workload got = load_workload(write("mine.yaml", kGood));
  EXPECT_EQ(got.name, "mine");
  const Shape shape = got.shape();
  EXPECT_EQ(shape.batch, 1);
  EXPECT_EQ(shape.heads, 4);
  EXPECT_EQ(shape.kv_heads, 4);
  EXPECT_EQ(shape.seq_q, 2048);
  EXPECT_EQ(shape.seq_kv, 2048);
  EXPECT_EQ(shape.width_qk, 16);
  EXPECT_EQ(shape.width_v, 16);
  EXPECT_FALSE(shape.causal);
  EXPECT_EQ(shape.phase, Phase::self);
}

TEST_F(WorkloadFile, EveryField) {
  const Shape shape =
      load_workload(
          write("w.yaml",
                kGood +
                    "batch: 2\nkv_heads: 2\nseq_kv: 4K\nwidth_v: 8\ncausal: true\nphase: decode\n"))
          .shape();
  EXPECT_EQ(shape.batch, 2);
  EXPECT_EQ(shape.kv_heads, 2);
  EXPECT_EQ(shape.seq_q, 2048);
  EXPECT_EQ(shape.seq_kv, 4096);
  EXPECT_EQ(shape.width_v, 8);
  EXPECT_TRUE(shape.causal);
  EXPECT_EQ(shape.phase, Phase::decode);
}

TEST_F(WorkloadFile, ProblemsNameTheirLine) {
  refused("w.yaml", kGood + "kv_heads: 3\n", {"w.yaml:8", "kv_heads = '3'", "divide the 4 heads"});
  refused(
      "w.yaml", "heads: 4\n",
      {"source", "seq", "width_qk", "layers", "model_width", "feed_forward_width", "missing key"});
  refused("w.yaml", kGood + "head: 4\n", {"w.yaml:8", "did you mean 'heads'"});
  refused("w.yaml", kGood + "width_v: 65537\n", {"w.yaml:8", "width_v = '65537'", "65536"});
  refused("w.yaml", kGood + "batch: 0\n", {"w.yaml:8", "batch = '0'"});
  refused("w.yaml", kGood + "batch: 1.5\n", {"w.yaml:8", "batch = '1.5'"});
  refused("w.yaml", kGood + "phase: chat\n", {"w.yaml:8", "phase = 'chat'", "'prefill'"});
  refused("w.yaml", "", {"w.yaml"});
  expect_refused([&] { load_workload(folder_ / "none.yaml"); }, {"none.yaml"});
  expect_refused([&] { load_workload(folder_ / "none.json"); }, {"none.json", "no such file"});
}

TEST(ShapeProblems, EveryExtentHasBounds) {
  const Location where{"f", 3, 0};
  EXPECT_TRUE(problems_of({}, where).empty());
  for (std::int64_t Shape::*extent : {&Shape::batch, &Shape::heads, &Shape::kv_heads, &Shape::seq_q,
                                      &Shape::seq_kv, &Shape::width_qk, &Shape::width_v}) {
    for (const std::int64_t value :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40, INT64_MIN, INT64_MAX}) {
      Shape shape;
      shape.*extent = value;
      const auto problems = problems_of(shape, where);
      ASSERT_EQ(problems.size(), 1u) << value;
      EXPECT_EQ(problems[0].value, std::to_string(value));
      EXPECT_EQ(problems[0].where.line, 3);
    }
  }
}

TEST(ShapeProblems, SeveralAtOnce) {
  EXPECT_EQ(problems_of({.batch = 0, .heads = 0}, {}).size(), 2u);
  EXPECT_EQ(
      problems_of({.heads = 6, .kv_heads = 4, .seq_q = 9, .seq_kv = 8, .causal = true}, {}).size(),
      1u);
}

TEST(ShapeProblems, CountsFit63Bits) {
  // FuseMax's largest: XLM at 1M tokens, batch 64.
  EXPECT_TRUE(problems_of({.batch = 64,
                           .heads = 16,
                           .kv_heads = 16,
                           .seq_q = 1 << 20,
                           .seq_kv = 1 << 20,
                           .width_qk = 128,
                           .width_v = 128},
                          {})
                  .empty());
  const auto problems = problems_of(
      {.batch = 1 << 20, .heads = 1 << 16, .kv_heads = 1, .seq_q = 1 << 26, .seq_kv = 1 << 26}, {});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].text().find("2^63"), std::string::npos);
}

// Values of fusemax.md's table of models, and of the GPT-2 paper.
TEST(ShippedWorkloads, HaveThePublishedWidths) {
  using Row = std::tuple<std::string, int, int, int, int, int, bool,
                         int>;  // D, H, E, S, batch, causal, layers
  const std::vector<Row> rows{{"bert-base", 768, 12, 64, 3072, 64, false, 12},
                              {"trxl", 1024, 16, 64, 4096, 64, false, 18},
                              {"t5-small", 512, 8, 64, 2048, 64, false, 6},
                              {"xlm", 2048, 16, 128, 8192, 64, false, 12},
                              {"gpt2-small", 768, 12, 64, 3072, 1, true, 12},
                              {"gpt2-medium", 1024, 16, 64, 4096, 1, true, 24},
                              {"minilm-l6", 384, 12, 32, 1536, 1, false, 6}};
  for (const auto& [name, model, heads, width, feed_forward, batch, causal, layers] : rows) {
    const Workload got = load_workload(std::filesystem::path(WEFT_SOURCE_DIR) / "configs/workload" /
                                       (name + ".yaml"));
    EXPECT_EQ(got.name, name);
    EXPECT_EQ(got.model_width, model) << name;
    EXPECT_EQ(got.heads, heads) << name;
    EXPECT_EQ(got.width_qk, width) << name;
    EXPECT_EQ(got.shape().width_v, width) << name;
    EXPECT_EQ(got.feed_forward_width, feed_forward) << name;
    EXPECT_EQ(got.batch, batch) << name;
    EXPECT_EQ(got.causal, causal) << name;
    EXPECT_EQ(got.layers, layers) << name;
    EXPECT_EQ(got.phase, causal ? Phase::prefill : Phase::self) << name;
    EXPECT_EQ(got.seq, name == "minilm-l6" ? 256 : 1024) << name;
    EXPECT_FALSE(got.source.empty() || got.description.empty()) << name;
  }
}

TEST(ShippedWorkloads, EveryFileIsOneOfThem) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(WEFT_SOURCE_DIR "/configs/workload")) {
    if (entry.is_directory()) continue;
    EXPECT_NO_THROW(load_workload(entry.path())) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 38);  // 8 models and SpAtten's 30 benchmarks
}

}  // namespace
}  // namespace weft::workload
