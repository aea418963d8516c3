// Cascades and bindings that stuck, died or went wrong, and what must not be run.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/engine/bound_case.hpp"

namespace weft::sim::engine::test {
namespace {

const std::string kArch =
    "description: everything\nsource: test\nclock_hz: 1e9\narrays:\n"
    "  grid:\n    kind: spatial\n    rows: 4\n    columns: 4\n    tile_contexts: 2\n    "
    "operations:\n"
    "      macc: {interval_cycles: 1, latency_cycles: 1}\n"
    "  lane:\n    kind: vector\n    lanes: 4\n    operations:\n"
    "      macc: {interval_cycles: 1, latency_cycles: 1}\n      add: {interval_cycles: 1, "
    "latency_cycles: 1}\n"
    "      max: {interval_cycles: 1, latency_cycles: 1}\n      divide: {interval_cycles: 1, "
    "latency_cycles: 4}\n"
    "      exp: {method: unit, interval_cycles: 1, latency_cycles: 4, absorbs_subtract: true}\n"
    "buffer: {bytes: 1MiB, row_bytes: 64, banks: 16, read_ports: 4, write_ports: 4}\n"
    "dram: {bandwidth_bytes_per_s: 32e9, latency_cycles: 30, outstanding: 16, burst_bytes: 256}\n";

std::string cascade_of(const std::string& inputs, const std::string& more,
                       const std::string& einsums) {
  return "description: test\nsource: test\nranks: {E: width, F: width, M: keys, P: "
         "queries}\ntensors: {" +
         inputs + "}\noutputs: [AV]\n" + more + "einsums:\n" + einsums;
}
const std::string kAttention = "Q: [E, P], K: [E, M], V: [F, M]";

// One group, every Einsum on the vector unit over `lanes`, all tensors in the buffer but the
// output.
struct Simple {
  std::string loops;
  std::string tiles;
  std::vector<std::pair<std::string, std::string>> steps;  // Einsum or chain, lanes
  std::vector<std::string> inputs{"Q", "K", "V"};
  std::string output = "AV";
  std::string more;  // of the tensors
  std::string head;  // of the binding
};

std::string binding_of(const Simple& simple) {
  std::string text =
      "source: test\ncascade: test\nranks: {E: width_qk, F: width_v, M: seq_kv, P: seq_q}\n" +
      simple.head + "groups:\n  - name: all\n    loops: [" + simple.loops + "]\n    tiles: {" +
      simple.tiles + "}\n    steps:\n";
  std::string tensors;
  for (const std::string& input : simple.inputs) tensors += "  " + input + ": {at: buffer}\n";
  for (const auto& [einsum, lanes] : simple.steps) {
    const bool chain = einsum.find(',') != std::string::npos;
    text += fmt::format("      - {{{}: {}, on: lane, lanes: {}}}\n", chain ? "einsums" : "einsum",
                        chain ? "[" + einsum + "]" : einsum, lanes);
    std::string left = einsum + ",";
    while (!left.empty()) {
      const std::string name = left.substr(0, left.find(','));
      left.erase(0, left.find(',') + 1);
      left.erase(0, left.find_first_not_of(' '));
      if (simple.more.find("  " + name + ":") == std::string::npos)
        tensors += fmt::format("  {}: {{at: {}, format: fp32}}\n", name,
                               name == simple.output ? "dram" : "buffer");
    }
  }
  return text + "tensors:\n" + tensors + simple.more;
}

Shape bindings_shape(std::int64_t queries, std::int64_t keys, std::int64_t width = 5,
                     bool causal = false) {
  return {.batch = 1,
          .heads = 2,
          .kv_heads = 1,
          .seq_q = queries,
          .seq_kv = keys,
          .width_qk = width,
          .width_v = 4,
          .causal = causal};
}

void expect_runs(const std::string& cascade, const Simple& simple, const Shape& shape) {
  const Outcome outcome =
      expect_runs_or_refuses(bound_case(cascade, kArch, binding_of(simple), shape), 7);
  EXPECT_EQ(outcome.kind, Outcome::ran) << outcome.reason;
}

void expect_refused(const std::string& cascade, const Simple& simple, const std::string& why,
                    const Shape& shape = bindings_shape(6, 9)) {
  const Outcome outcome =
      expect_runs_or_refuses(bound_case(cascade, kArch, binding_of(simple), shape), 7);
  EXPECT_EQ(outcome.kind, Outcome::refused) << cascade;
  EXPECT_NE(outcome.reason.find(why), std::string::npos) << outcome.reason;
}

const std::string kInverse =
    cascade_of(kAttention, "",
               "  - QK[m,p] = Q[e,p] * K[e,m]\n  - GM[p] = max[m] QK[m,p]\n  - SN[m,p] = exp(0.3 * "
               "(QK[m,p] - GM[p]))\n"
               "  - SD[p] = sum[m] SN[m,p]\n  - INV[p] = 1 / SD[p]\n  - A[m,p] = SN[m,p] * INV[p]\n"
               "  - AV[f,p] = A[m,p] * V[f,m]\n");
const std::vector<std::pair<std::string, std::string>> kInverseSteps{
    {"QK", "p"}, {"GM", "p"}, {"SN", "p"}, {"SD", "p"}, {"INV", "p"}, {"A", "p"}, {"AV", "p"}};

// What does not run along the keys is there once for all of their tiles.
TEST(Bindings, AnInverseOfItsOwnBetweenPassesRuns) {
  for (const std::int64_t keys : {1, 4, 13}) {
    for (const char* head : {"", "epochs: serial\n"}) {
      for (const char* loops : {"b, h, p1, m1", "b, h, m1, p1"}) {
        expect_runs(kInverse,
                    {.loops = loops,
                     .tiles = "m: {tile: 4}, p: {tile: 3}",
                     .steps = kInverseSteps,
                     .head = head},
                    bindings_shape(7, keys));
      }
    }
  }
}

// A step that has nothing to do with the keys goes before all that walks them.
TEST(Bindings, WhatAllTilesNeedComesFirst) {
  const std::string cascade = cascade_of(
      kAttention, "",
      "  - G[p] = sum[e] Q[e,p]\n  - H[p] = exp(0.1 * G[p])\n  - QK[m,p] = Q[e,p] * K[e,m]\n"
      "  - A[m,p] = QK[m,p] * H[p]\n  - AV[f,p] = A[m,p] * V[f,m]\n");
  for (const char* head : {"", "epochs: serial\n"}) {
    expect_runs(cascade,
                {.loops = "b, h, p1, m1",
                 .tiles = "m: {tile: 4}, p: {tile: 3}",
                 .steps = {{"G", "p"}, {"H", "p"}, {"QK", "p"}, {"A", "p"}, {"AV", "p"}},
                 .head = head},
                bindings_shape(7, 13));
  }
}

TEST(Bindings, SixtyFourCopiesRun) {
  for (const char* name : {"QK", "GM"}) {
    for (const int copies : {1, 64}) {
      expect_runs(
          kInverse,
          {.loops = "b, h, p1, m1",
           .tiles = "m: {tile: 1}, p: {tile: 1}",
           .steps = kInverseSteps,
           .more = fmt::format("  {}: {{at: buffer, copies: {}, format: fp32}}\n", name, copies)},
          bindings_shape(3, 70, 2));
    }
  }
}

// The outermost loop is reduced over, and what it is summed into is stored at its end.
TEST(Bindings, SumsOverAnOuterLoopAreStoredAtItsEnd) {
  const std::string cascade =
      cascade_of("Q: [E, P], V: [F, M], K: [E, M]", "",
                 "  - T[m,p] = Q[e,p] * K[e,m]\n  - AV[f,p] = T[m,p] * V[f,m]\n");
  for (const char* copies : {"1", "2", "5"}) {
    expect_runs(cascade,
                {.loops = "b, h, m1, p1",
                 .tiles = "m: {tile: 2}, p: {tile: 3}",
                 .steps = {{"T", "p"}, {"AV", "p"}},
                 .more = fmt::format("  AV: {{at: dram, copies: {}, format: fp32}}\n", copies)},
                bindings_shape(10, 7));
  }
}

// The delta rule: a state reduced over its own rank in each generation.
const std::string kDelta = cascade_of(
    "Q: [E, P], K: [E, M], V: [F, M]", "initial: {N: 0}\n",
    "  - Y[m,f] = N[m,e,f] * K[e,m]\n  - N[m+1,e,f] = N[m,e,f] + 0.2 * K[e,m] * (V[f,m] - Y[m,f])\n"
    "  - S[e,f] = 1 * N[M,e,f]\n  - AV[f,p] = Q[e,p] * S[e,f]\n");
std::string delta_binding(const std::string& tile) {
  return "source: test\ncascade: test\nranks: {E: width_qk, F: width_v, M: seq_kv, P: "
         "seq_q}\ngroups:\n"
         "  - name: state\n    loops: [b, h, m1]\n    tiles: {m: {tile: " +
         tile +
         "}}\n    steps:\n      - {einsum: Y, on: lane, lanes: f}\n      - {einsum: N, on: lane, "
         "lanes: f}\n"
         "      - {einsum: S, on: lane, lanes: f}\n  - name: out\n    loops: [b, h]\n    tiles: "
         "{}\n    steps:\n"
         "      - {einsum: AV, on: lane, lanes: p}\n"
         "tensors:\n  Q: {at: buffer}\n  K: {at: buffer}\n  V: {at: buffer}\n  Y: {at: buffer, "
         "format: fp32}\n  N: {at: lane, format: "
         "fp32}\n"
         "  S: {at: dram, format: fp32}\n  AV: {at: dram, format: fp32}\n";
}

TEST(Bindings, TheDeltaRuleRunsOneStepATile) {
  for (const std::int64_t steps : {1, 2, 17}) {
    const Outcome outcome = expect_runs_or_refuses(
        bound_case(kDelta, kArch, delta_binding("1"), bindings_shape(5, steps)), 3);
    EXPECT_EQ(outcome.kind, Outcome::ran) << outcome.reason;
  }
}

TEST(Bindings, TheDeltaRuleInLargerTilesIsRefused) {
  const Outcome outcome = expect_runs_or_refuses(
      bound_case(kDelta, kArch, delta_binding("4"), bindings_shape(5, 8)), 3);
  EXPECT_EQ(outcome.kind, Outcome::refused);
  EXPECT_NE(outcome.reason.find("tiles of one generation"), std::string::npos) << outcome.reason;
}

TEST(Bindings, WhatTilesCannotCarryIsRefused) {
  const std::string sums =
      cascade_of("Q: [E, P], K: [E, M], V: [F, M]", "",
                 "  - T[m,p] = Q[e,p] * K[e,m]\n  - AV[f,p] = T[m,p] * V[f,m]\n");
  expect_refused(sums,
                 {.loops = "b, h, m1, e1",
                  .tiles = "m: {tile: 2}, e: {tile: 2}",
                  .steps = {{"T", "p"}, {"AV", "p"}}},
                 "cuts one such rank");
  const std::string window =
      cascade_of("Q: [E, P], K: [E, M]", "",
                 "  - T[m,p] = Q[e,p] * K[e,m]\n  - AV[e,p] = T[m,p] * K[e,m-1]\n");
  expect_refused(window,
                 {.loops = "b, h, m1",
                  .tiles = "m: {tile: 2}",
                  .steps = {{"T", "p"}, {"AV", "p"}},
                  .inputs = {"Q", "K"}},
                 "outside its own tile of M");
  const std::string parts =
      cascade_of("Q: [E, P], K: [E, M], V: [F, M]", "partitions: {M: [M1, M0]}\n",
                 "  - T[m1,m0,p] = Q[e,p] * K[e,m1,m0]\n  - X[m0,p] = sum[m1] T[m1,m0,p]\n"
                 "  - AV[f,p] = X[m0,p] * V[f,m1,m0]\n");
  const std::vector<std::pair<std::string, std::string>> steps{{"T", "p"}, {"X", "p"}, {"AV", "p"}};
  expect_refused(parts, {.loops = "b, h, m1", .tiles = "m: {tile: 2}", .steps = steps},
                 "coordinate by coordinate");
  expect_refused(parts, {.loops = "b, h", .tiles = "", .steps = steps},
                 "has partitions of M: cut m");
  expect_refused(
      kInverse,
      {.loops = "b, h, p1, m1",
       .tiles = "m: {tile: 2}, p: {tile: 2}",
       .steps = {{"QK", "p"}, {"GM", "p"}, {"SD, SN", "p"}, {"INV", "p"}, {"A", "p"}, {"AV", "p"}}},
      "stands before SN");
}

// The widths alike, for outputs that are as wide as their input.
Shape square_of(std::int64_t queries, std::int64_t keys) {
  Shape shape = bindings_shape(queries, keys);
  shape.width_v = shape.width_qk;
  return shape;
}

// A step's tensors have places of their own, of which there is a number.
TEST(Bindings, AStepTouchesEightTensorsAtMost) {
  const auto chain = [](int links) {
    std::string einsums;
    std::string names;
    std::string before = "Q";
    for (int i = 1; i <= links; ++i) {
      const std::string name = i == links ? "AV" : fmt::format("T{}", i);
      einsums += fmt::format("  - {}[e,p] = {}[e,p] * Q[e,p]\n", name, before);
      names += (i == 1 ? "" : ", ") + name;
      before = name;
    }
    return std::pair{cascade_of("Q: [E, P]", "", einsums), Simple{.loops = "b, h, p1",
                                                                  .tiles = "p: {tile: 2}",
                                                                  .steps = {{names, "p"}},
                                                                  .inputs = {"Q"}}};
  };
  const auto run = [](const std::pair<std::string, Simple>& of, const std::string& arch) {
    return expect_runs_or_refuses(
        bound_case(of.first, arch, binding_of(of.second), square_of(5, 8)), 3);
  };
  const std::string each =
      std::string(kArch).replace(kArch.find("banks: 16"), 0, "ports: per_tensor, ");
  EXPECT_EQ(run(chain(7), each).kind, Outcome::ran);
  const Outcome over = run(chain(8), each);
  EXPECT_EQ(over.kind, Outcome::refused);
  EXPECT_THAT(over.reason, testing::HasSubstr("reads and writes 9 tensors; a step has at most 8"));
}

// A stream holds a port while it runs: a step of more streams than there are ports would never go.
TEST(Bindings, AStepHasNoMoreStreamsThanThereArePorts) {
  const std::string sums =
      cascade_of("Q: [E, P]", "",
                 "  - T1[e,p] = Q[e,p] * Q[e,p]\n  - T2[e,p] = T1[e,p] * Q[e,p]\n"
                 "  - T3[e,p] = T2[e,p] * T1[e,p]\n  - T4[e,p] = T3[e,p] * T2[e,p]\n"
                 "  - AV[e,p] = T4[e,p] * T1[e,p]\n");
  Simple simple{.loops = "b, h, p1",
                .tiles = "p: {tile: 2}",
                .steps = {{"T1, T2, T3, T4", "p"}, {"AV", "p"}},
                .inputs = {"Q"}};
  const Outcome outcome =
      expect_runs_or_refuses(bound_case(sums, kArch, binding_of(simple), square_of(5, 8)), 3);
  EXPECT_EQ(outcome.kind, Outcome::ran) << outcome.reason;
  simple.steps = {{"T1, T2, T3, T4, AV", "p"}};
  expect_refused(sums, simple, "writes 5 streams of the buffer at once, which has 4");
}

// Tiles that a causal mask hides are left out: nothing that counts there may be among them.
TEST(Bindings, WhatTheMaskHidesMustNotCount) {
  const auto cascade = [](const char* otherwise, const char* then) {
    return cascade_of(kAttention, "",
                      std::string("  - QK[m,p] = Q[e,p] * K[e,m] where m <= p + M - P else ") +
                          otherwise + "\n  - A[m,p] = " + then +
                          "\n  - AV[f,p] = A[m,p] * V[f,m]\n");
  };
  const Simple simple{.loops = "b, h, p1, m1",
                      .tiles = "m: {tile: 2}, p: {tile: 2}",
                      .steps = {{"QK", "p"}, {"A", "p"}, {"AV", "p"}}};
  const Shape shape = bindings_shape(9, 12, 5, true);
  expect_runs(cascade("0", "0.5 * QK[m,p]"), simple, shape);
  expect_runs(cascade("-inf", "exp(0.2 * QK[m,p])"), simple, shape);
  expect_refused(cascade("0", "exp(0.2 * QK[m,p])"), simple, "it would miss what the mask hides",
                 shape);
  expect_refused(cascade("1", "0.5 * QK[m,p]"), simple, "it would miss what the mask hides", shape);
}

}  // namespace
}  // namespace weft::sim::engine::test
