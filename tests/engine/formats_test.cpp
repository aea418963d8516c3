// Tensors of few bits through an array like FuseMax's: bytes, room and energy counted by hand.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/engine/design/catalog.hpp"
#include "models/engine/result/energy.hpp"
#include "models/engine/schedule/layout.hpp"
#include "sim/engine/operands.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Fidelity;
using weft::engine::Setting;
using weft::engine::Status;
using weft::engine::UnitKind;

constexpr std::int64_t kFormatsHeads = 6, kFormatsLength = 144, kFormatsWidth = 20,
                       kFormatsSide = 72;
// Two tiles of queries, in one block, and two of keys, for each of six heads; no data bus at this
// side.
const Shape kFormatShape{.batch = 2,
                         .heads = 3,
                         .kv_heads = 3,
                         .seq_q = kFormatsLength,
                         .seq_kv = kFormatsLength,
                         .width_qk = kFormatsWidth,
                         .width_v = kFormatsWidth};

struct FormatCase {
  std::string q, k, v;
  std::int64_t q_row, k_row, v_row;  // bytes of 20 elements and the scales behind them
};
// 20 bits are 3 bytes, 80 are 10, 120 are 15, 240 are 30; a scale has 4 bytes, and 20 channels have
// 3 blocks of 8.
const std::vector<FormatCase> kCases{
    {"bf16", "bf16", "bf16", 40, 40, 40},
    {"int12", "int4", "int6", 30, 10, 15},
    {"int1", "int1", "int1", 3, 3, 3},
    {"int6-per-head", "int12-per-channel", "int4-per-channel", 15, 30, 10},
    {"int4-per-token", "int1-per-token", "int12-per-token", 14, 7, 34},
    {"int12-per-block-8", "int6-per-block-8", "int4-per-block-20", 42, 27, 14}};

weft::engine::Design made(const FormatCase& c, std::vector<Setting> settings = {},
                          const std::string& name = "fusemax-72x72") {
  settings.insert(settings.end(), {{"binding.tensors.Q.format", c.q},
                                   {"binding.tensors.K.format", c.k},
                                   {"binding.tensors.V.format", c.v}});
  return design(name, settings);
}

std::map<std::string, std::array<std::uint64_t, 4>> traffic_of(
    const Result& result, const weft::engine::Lowering& lowering) {
  std::map<std::string, std::array<std::uint64_t, 4>>
      all;  // DRAM read, written, buffer read, written
  for (const auto& traffic : result.traffic) {
    auto& own = all[lowering.cascade->tensors[traffic.tensor].name];
    const std::size_t at = traffic.level == UnitKind::dram ? 0 : 2;
    own[at] += traffic.read_bytes;
    own[at + 1] += traffic.written_bytes;
  }
  return all;
}

TEST(Formats, BytesRoomAndEnergyAreThoseByHand) {
  const auto table =
      cost::load_table(std::string(WEFT_SOURCE_DIR) + "/configs/cost/horowitz-45nm.yaml");
  for (const FormatCase& c : kCases) {
    SCOPED_TRACE(c.q + " " + c.k + " " + c.v);
    const auto built = made(c);
    const auto& lowering = built.lowering(false);
    // Twice what is held: tiles of K and V, a block of two tiles of Q, RM, RD and RNV of fp32, a
    // tile of the output in bf16.
    const std::int64_t room =
        2 * (kFormatsSide * (c.k_row + c.v_row) + kFormatsLength * c.q_row +
             kFormatsLength * (4 + 4 + 4 * kFormatsWidth) + kFormatsSide * 2 * kFormatsWidth);
    const auto mapping = weft::engine::map_point(built, workload_of(kFormatShape), kFormatShape, 1);
    EXPECT_EQ(mapping.sizing.groups[0].buffer_bytes, room);
    for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
      const Result result = run_point(built, kFormatShape, {.fidelity = fidelity});
      ASSERT_EQ(result.status, Status::ok) << result.reason;
      const auto traffic = traffic_of(result, lowering);
      const std::map<std::string, std::int64_t> rows{
          {"Q", c.q_row}, {"K", c.k_row}, {"V", c.v_row}};
      std::int64_t in = 0;
      for (const auto& [name, row] : rows) {
        EXPECT_EQ(traffic.at(name)[0],
                  static_cast<std::uint64_t>(kFormatsHeads * kFormatsLength * row))
            << name << ", once";
        EXPECT_EQ(traffic.at(name)[2],
                  static_cast<std::uint64_t>(kFormatsHeads * 4 * kFormatsSide * row))
            << name << ", of four tiles";
        in += row;
      }
      const auto out =
          static_cast<std::uint64_t>(kFormatsHeads * kFormatsLength * 2 * kFormatsWidth);
      EXPECT_EQ(traffic.at("AV")[1], out);
      std::map<std::string, double> counts;
      for (const auto& action : energy_of(result, lowering, table))
        counts[action.component + " " + action.action] = action.count;
      EXPECT_DOUBLE_EQ(counts.at("dram read"),
                       static_cast<double>(kFormatsHeads * kFormatsLength * in) / 2)
          << "words of 16 bits";
      EXPECT_DOUBLE_EQ(counts.at("dram write"), static_cast<double>(out) / 2);
      // Of each of two key tiles and each query: Q, K and V; RM of fp32 for itself, SLN and PRM, RD
      // and RNV. Of each query RNV, RD and what leaves. As many elements of K and V are read as of
      // Q: a tile of 72.
      const double of_tiles = static_cast<double>(2 * (in + 3 * 4 + 4 + 4 * kFormatsWidth));
      const double once = static_cast<double>(4 * kFormatsWidth + 4 + 2 * kFormatsWidth);
      EXPECT_DOUBLE_EQ(counts.at("buffer read"),
                       static_cast<double>(kFormatsHeads * kFormatsLength) * (of_tiles + once) / 2);
    }
  }
}

// And of what the cascade makes: maxima and numerators with a fixed scale, outputs with one a
// query.
TEST(Formats, BytesRoomAndEnergyOfWhatIsMadeAreThoseByHand) {
  const auto table =
      cost::load_table(std::string(WEFT_SOURCE_DIR) + "/configs/cost/horowitz-45nm.yaml");
  struct Made {
    std::string rm, rnv, av;
    double rm_bytes, rnv_row, av_row;  // 20 elements a row; RM has one, of which a tile is packed
  };
  for (const Made& c :
       {Made{"int6-within-9", "int12-within-1000", "int4-per-token", 0.75, 30, 10 + 4},
        Made{"int1-within-1", "int4-within-1", "int12-per-block-8", 0.125, 10, 30 + 12},
        Made{"int12-within-1", "int6-within-1", "int1-within-1", 1.5, 15, 3},
        Made{"int4-within-1", "int1-within-1", "int6-within-1", 0.5, 3, 15}}) {
    SCOPED_TRACE(c.rm + " " + c.rnv + " " + c.av);
    const auto built = design("fusemax-72x72", {{"binding.tensors.RM.format", c.rm},
                                                {"binding.tensors.RNV.format", c.rnv},
                                                {"binding.tensors.AV.format", c.av}});
    const auto& lowering = built.lowering(false);
    constexpr double kIn = 3 * 2 * kFormatsWidth;  // Q, K and V of bf16
    const double room =
        2 * (kFormatsSide * 2 * 2 * kFormatsWidth + kFormatsLength * 2 * kFormatsWidth +
             kFormatsLength * (c.rm_bytes + 4 + c.rnv_row) + kFormatsSide * c.av_row);
    const auto mapping = weft::engine::map_point(built, workload_of(kFormatShape), kFormatShape, 1);
    EXPECT_EQ(static_cast<double>(mapping.sizing.groups[0].buffer_bytes), room);
    for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
      const Result result = run_point(built, kFormatShape, {.fidelity = fidelity});
      ASSERT_EQ(result.status, Status::ok) << result.reason;
      const double out = static_cast<double>(kFormatsHeads * kFormatsLength) * c.av_row;
      EXPECT_EQ(static_cast<double>(traffic_of(result, lowering).at("AV")[1]), out);
      std::map<std::string, double> counts;
      for (const auto& action : energy_of(result, lowering, table))
        counts[action.component + " " + action.action] = action.count;
      EXPECT_DOUBLE_EQ(counts.at("dram write"), out / 2) << "words of 16 bits";
      // As above: RM is read for itself, SLN and PRM, RNV for itself and at the end.
      const double of_tiles = 2 * (kIn + 3 * c.rm_bytes + 4 + c.rnv_row);
      EXPECT_DOUBLE_EQ(counts.at("buffer read"),
                       static_cast<double>(kFormatsHeads * kFormatsLength) *
                           (of_tiles + c.rnv_row + 4 + c.av_row) / 2);
    }
  }
}

// What goes to memory and comes back: scores and weights of an engine that does not fuse.
TEST(Formats, BytesOfWhatPassesThroughMemoryAreThoseByHand) {
  for (const auto& [bits, text] :
       std::vector<std::pair<int, std::string>>{{1, "int1-within-8"},
                                                {4, "int4-within-8"},
                                                {6, "int6-within-8"},
                                                {12, "int12-within-8"}}) {
    const auto built = design(
        "unfused-16x16", {{"binding.tensors.QK.format", text}, {"binding.tensors.A.format", text}});
    for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
      const Result result = run_point(built, kFormatShape, {.fidelity = fidelity});
      ASSERT_EQ(result.status, Status::ok) << result.reason;
      const auto traffic = traffic_of(result, built.lowering(false));
      const auto bytes =
          static_cast<std::uint64_t>(kFormatsHeads * kFormatsLength * kFormatsLength * bits / 8);
      for (const char* name : {"QK", "A"}) {
        EXPECT_EQ(traffic.at(name)[1], bytes) << name << " of " << text << ", written";
        EXPECT_EQ(traffic.at(name)[0], bytes) << name << " of " << text << ", read";
      }
    }
  }
}

// Half-way between fitting and not: the bits decide.
TEST(Formats, WhatFitsTheBufferIsCountedInBits) {
  const FormatCase& few = kCases[1];
  const std::int64_t least = 2 * (kFormatsSide * (few.k_row + few.v_row + few.q_row) +
                                  kFormatsSide * (4 + 4 + 4 * kFormatsWidth) +
                                  kFormatsSide * 2 * kFormatsWidth);  // a block of one tile
  const auto status = [&](const FormatCase& c, std::int64_t bytes) {
    const auto built = made(c, {{"arch.buffer.bytes", std::to_string(bytes)}});
    return run_point(built, kFormatShape, {.fidelity = Fidelity::analytic}).status;
  };
  EXPECT_EQ(status(few, least), Status::ok);
  EXPECT_EQ(status(few, least - 1), Status::infeasible);
  EXPECT_EQ(status(kCases[0], least), Status::infeasible);
}

// Over a data bus rows lie on whole beats of it, however few bits they have: 32 bytes at a side
// of 16.
TEST(Formats, RowsLieOnWholeBeats) {
  for (const FormatCase& c : kCases) {
    SCOPED_TRACE(c.k);
    const auto built = made(c, {}, "fusemax-16x16");
    const auto traffic = traffic_of(run_point(built, kFormatShape, {.fidelity = Fidelity::systemc}),
                                    built.lowering(false));
    EXPECT_EQ(traffic.at("K")[0], static_cast<std::uint64_t>(kFormatsHeads * kFormatsLength *
                                                             (c.k_row > 32 ? 64 : 32)));
  }
}

// A gate of one rank, which every transfer cuts: tiles of 4 and the last of 1 of 13 elements, each
// in whole bytes; and weights of three ranks, whose row of 6 × 3 has 6 tokens of 3 channels.
TEST(Formats, PartsOfATensorWithoutRowsAreWholeBytes) {
  const Shape shape{
      .batch = 2, .heads = 4, .kv_heads = 4, .seq_q = 13, .seq_kv = 5, .width_qk = 6, .width_v = 3};
  struct Parts {
    std::string gate, weights;
    std::uint64_t gate_bytes, weight_row;
    std::vector<std::uint64_t> begins;  // of the gate's parts in the first head
  };
  const std::vector<Parts> cases{
      {"bf16", "bf16", 26, 36, {0, 8, 16, 24}},
      {"int6", "int4", 3 + 3 + 3 + 1, 9, {0, 3, 6, 9}},
      {"int1", "int1-per-token", 4, 3 + 6 * 4, {0, 0, 1, 1}},
      {"int7", "int12-per-block-2", 4 + 4 + 4 + 1, 27 + 12 * 4, {0, 3, 7, 10}},
      {"int12", "int6-per-channel", 6 + 6 + 6 + 2, 14, {0, 6, 12, 18}}};
  for (const Parts& c : cases) {
    SCOPED_TRACE(c.gate + " " + c.weights);
    const auto built = weft::engine::Design::load(
        weft::engine::Catalog(WEFT_SOURCE_DIR "/configs"), "streaming-16x16",
        WEFT_SOURCE_DIR "/tests/engine/cascades/other-ranks-binding.yaml",
        {{"binding.tensors.G.format", c.gate}, {"binding.tensors.W.format", c.weights}});
    for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
      const auto traffic =
          traffic_of(run_point(built, shape, {.fidelity = fidelity}), built.lowering(false));
      EXPECT_EQ(traffic.at("G")[0], 8 * c.gate_bytes);
      EXPECT_EQ(traffic.at("W")[0], 8 * 13 * c.weight_row);
    }
    const auto mapping = weft::engine::map_point(built, workload_of(shape), shape, 1);
    const auto schedule = weft::engine::build_schedule(*mapping.lowering, mapping.sizing);
    const weft::engine::Layout layout(schedule);
    const auto gate = static_cast<weft::engine::TensorId>(mapping.lowering->cascade->tensor("G"));
    std::vector<std::uint64_t> begins;
    for (const auto& step : schedule.groups[0].steps) {
      if (step.kind == weft::engine::StepKind::compute || step.tensor != gate) continue;
      for (std::int64_t p1 = 0; p1 < 4; ++p1) {
        weft::engine::Coordinates at{};
        at[static_cast<std::size_t>(step.loops.back())] = p1;
        begins.push_back(layout.address(0, gate, step.loops, at) - layout.tensor(gate).begin);
        EXPECT_LE(begins.back() +
                      static_cast<std::uint64_t>(layout.region_bytes(0, gate, step.loops, at)),
                  layout.tensor(gate).slice_bytes);
      }
    }
    EXPECT_EQ(begins, c.begins);
  }
}

std::string random_format(std::mt19937_64& random) {
  const std::array<std::string, 7> scales{
      "", "", "-per-head", "-per-channel", "-per-token", "-per-block-3", "-per-block-16"};
  return "int" + std::to_string(1 + random() % 32) + scales[random() % scales.size()];
}

// Bytes of a row of `width` channels in a format such as int6-per-block-16, by its name; scales
// have 4 bytes.
std::int64_t row_by_name(const std::string& format, std::int64_t width) {
  const std::int64_t bits = std::stoi(format.substr(3));
  std::int64_t scales = 0;
  if (format.find("-per-token") != std::string::npos) scales = 1;
  if (const auto at = format.find("-per-block-"); at != std::string::npos) {
    const std::int64_t block = std::stoi(format.substr(at + 11));
    scales = (width + block - 1) / block;
  }
  return (width * bits + 32 * scales + 7) / 8;
}

// Of any design at any formats: a steady state is advanced to the cycle, and as many rows move as
// in bf16, each of its own bytes, in the closed form and in the simulation.
TEST(Formats, AnyFormatMovesTheRowsOfBf16) {
  const std::uint64_t seed = weft::test::seed_or(91);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const std::array<std::string, 9> names{
      "fusemax-8x8", "fusemax-40x40",     "fusemax-cascade-8x8", "flat-8x8",         "unfused-8x8",
      "two-pass",    "streaming-softmax", "segments-serial",     "deferred-division"};
  const auto any = [&](std::uint64_t most) {
    return 1 + static_cast<std::int64_t>(random() % most);
  };
  int advanced = 0;
  int compared = 0;
  for (int i = 0; i < 36; ++i) {
    const auto& name = names[static_cast<std::size_t>(i) % names.size()];
    const Shape shape{.batch = 1,
                      .heads = 2,
                      .kv_heads = any(2),
                      .seq_q = any(200),
                      .seq_kv = any(200),
                      .width_qk = any(40),
                      .width_v = any(40)};
    const std::map<std::string, std::string> formats{
        {"Q", random_format(random)}, {"K", random_format(random)}, {"V", random_format(random)}};
    const Setting room{"arch.buffer.bytes",
                       "1GiB"};  // so that as much of a tensor fits in one format as in another
    std::vector<Setting> settings{room};
    for (const auto& [tensor, format] : formats)
      settings.emplace_back("binding.tensors." + tensor + ".format", format);
    SCOPED_TRACE(name + " " + text(shape) + " " + formats.at("Q") + " " + formats.at("K") + " " +
                 formats.at("V"));
    const auto built = design(name, settings);
    const auto wide = design(name, {room});
    const Result fast = run_point(built, shape);
    expect_same_run(fast, run_point(built, shape, {.exact = true}));
    advanced += fast.advance_cycles > 0 ? 1 : 0;
    const std::int64_t bus = built.arch().dram.bus_bytes.value_or(1);
    if (built.lowerings(false).size() > 1)
      continue;  // bits choose the mapping, and that how many rows
    for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
      const auto own =
          traffic_of(run_point(built, shape, {.fidelity = fidelity}), built.lowering(false));
      const auto bf16 =
          traffic_of(run_point(wide, shape, {.fidelity = fidelity}), wide.lowering(false));
      for (const auto& [tensor, format] : formats) {
        const std::int64_t width = tensor == "V" ? shape.width_v : shape.width_qk;
        const auto row = static_cast<std::uint64_t>(row_by_name(format, width));
        const auto wide_row = static_cast<std::uint64_t>(2 * width);
        const auto beats = [&](std::uint64_t bytes) {
          return (bytes + static_cast<std::uint64_t>(bus) - 1) / static_cast<std::uint64_t>(bus);
        };
        EXPECT_EQ(own.at(tensor)[0] * beats(wide_row), bf16.at(tensor)[0] * beats(row))
            << tensor << " from memory";
        EXPECT_EQ(own.at(tensor)[2] * wide_row, bf16.at(tensor)[2] * row)
            << tensor << " from the buffer";
        compared += own.at(tensor)[2] > 0 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(advanced, 0);
  EXPECT_EQ(compared, 28 * 2 * 3);  // all but flat and unfused
}

}  // namespace
}  // namespace weft::sim::engine::test
