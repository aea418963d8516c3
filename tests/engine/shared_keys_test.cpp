// Query heads that share their keys: K and V are fetched once for all of them, a tile takes queries
// of several, and every value is what it is where each head runs by itself.
#include <algorithm>
#include <bit>

#include "models/einsum/load.hpp"
#include "models/engine/schedule/regions.hpp"
#include "models/softmax/attention.hpp"
#include "models/softmax/fusemax_bits.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Fidelity;
using weft::engine::UnitKind;
using Layers = std::vector<std::vector<float>>;

constexpr std::int64_t kBytes = 2;  // of a bf16

std::uint64_t dram_bytes(const Result& result) {
  std::uint64_t sum = 0;
  for (const auto& traffic : result.traffic) {
    if (traffic.level == UnitKind::dram) sum += traffic.read_bytes + traffic.written_bytes;
  }
  return sum;
}
std::uint64_t read_of(const Result& result, const weft::engine::Lowering& lowering,
                      const std::string& tensor) {
  for (const auto& traffic : result.traffic) {
    if (traffic.level == UnitKind::dram &&
        lowering.cascade->tensors[static_cast<std::size_t>(traffic.tensor)].name == tensor)
      return traffic.read_bytes;
  }
  return 0;
}

struct Decode {
  std::string design;
  std::int64_t heads, kv_heads, keys, width;
};
void PrintTo(const Decode& d, std::ostream* out) {
  *out << d.design << ' ' << d.heads << '/' << d.kv_heads << " on " << d.keys << " keys";
}

class DecodeStep : public testing::TestWithParam<Decode> {};

// K and V of each of their heads once, each query and output once: by hand.
TEST_P(DecodeStep, ReadsTheKeysOfAGroupOnce) {
  const Decode& d = GetParam();
  for (const bool causal : {false, true}) {
    const Shape shape{.batch = 1,
                      .heads = d.heads,
                      .kv_heads = d.kv_heads,
                      .seq_q = 1,
                      .seq_kv = d.keys,
                      .width_qk = d.width,
                      .width_v = d.width,
                      .causal = causal};
    const auto expected =
        static_cast<std::uint64_t>((2 * d.kv_heads * d.keys + 2 * d.heads) * d.width * kBytes);
    const weft::engine::Design made = design(d.design);
    const Result analytic = run_point(made, shape, {.fidelity = Fidelity::analytic});
    const Result simulated = run_point(made, shape);
    EXPECT_EQ(dram_bytes(analytic), expected);
    EXPECT_EQ(dram_bytes(simulated), expected);
    Shape apart = shape;
    apart.kv_heads = apart.heads;
    const Result alone = run_point(made, apart);
    EXPECT_LT(simulated.cycles, alone.cycles) << "a tile has queries of all heads of a group";
    EXPECT_GE(simulated.useful_macs, alone.useful_macs);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Points, DecodeStep,
    testing::Values(Decode{"fusemax", 32, 8, 4096, 128}, Decode{"fusemax", 32, 1, 4096, 128},
                    Decode{"flat", 32, 8, 4096, 128}, Decode{"flat", 32, 1, 4096, 128},
                    Decode{"fusemax-16x16", 32, 8, 4096, 128},
                    Decode{"fusemax-16x16", 32, 1, 4096, 128}, Decode{"fusemax", 71, 1, 1000, 64},
                    Decode{"flat-16x16", 24, 8, 777, 64}, Decode{"fusemax-16x16", 48, 4, 513, 64},
                    Decode{"fusemax-cascade-8x8", 12, 3, 100, 32},
                    Decode{"fusemax-architecture-16x16", 40, 2, 300, 32}));

TEST(SharedKeys, ThirtyTwoHeadsOnEightAreTheIssuesFigures) {
  Shape shape{.batch = 1,
              .heads = 32,
              .kv_heads = 8,
              .seq_q = 1,
              .seq_kv = 4096,
              .width_qk = 128,
              .width_v = 128};
  EXPECT_EQ(dram_bytes(run_point(design("fusemax"), shape)), 16'793'600u);
  shape.kv_heads = 1;
  EXPECT_EQ(dram_bytes(run_point(design("fusemax"), shape)), 2'113'536u);
  shape.kv_heads = 32;
  EXPECT_EQ(dram_bytes(run_point(design("fusemax"), shape)), 67'125'248u);
}

// By hand, of 32 heads on 8 at 16x16. The vector array takes a maximum, a difference with its
// exponential (7), the denominator's product and sum, and product and sum of 128 of the output for
// each tile of 16 keys: 266 cycles; and 128 divisions at the end of a group. Where each head had
// tiles of its own it would take four times as long, and bind; four queries share them, and memory
// does, at 400 GiB/s * 16 / 256 and 940 MHz.
TEST(SharedKeys, MemoryBindsWhereTheHeadsOfAGroupShareTheirTiles) {
  const Shape shape{.batch = 1,
                    .heads = 32,
                    .kv_heads = 8,
                    .seq_q = 1,
                    .seq_kv = 4096,
                    .width_qk = 128,
                    .width_v = 128};
  const std::uint64_t vector = 8 * (4096 / 16 * (1 + 7 + 2 + 2 * 128) + 128);
  const double memory = 16'793'600 / (400.0 * (1 << 30) * 16 / 256 / 940e6);
  ASSERT_GT(memory, static_cast<double>(vector));
  ASSERT_GT(4.0 * static_cast<double>(vector), memory);
  const auto unit = [](const Result& result, UnitKind kind) {
    const auto found =
        std::find_if(result.units.rbegin(), result.units.rend(),
                     [&](const weft::engine::UnitResult& u) { return u.kind == kind; });
    return *found;
  };
  for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
    const Result result = run_point(design("fusemax-16x16"), shape, {.fidelity = fidelity});
    std::uint64_t busiest = 0;
    for (const auto& u : result.units) {
      if (u.kind == UnitKind::array) busiest = std::max(busiest, u.busy_cycles);
    }
    EXPECT_EQ(busiest, vector);
    EXPECT_NEAR(static_cast<double>(unit(result, UnitKind::dram).busy_cycles), memory,
                1e-4 * memory);
    EXPECT_EQ(result.units[static_cast<std::size_t>(result.bound_by)].kind, UnitKind::dram);
    // With twice the bandwidth the array binds.
    const Result wide = run_point(
        design("fusemax-16x16",
               {{"arch.dram.bandwidth_bytes_per_s", "53687091200"}, {"arch.dram.bus_bytes", "64"}}),
        shape, {.fidelity = fidelity});
    EXPECT_EQ(wide.units[static_cast<std::size_t>(wide.bound_by)].kind, UnitKind::array);
  }
}

// All queries of 12 heads fit beside the keys, under a mask and without.
TEST(SharedKeys, MultiQueryPrefillReadsKeysAndValuesOnce) {
  for (const std::string name : {"fusemax", "flat", "unfused", "fusemax-cascade"}) {
    for (const bool causal : {false, true}) {
      for (const std::int64_t batch : {1, 3}) {
        SCOPED_TRACE(name + (causal ? " causal, batch " : ", batch ") + std::to_string(batch));
        const Shape shape{.batch = batch,
                          .heads = 12,
                          .kv_heads = 1,
                          .seq_q = 1024,
                          .seq_kv = 1024,
                          .width_qk = 64,
                          .width_v = 64,
                          .causal = causal};
        const Scheduled point(name, shape);
        for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
          const Result result = run_point(point.made, shape, {.fidelity = fidelity});
          const auto once = static_cast<std::uint64_t>(batch * 1024 * 64 * kBytes);
          EXPECT_EQ(read_of(result, point.lowering, "K"), once);
          EXPECT_EQ(read_of(result, point.lowering, "V"), once);
        }
      }
    }
  }
}

// K and V of a trace for each query head by itself.
workload::Trace apart(const workload::Trace& trace) {
  workload::Trace made = trace;
  Shape& s = made.shape;
  const std::int64_t group = s.heads / s.kv_heads;
  for (workload::LayerTrace& layer : made.layers) {
    for (auto [values, width] : {std::pair{&layer.k, s.width_qk}, std::pair{&layer.v, s.width_v}}) {
      const std::vector<float> shared = *values;
      const std::int64_t slice = s.seq_kv * width;
      values->clear();
      for (std::int64_t h = 0; h < s.batch * s.heads; ++h) {
        const auto begin = shared.begin() + h / group * slice;
        values->insert(values->end(), begin, begin + slice);
      }
    }
  }
  s.kv_heads = s.heads;
  return made;
}

std::size_t differing(const Layers& a, const Layers& b) {
  EXPECT_EQ(a.size(), b.size());
  std::size_t count = 0;
  for (std::size_t l = 0; l < std::min(a.size(), b.size()); ++l) {
    EXPECT_EQ(a[l].size(), b[l].size());
    for (std::size_t i = 0; i < std::min(a[l].size(), b[l].size()); ++i)
      count += std::bit_cast<std::uint32_t>(a[l][i]) != std::bit_cast<std::uint32_t>(b[l][i]);
  }
  return count;
}

Shape random_shape(std::mt19937_64& random) {
  const auto one_of = [&](std::initializer_list<std::int64_t> all) {
    return *(all.begin() + static_cast<std::ptrdiff_t>(random() % all.size()));
  };
  Shape s{.batch = one_of({1, 2}),
          .heads = 1,
          .kv_heads = one_of({1, 2, 3}),
          .seq_q = one_of({1, 2, 5, 16, 17, 33}),
          .seq_kv = one_of({3, 16, 31, 50, 70}),
          .width_qk = one_of({4, 8, 20}),
          .width_v = one_of({4, 12}),
          .causal = random() % 3 != 0};
  s.heads = s.kv_heads * one_of({2, 3, 4, 7, 16, 19});
  return s;
}

class SharedValues : public testing::TestWithParam<std::string> {};

// To the last bit: a tile's keys come in the same order whoever's queries stand beside one another.
// Queries that see no key are among them.
TEST_P(SharedValues, AreThoseOfEachHeadByItself) {
  const std::uint64_t seed = weft::test::seed_or(131);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const weft::engine::Design made = design(GetParam());
  std::size_t compared = 0;
  for (int i = 0; i < 6; ++i) {
    Shape shape = random_shape(random);
    shape.causal = shape.causal && made.binding().causal_cascade;
    SCOPED_TRACE(text(shape));
    const workload::Trace trace = random_trace(shape, 1 + i % 2, random());
    const workload::Trace alone = apart(trace);
    Layers together;
    Layers by_itself;
    const Result result = run_point(made, shape, {.trace = &trace, .outputs = &together});
    const Result other = run_point(made, alone.shape, {.trace = &alone, .outputs = &by_itself});
    EXPECT_EQ(differing(together, by_itself), 0u);
    ASSERT_TRUE(result.error && other.error);
    EXPECT_EQ(result.error->max_abs, other.error->max_abs);
    EXPECT_EQ(result.error->compared, other.error->compared);
    EXPECT_LT(dram_bytes(result), dram_bytes(other));
    expect_same_run(run_point(made, shape), run_point(made, shape, {.exact = true}));
    compared += result.error->compared;
  }
  EXPECT_GT(compared, 2000u);
}

INSTANTIATE_TEST_SUITE_P(Designs, SharedValues,
                         testing::Values("fusemax-4x4", "fusemax-16x16", "fusemax-cascade-8x8",
                                         "fusemax-architecture-8x8", "flat-8x8", "flat-16x16",
                                         "unfused-8x8", "two-pass", "streaming-softmax",
                                         "deferred-division", "segments-serial"));

// Against attention written by hand, each query head with its own offsets into Q and K.
TEST(SharedKeys, AValueIsThatOfBitAccurateAttention) {
  const Shape shape{.batch = 2,
                    .heads = 10,
                    .kv_heads = 2,
                    .seq_q = 7,
                    .seq_kv = 37,
                    .width_qk = 12,
                    .width_v = 8,
                    .causal = true};
  const workload::Trace trace = random_trace(shape, 1, weft::test::seed_or(132));
  Layers outputs;
  run_point(design("fusemax-8x8"), shape, {.trace = &trace, .outputs = &outputs});
  const auto& in = trace.layers[0];
  const softmax::AttentionShape s{shape.batch,  shape.heads,    shape.kv_heads, shape.seq_q,
                                  shape.seq_kv, shape.width_qk, shape.width_v,  shape.causal};
  const Layers expected{softmax::fusemax_attention(in.q, in.k, in.v, s, trace.scale,
                                                   {.key_tile = 8, .query_tile = 8})};
  EXPECT_EQ(differing(outputs, expected), 0u);
}

// The tiles that the closed form counts are those in which some head's query sees some key.
TEST(SharedKeys, TilesUnderAMaskAreThoseThatAnyHeadSees) {
  std::mt19937_64 random(weft::test::seed_or(133));
  std::int64_t left_out = 0;
  for (int i = 0; i < 60; ++i) {
    Shape shape = random_shape(random);
    shape.causal = true;
    SCOPED_TRACE(text(shape));
    const Scheduled point("fusemax-4x4", shape);
    const std::int64_t group = shape.heads / shape.kv_heads;
    ASSERT_EQ(point.sizing.together, group);
    std::int64_t expected = 0;
    for (std::int64_t p = 0; p < shape.seq_q * group; p += 4) {
      for (std::int64_t m = 0; m < shape.seq_kv; m += 4) {
        bool seen = m == 0;  // the first tile always runs
        for (std::int64_t r = p; r < std::min(p + 4, shape.seq_q * group); ++r)
          seen = seen || m <= r / group + shape.seq_kv - shape.seq_q;
        (seen ? expected : left_out) += 1;
      }
    }
    const auto& steps = point.lowering.groups[0].steps;
    const weft::engine::Regions regions(point.lowering, point.sizing, 0, steps[0].loop_bits);
    EXPECT_EQ(regions.total(), expected * shape.batch * shape.kv_heads);
    const Result result = run_point(point.made, shape, {.fidelity = Fidelity::analytic});
    expect_same_run(run_point(point.made, shape), run_point(point.made, shape, {.exact = true}));
    EXPECT_GT(result.cycles, 0u);
  }
  EXPECT_GT(left_out, 100);
}

// Where the queries of all heads do not fit, as many as do run together: K comes once for each.
TEST(SharedKeys, AsManyHeadsRunTogetherAsTheBufferTakes) {
  const Shape shape{.batch = 1,
                    .heads = 12,
                    .kv_heads = 1,
                    .seq_q = 1,
                    .seq_kv = 64,
                    .width_qk = 16,
                    .width_v = 16};
  for (const auto& [bytes, together] :
       {std::pair{"64KiB", 12}, std::pair{"4480", 6}, std::pair{"3400", 4}}) {
    const Scheduled point("fusemax-16x16", shape, 1, {{"arch.buffer.bytes", bytes}});
    SCOPED_TRACE(bytes);
    ASSERT_TRUE(point.sizing.feasible) << point.sizing.reason;
    EXPECT_EQ(point.sizing.together, together);
    const Result result = run_point(point.made, shape);
    EXPECT_EQ(read_of(result, point.lowering, "K"),
              static_cast<std::uint64_t>(12 / together * 64 * 16 * kBytes));
    const workload::Trace trace = random_trace(shape, 1, 7);
    const workload::Trace alone = apart(trace);
    Layers outputs;
    Layers by_itself;
    run_point(point.made, shape, {.trace = &trace, .outputs = &outputs});
    run_point(point.made, alone.shape, {.trace = &alone, .outputs = &by_itself});
    EXPECT_EQ(differing(outputs, by_itself), 0u);
  }
}

// A product with weights of each head's own is none that heads could share.
TEST(SharedKeys, HeadsWithOperandsOfTheirOwnStayApart) {
  const Shape shape{
      .batch = 1, .heads = 4, .kv_heads = 2, .seq_q = 8, .seq_kv = 8, .width_qk = 8, .width_v = 8};
  const Scheduled point("projection-4x4", shape);
  EXPECT_EQ(point.sizing.together, 1);
  EXPECT_EQ(point.sizing.repeats, 4);
}

// Multiplications of QK and AV alone, of all query heads, for every slot that there was.
TEST(SharedKeys, UsefulMacsAreThoseOfEveryQueryHead) {
  for (const bool causal : {false, true}) {
    const Shape shape{.batch = 2,
                      .heads = 12,
                      .kv_heads = 3,
                      .seq_q = 13,
                      .seq_kv = 29,
                      .width_qk = 8,
                      .width_v = 20,
                      .causal = causal};
    std::int64_t pairs = 0;
    for (std::int64_t p = 0; p < 13; ++p) pairs += causal ? p + 29 - 13 + 1 : 29;
    const Result result = run_point(design("fusemax-8x8"), shape);
    ASSERT_TRUE(result.useful_macs.has_value());
    EXPECT_DOUBLE_EQ(*result.useful_macs, static_cast<double>(2 * 12 * pairs * (8 + 20)) /
                                              (64 * static_cast<double>(result.cycles)));
  }
}

// The words that a run is told in stay those of the workload.
TEST(SharedKeys, RanksAreThoseOfOneHead) {
  const Shape shape{.batch = 2,
                    .heads = 6,
                    .kv_heads = 2,
                    .seq_q = 20,
                    .seq_kv = 40,
                    .width_qk = 8,
                    .width_v = 8};
  const Scheduled point("fusemax-8x8", shape);
  const Result result = run_point(point.made, shape);
  EXPECT_EQ(result.extents[static_cast<std::size_t>(point.lowering.queries)], 20);
  EXPECT_EQ(result.layers, 1);
  EXPECT_EQ(result.shape.heads, 6);
}

}  // namespace
}  // namespace weft::sim::engine::test
