#include "models/workload/trace.hpp"

#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "models/numerics/bf16.hpp"
#include "models/workload/safetensors.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

using test::expect_refused;

using Extents = std::vector<std::int64_t>;
using Texts = std::map<std::string, std::string>;

struct Operand {
  std::string name;
  Extents shape;
  Dtype dtype = Dtype::f32;
};

class TraceFile : public test::InFolder {
 protected:
  // Tensors of 0, 1, 2 …, or what `values` gives.
  std::filesystem::path trace(const std::vector<Operand>& operands, const Texts& metadata = {},
                              const std::vector<float>& values = {}) const {
    std::vector<std::vector<float>> storage;
    for (const Operand& operand : operands) {
      const auto count = std::accumulate(operand.shape.begin(), operand.shape.end(),
                                         std::int64_t{1}, std::multiplies<>());
      std::vector<float>& data = storage.emplace_back(values);
      if (values.empty()) {
        data.resize(static_cast<std::size_t>(count));
        std::iota(data.begin(), data.end(), 0.0F);
      }
    }
    std::vector<TensorToWrite> tensors;
    for (std::size_t i = 0; i < operands.size(); ++i)
      tensors.push_back({operands[i].name, operands[i].dtype, operands[i].shape, storage[i]});
    write_safetensors(folder_ / "trace.safetensors", tensors, metadata);
    return folder_ / "trace.safetensors";
  }

  std::filesystem::path simple(const Texts& metadata) const {
    return trace({{"layers.0.q", {2, 3, 4}}, {"layers.0.k", {2, 5, 4}}, {"layers.0.v", {2, 5, 4}}},
                 metadata);
  }

  void refused(const std::vector<Operand>& operands,
               std::initializer_list<std::string> parts) const {
    const auto path = trace(operands);
    expect_refused([&] { load_trace(path); }, {"trace.safetensors"});
    expect_refused([&] { load_trace(path); }, parts);
  }
};

TEST_F(TraceFile, ReadsShapesOfGroupedCrossAttention) {
  const Trace got = load_trace(trace({{"layers.0.q", {4, 3, 8}},
                                      {"layers.0.k", {2, 5, 8}, Dtype::bf16},
                                      {"layers.0.v", {2, 5, 6}},
                                      {"layers.1.q", {4, 3, 8}},
                                      {"layers.1.k", {2, 5, 8}},
                                      {"layers.1.v", {2, 5, 6}},
                                      {"other", {1}}}));
  EXPECT_EQ(got.layers.size(), 2u);
  EXPECT_FALSE(got.has_batch);
  EXPECT_EQ(got.shape.batch, 1);
  EXPECT_EQ(got.shape.heads, 4);
  EXPECT_EQ(got.shape.kv_heads, 2);
  EXPECT_EQ(got.shape.seq_q, 3);
  EXPECT_EQ(got.shape.seq_kv, 5);
  EXPECT_EQ(got.shape.width_qk, 8);
  EXPECT_EQ(got.shape.width_v, 6);
  EXPECT_EQ(got.shape.phase, Phase::cross);
  EXPECT_FALSE(got.shape.causal);
  EXPECT_EQ(got.scale, 1 / std::sqrt(8.0));
  EXPECT_EQ(got.layers[1].v[59], 59.0F);
  EXPECT_EQ(got.layers[0].k[79], 79.0F);
}

TEST_F(TraceFile, LeadingBatch) {
  const Trace got = load_trace(trace(
      {{"layers.0.q", {2, 3, 4, 8}}, {"layers.0.k", {2, 1, 4, 8}}, {"layers.0.v", {2, 1, 4, 8}}}));
  EXPECT_TRUE(got.has_batch);
  EXPECT_EQ(got.shape.batch, 2);
  EXPECT_EQ(got.shape.heads, 3);
  EXPECT_EQ(got.shape.kv_heads, 1);
  EXPECT_EQ(got.shape.phase, Phase::self);
}

TEST_F(TraceFile, KeepsSinglePrecision) {
  const std::vector<float> values{1.00390625F, 1.01171875F, 1.00390637F, -1.00390625F};
  const Trace got = load_trace(
      trace({{"layers.0.q", {1, 1, 4}}, {"layers.0.k", {1, 1, 4}}, {"layers.0.v", {1, 1, 4}}}, {},
            values));
  EXPECT_EQ(got.layers[0].q, values);
  EXPECT_EQ(got.layers[0].v, got.layers[0].q);
}

TEST_F(TraceFile, Metadata) {
  const Trace got = load_trace(simple({{"scale", "0.25"}, {"causal", "true"}, {"by", "hand"}}));
  EXPECT_EQ(got.scale, 0.25);
  EXPECT_TRUE(got.shape.causal);
  EXPECT_EQ(got.shape.phase, Phase::prefill);
  for (const std::string yes : {"true", "True", "TRUE", "1"})
    EXPECT_TRUE(load_trace(simple({{"causal", yes}})).shape.causal) << yes;
  for (const std::string no : {"false", "False", "FALSE", "0"})
    EXPECT_FALSE(load_trace(simple({{"causal", no}})).shape.causal) << no;
  for (const std::string scale : {"", "0", "-1", "nan", "inf", "1e99", "0.5x", "half", " 1"}) {
    const auto path = simple({{"scale", scale}});
    expect_refused([&] { load_trace(path); },
                   {"trace.safetensors", "__metadata__.scale", "a number from 1e-30 to 1e30"});
  }
  for (const std::string causal : {"", "yes", "2", "10", "true ", "None", "t"}) {
    const auto path = simple({{"causal", causal}});
    expect_refused([&] { load_trace(path); },
                   {"trace.safetensors", "__metadata__.causal", "true or false"});
  }
}

TEST_F(TraceFile, CausalWithFewerKeysThanQueriesIsRead) {
  const auto path =
      trace({{"layers.0.q", {1, 5, 4}}, {"layers.0.k", {1, 3, 4}}, {"layers.0.v", {1, 3, 4}}},
            {{"causal", "true"}});
  EXPECT_EQ(load_trace(path).shape.seq_kv, 3);
}

TEST_F(TraceFile, ConventionsOfTheMetadata) {
  EXPECT_FALSE(load_trace(simple({})).alignment);
  const Trace got = load_trace(simple({{"causal_alignment", "top-left"}, {"empty_rows", "mean"}}));
  EXPECT_EQ(got.alignment, CausalAlignment::top_left);
  EXPECT_EQ(got.empty_rows, EmptyRows::mean);
  const auto wrong = simple({{"empty_rows", "nan"}});
  expect_refused([&] { load_trace(wrong); },
                 {"trace.safetensors", "__metadata__.empty_rows = 'nan'", "zero", "mean"});
}

// Tensors that a cascade of one's own takes: by name, their leading extents taken off; those of no
// type that is read are left.
TEST_F(TraceFile, OtherTensorsOfALayer) {
  const auto path = trace({{"layers.0.q", {2, 3, 4}},
                           {"layers.0.k", {2, 3, 4}},
                           {"layers.0.v", {2, 3, 4}},
                           {"layers.0.Gate", {1, 3}},
                           {"layers.7.g", {1}},
                           {"layers.x.g", {1}},
                           {"layers.0", {1}}});
  const Trace got = load_trace(path);
  ASSERT_EQ(got.layers[0].others.size(), 1u);
  const auto gate = tensor_of(got, 0, "Gate");
  ASSERT_TRUE(gate);
  EXPECT_EQ(gate->heads, 1);
  EXPECT_EQ(gate->shape, (Extents{3}));
  EXPECT_EQ(gate->values->size(), 3u);
  EXPECT_FALSE(tensor_of(got, 0, "GATE"));
  EXPECT_EQ(tensor_of(got, 0, "K")->shape, (Extents{3, 4}));
}

TEST_F(TraceFile, OneCausalQueryIsDecode) {
  const auto path =
      trace({{"layers.0.q", {1, 1, 4}}, {"layers.0.k", {1, 9, 4}}, {"layers.0.v", {1, 9, 4}}},
            {{"causal", "true"}});
  EXPECT_EQ(load_trace(path).shape.phase, Phase::decode);
}

TEST_F(TraceFile, NamesThatAreNotATrace) {
  refused({}, {"layers.0.q"});
  refused({{"q", {1, 2, 4}}}, {"layers.0.q"});
  refused({{"layers.0.q", {1, 2, 4}}, {"layers.0.v", {1, 2, 4}}}, {"layers.0.k", "missing tensor"});
  refused({{"layers.1.q", {1, 2, 4}}, {"layers.1.k", {1, 2, 4}}, {"layers.1.v", {1, 2, 4}}},
          {"layers.0.q", "missing tensor", "without gaps"});
  refused({{"layers.0.q", {1, 2, 4}},
           {"layers.0.k", {1, 2, 4}},
           {"layers.0.v", {1, 2, 4}},
           {"layers.1.v", {1, 2, 4}}},
          {"layers.1.q", "missing tensor"});
  for (const std::string name : {"layers.00.q", "layers.-1.q", "layers..q", "layers.x.q",
                                 "layers.1 .q", "layers.18446744073709551616.q"}) {
    refused({{"layers.0.q", {1, 2, 4}},
             {"layers.0.k", {1, 2, 4}},
             {"layers.0.v", {1, 2, 4}},
             {name, {1, 2, 4}}},
            {name, "whole number"});
  }
  refused({{"layers.18446744073709551615.q", {1, 2, 4}}}, {"layers.0.q", "without gaps"});
}

TEST_F(TraceFile, ShapesThatDisagree) {
  const auto with = [](const Extents& q, const Extents& k, const Extents& v) {
    return std::vector<Operand>{{"layers.0.q", q}, {"layers.0.k", k}, {"layers.0.v", v}};
  };
  refused(with({8, 4}, {8, 4}, {8, 4}),
          {"layers.0.q.shape = '[8, 4]'", "[heads, sequence, width]"});
  refused(with({1, 1, 1, 8, 4}, {1, 1, 1, 8, 4}, {1, 1, 1, 8, 4}), {"layers.0.q.shape"});
  refused(with({2, 0, 4}, {2, 3, 4}, {2, 3, 4}), {"layers.0.q.shape", "at least 1"});
  refused(with({2, 3, 4}, {2, 3, 4}, {2, 3, 0}), {"layers.0.v.shape", "at least 1"});
  refused(with({1, 2, 3, 4}, {2, 3, 4}, {1, 2, 3, 4}), {"layers.0.k.shape", "as many extents"});
  refused(with({2, 2, 3, 4}, {1, 2, 3, 4}, {2, 2, 3, 4}), {"layers.0.k.shape", "batch of q"});
  refused(with({2, 2, 3, 4}, {2, 2, 3, 4}, {3, 2, 3, 4}), {"layers.0.v.shape", "batch of q"});
  refused(with({2, 3, 4}, {2, 3, 5}, {2, 3, 4}),
          {"layers.0.k.shape = '[2, 3, 5]'", "width of q", "[2, 3, 4]"});
  refused(with({2, 3, 4}, {2, 3, 4}, {1, 3, 4}), {"layers.0.v.shape", "heads of k"});
  refused(with({2, 3, 4}, {2, 6, 4}, {2, 5, 4}), {"layers.0.v.shape", "sequence length of k"});
  refused(with({4, 3, 4}, {3, 3, 4}, {3, 3, 4}), {"layers.0.k.shape", "divides q's"});
  refused(with({2, 3, 4}, {4, 3, 4}, {4, 3, 4}), {"layers.0.k.shape", "divides q's"});
  refused(with({1, 1, 65537}, {1, 1, 65537}, {1, 1, 1}), {"width_qk = '65537'", "65536"});
  refused({{"layers.0.q", {1, 2, 4}},
           {"layers.0.k", {1, 2, 4}},
           {"layers.0.v", {1, 2, 4}},
           {"layers.1.q", {1, 3, 4}},
           {"layers.1.k", {1, 2, 4}},
           {"layers.1.v", {1, 2, 4}}},
          {"layers.1.q.shape = '[1, 3, 4]'", "[1, 2, 4]", "as in layer 0"});
}

// q, k and v of [1, 1, 2], all of `bytes`, then a tensor "extra" of `extra` (its entry's first
// part, dtype and shape) of a byte.
std::string typed(const std::string& dtype, const std::string& bytes,
                  const std::string& extra = "") {
  std::string json;
  std::size_t at = 0;
  const auto add = [&](const std::string& name, const std::string& entry, std::size_t size) {
    json += (json.empty() ? "{\"" : ",\"") + name + "\":{" + entry + ",\"data_offsets\":[" +
            std::to_string(at) + "," + std::to_string(at + size) + "]}";
    at += size;
  };
  for (const std::string operand : {"q", "k", "v"})
    add("layers.0." + operand, R"("dtype":")" + dtype + R"(","shape":[1,1,2])", bytes.size());
  if (!extra.empty()) add("extra", extra, 1);
  return test::with_header(json + "}", bytes + bytes + bytes + (extra.empty() ? "" : "x"));
}

TEST_F(TraceFile, HalvesAndDoublesAreRead) {
  const Trace half =
      load_trace(write("h.safetensors", typed("F16", std::string("\x00\x3C\x00\xC0", 4))));
  EXPECT_EQ(half.layers[0].q, (std::vector<float>{1.0F, -2.0F}));
  // 1 + 2^-8 + 2^-40 is nearer to the bf16 number above; the nearest fp32 number would lose that.
  const std::string doubles = test::little(std::bit_cast<std::uint64_t>(1 + 0x1p-8 + 0x1p-40), 8) +
                              test::little(std::bit_cast<std::uint64_t>(0.5), 8);
  const Trace wide = load_trace(write("d.safetensors", typed("F64", doubles)));
  EXPECT_EQ(numerics::round_to_bf16(wide.layers[0].v[0]), 1.0078125F);
  EXPECT_EQ(wide.layers[0].v[1], 0.5F);
}

TEST_F(TraceFile, OtherElementTypesAreRefusedOnlyWhereUsed) {
  for (const std::string dtype : {"I64", "C64", "Z99"}) {
    const auto path = write("trace.safetensors", typed(dtype, std::string(16, '\0')));
    expect_refused(
        [&] { load_trace(path); },
        {"trace.safetensors", "layers.0.q.dtype = '" + dtype + "'", "F32, BF16, F16 or F64"});
  }
  const std::string good("\x80\x3F\x00\x00", 4);
  for (const std::string extra :
       {R"("dtype":"F8_E8M0","shape":[1])", R"("dtype":"F4","shape":[2])",
        R"("dtype":"F8_E4M3FNUZ","shape":[1])", R"("dtype":"Z99","shape":[3,5])"}) {
    EXPECT_EQ(load_trace(write("good.safetensors", typed("BF16", good, extra))).layers[0].k,
              (std::vector<float>{1.0F, 0.0F}))
        << extra;
  }
}

TEST_F(TraceFile, OutputsBearQsNamesAndShape) {
  const auto path = trace(
      {{"layers.0.q", {2, 4, 3, 8}}, {"layers.0.k", {2, 2, 5, 8}}, {"layers.0.v", {2, 2, 5, 6}}});
  const Trace got = load_trace(path);
  std::vector<float> out(2 * 4 * 3 * 6);
  std::iota(out.begin(), out.end(), 0.1F);
  write_outputs(folder_ / "out.safetensors", got,
                {{"out", "AV", {got.shape.seq_q, got.shape.width_v}, {out}}});
  const Safetensors file = load_safetensors(folder_ / "out.safetensors");
  ASSERT_EQ(file.tensors().size(), 1u);
  EXPECT_EQ(file.tensors()[0].name, "layers.0.out");
  EXPECT_EQ(file.tensors()[0].dtype, Dtype::f32);
  EXPECT_EQ(file.tensors()[0].shape, (Extents{2, 4, 3, 6}));
  EXPECT_EQ(file.values(file.tensors()[0]), out);
  EXPECT_THROW(
      write_outputs(folder_ / "x", got, {{"out", "AV", {got.shape.seq_q, got.shape.width_v}, {}}}),
      ContractError);
  EXPECT_THROW(write_outputs(folder_ / "x", got,
                             {{"out", "AV", {got.shape.seq_q, got.shape.width_v}, {{1.0F}}}}),
               ContractError);
}

TEST_F(TraceFile, OutputsWithoutBatch) {
  const Trace got = load_trace(simple({}));
  write_outputs(folder_ / "out.safetensors", got,
                {{"out", "AV", {got.shape.seq_q, got.shape.width_v}, {std::vector<float>(24)}}});
  EXPECT_EQ(load_safetensors(folder_ / "out.safetensors").tensors()[0].shape, (Extents{2, 3, 4}));
}

// The figures are numpy's, from the committed file.
TEST(MinilmTrace, HoldsWhatNumpyReads) {
  const Trace got = load_trace(WEFT_SOURCE_DIR "/tests/data/minilm-l6.safetensors");
  EXPECT_EQ(got.layers.size(), 6u);
  EXPECT_EQ(got.shape.heads, 12);
  EXPECT_EQ(got.shape.seq_q, 110);
  EXPECT_EQ(got.shape.seq_kv, 110);
  EXPECT_EQ(got.shape.width_qk, 32);
  EXPECT_EQ(got.shape.width_v, 32);
  EXPECT_EQ(got.shape.phase, Phase::self);
  EXPECT_EQ(got.scale, 1 / std::sqrt(32.0));
  EXPECT_EQ(got.content_sha256, "f2cfcfea65509baded7b6ef5f8184c457fa5dbe99d24934cf43e14298737fdc8");
  const auto sum = [](const std::vector<float>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  };
  EXPECT_EQ(got.layers[0].q[1], -1.2421875F);
  EXPECT_NEAR(sum(got.layers[0].q), 1108.2195191383362, 1e-9);
  EXPECT_EQ(got.layers[3].k.back(), 0.341796875F);
  EXPECT_NEAR(sum(got.layers[3].k), 2918.6235821843147, 1e-9);
  EXPECT_EQ(got.layers[5].v[1], -0.0216064453125F);
  EXPECT_NEAR(sum(got.layers[5].v), -377.00465297698975, 1e-9);
}

}  // namespace
}  // namespace weft::workload
