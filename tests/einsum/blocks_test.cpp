#include "models/einsum/blocks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "models/einsum/block_interpreter.hpp"
#include "models/einsum/hidden.hpp"
#include "models/einsum/interpret.hpp"
#include "models/einsum/load.hpp"
#include "models/numerics/arithmetic.hpp"
#include "models/numerics/presence.hpp"
#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

using test::random_tensor;
using test::shipped;

std::set<std::string> names(const Cascade& cascade, const std::vector<RankId>& ranks) {
  std::set<std::string> all;
  for (const RankId rank : ranks) all.insert(cascade.ranks[rank].name);
  return all;
}

TEST(Blocks, QueriesAndWidthsOfValuesNeverMeet) {
  for (const char* name : {"attention-1pass", "attention-1pass-causal", "attention-2pass",
                           "attention-3pass", "attention-3pass-causal"}) {
    const Cascade cascade = shipped(name);
    EXPECT_EQ(names(cascade, separable_ranks(cascade)), (std::set<std::string>{"F", "P"})) << name;
  }
  const Cascade product = shipped("matmul");
  EXPECT_EQ(names(product, separable_ranks(product)), (std::set<std::string>{"M", "N"}));
}

// Blocks of any size give the bits of the whole, masks and generations among them.
TEST(Blocks, InterpretedInBlocksAsAWhole) {
  std::mt19937_64 random(7);
  for (const char* name : {"attention-1pass-causal", "attention-1pass", "attention-2pass-causal",
                           "attention-3pass-causal", "matmul"}) {
    const Cascade cascade = shipped(name);
    std::map<std::string, std::int64_t> sizes{{"E", 3}, {"F", 5}, {"M", 45}, {"P", 41}, {"M0", 4}};
    if (std::string(name) == "matmul") sizes = {{"K", 6}, {"M", 45}, {"N", 70}};
    if (std::string(name) == "attention-3pass-causal") sizes.erase("M0");
    const Extents extents = resolve_extents(cascade, sizes);
    std::map<std::string, DenseTensor> inputs;
    std::vector<std::vector<double>> data;
    for (TensorId t = 0; t < static_cast<TensorId>(cascade.tensors.size()); ++t) {
      const bool input = cascade.tensors[t].role == TensorRole::input;
      DenseTensor made = random_tensor(tensor_shape(cascade, t, extents), random);
      if (input) inputs[cascade.tensors[t].name] = made;
      data.push_back(input ? made.data : std::vector<double>(made.data.size(), -1));
    }
    const auto whole = interpret(cascade, extents, inputs);
    std::vector<double*> pointers;
    for (auto& values : data) pointers.push_back(values.data());
    std::vector<double> scalars;
    for (const Scalar& scalar : cascade.scalars) scalars.push_back(scalar.value);
    for (const std::int64_t budget :
         {std::int64_t{1}, std::int64_t{60000}, std::int64_t{1} << 40}) {
      int calls = 0;
      BlockInterpreter<numerics::DoubleArithmetic>(cascade, extents, scalars, budget)
          .run(pointers, [&](double) { ++calls; });
      if (budget == 1) {
        EXPECT_GT(calls, 1) << name << ": the least budget takes several blocks";
      }
      if (budget > 60000) {
        EXPECT_EQ(calls, 1) << name << ": all fits";
      }
      int compared = 0;
      for (TensorId t = 0; t < static_cast<TensorId>(cascade.tensors.size()); ++t) {
        if (cascade.tensors[t].role != TensorRole::output) continue;
        EXPECT_EQ(data[t], whole.at(cascade.tensors[t].name).data) << name << " " << budget;
        ++compared;
      }
      EXPECT_EQ(compared, 1);
    }
  }
}

std::set<std::string> sums_that_leave_out(const Cascade& cascade, const Extents& extents) {
  std::set<std::string> names;
  const auto hidden = hidden_points(cascade, extents);
  for (std::size_t e = 0; e < hidden.size(); ++e) {
    if (!hidden[e].everywhere())
      names.insert(cascade.tensors[cascade.einsums[e].outputs[0].tensor].name);
  }
  return names;
}

TEST(Hidden, SumsOverWhatAMaskHides) {
  const auto of = [](const char* name) {
    const Cascade cascade = shipped(name);
    std::map<std::string, std::int64_t> sizes{{"E", 3}, {"F", 5}, {"M", 45}, {"P", 41}};
    if (!std::string_view(name).starts_with("attention-3")) sizes["M0"] = 4;
    return sums_that_leave_out(cascade, resolve_extents(cascade, sizes));
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(of("attention-1pass-causal"), (Names{"SLD", "SLNV"}));
  EXPECT_EQ(of("attention-2pass-causal"), (Names{"SLD", "SLNV"}));
  EXPECT_EQ(of("attention-3pass-causal"), (Names{"SD", "AV"}));
  EXPECT_EQ(of("attention-3pass"), Names{});
}

// NaN where a mask hides it changes no bit of what is seen, in double and in the machine's
// arithmetic.
TEST(Hidden, NothingHiddenIsInASum) {
  const Cascade cascade = shipped("attention-1pass-causal");
  const Extents extents =
      resolve_extents(cascade, {{"E", 3}, {"F", 2}, {"M", 10}, {"P", 6}, {"M0", 4}});
  std::mt19937_64 random(9);
  std::map<std::string, DenseTensor> inputs{{"Q", random_tensor({3, 6}, random)},
                                            {"K", random_tensor({3, 10}, random)},
                                            {"V", random_tensor({2, 10}, random)}};
  const std::vector<double> clean = interpret(cascade, extents, inputs).at("AV").data;
  inputs["V"].data[9] =
      std::numeric_limits<double>::quiet_NaN();  // of key 9, which query 5 alone sees
  inputs["K"].data[9] = -std::numeric_limits<double>::infinity();
  const std::vector<double> dirty = interpret(cascade, extents, inputs).at("AV").data;
  for (std::int64_t f = 0; f < 2; ++f) {
    for (std::int64_t p = 0; p < 5; ++p)
      EXPECT_EQ(clean[f * 6 + p], dirty[f * 6 + p]) << f << " " << p;
  }
  EXPECT_TRUE(std::isnan(dirty[5]));
}

// What a mask puts in place of a point counts where it is no score and no numerator.
TEST(Hidden, OtherMaskedValuesCount) {
  const Cascade cascade = parse_cascade(
      "description: test\nsource: test\nranks: {M: keys, P: queries}\ntensors: {Q: [P], K: "
      "[M]}\noutputs: [Z]\n"
      "einsums:\n  - B[m,p] = Q[p] * K[m] where m <= p else 1\n  - Z[p] = sum[m] B[m,p]\n",
      "test.yaml");
  const Extents extents = resolve_extents(cascade, {{"M", 3}, {"P", 3}});
  EXPECT_TRUE(sums_that_leave_out(cascade, extents).empty());
  const auto all = interpret(cascade, extents, {{"Q", {{3}, {1, 1, 1}}}, {"K", {{3}, {5, 5, 5}}}});
  EXPECT_EQ(all.at("Z").data, (std::vector<double>{7, 11, 15}));
}

// Which outputs depend on one marked value.
TEST(Presence, WhatSeesAMarkedOperand) {
  const Cascade cascade = shipped("attention-3pass-causal");
  const Extents extents = resolve_extents(cascade, {{"E", 2}, {"F", 3}, {"M", 5}, {"P", 5}});
  std::vector<std::vector<std::uint8_t>> data;
  std::vector<std::uint8_t*> pointers;
  for (TensorId t = 0; t < static_cast<TensorId>(cascade.tensors.size()); ++t)
    data.emplace_back(static_cast<std::size_t>(tensor_elements(cascade, t, extents)), 0);
  for (auto& values : data) pointers.push_back(values.data());
  data[cascade.tensor("V")][1 * 5 + 3] = 1;  // feature 1 of key 3
  BlockInterpreter<numerics::PresenceArithmetic>(cascade, extents, {1.0}, 1 << 20)
      .run(pointers, [](double) {});
  for (std::int64_t f = 0; f < 3; ++f) {
    for (std::int64_t p = 0; p < 5; ++p)
      EXPECT_EQ(data[cascade.tensor("AV")][f * 5 + p], f == 1 && p >= 3 ? 1 : 0);
  }
}

}  // namespace
}  // namespace weft::einsum
