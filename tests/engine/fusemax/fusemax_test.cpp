// The Verilated FuseMax engine against the SystemC engine, in lockstep: values bit for bit, every
// firing in its cycle.
#include <array>
#include <cmath>

#include "models/engine/run/run_options.hpp"
#include "models/numerics/bf16.hpp"
#include "models/softmax/attention.hpp"
#include "sim/rtl/fusemax_library.hpp"
#include "tests/engine/fusemax/lockstep.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::StallProfile;

constexpr StallProfile kProfiles[] = {StallProfile::none, StallProfile::source, StallProfile::sink,
                                      StallProfile::both, StallProfile::bursty};

struct Draw {
  std::mt19937_64& random;
  std::int64_t longest;

  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  }
  Shape shape() {
    Shape s;
    s.batch = between(1, 2);
    s.kv_heads = between(1, 2);
    s.heads = s.kv_heads * between(1, 3);
    s.seq_q = between(1, longest);
    s.seq_kv = between(1, longest);
    s.causal = random() % 3 == 0;
    if (s.causal) s.seq_kv = std::max(s.seq_q, s.seq_kv);
    s.width_qk = random() % 2 == 0 ? between(1, 128) : between(1, 2) * 32;
    s.width_v = random() % 2 == 0 ? between(1, 128) : s.width_qk;
    return s;
  }
};

void random_points(int side, int points, std::int64_t longest, std::uint64_t least_elements) {
  const auto library = rtl::fusemax_of_side(side);
  const std::uint64_t seed = weft::test::seed_or(4) + static_cast<std::uint64_t>(side);
  std::mt19937_64 random(seed);
  Draw draw{random, longest};
  std::uint64_t elements = 0;
  std::array<int, std::size(kProfiles)> met{};
  int causal = 0;
  int grouped = 0;
  for (int i = 0; i < points; ++i) {
    const Shape shape = draw.shape();
    const StallProfile profile = kProfiles[random() % std::size(kProfiles)];
    const workload::Trace trace =
        random_trace(shape, 1 + static_cast<std::int64_t>(random() % 2), random());
    const Lockstep run = run_in_lockstep(library, trace, profile, random());
    ASSERT_EQ(run.difference(), "") << "side " << side << text(shape) << ", stalls "
                                    << config::name_of(profile) << ", seed " << seed;
    elements += run.elements();
    ++met[static_cast<std::size_t>(profile)];
    causal += shape.causal ? 1 : 0;
    grouped += shape.heads != shape.kv_heads ? 1 : 0;
  }
  EXPECT_GE(elements, least_elements);
  for (const int count : met) EXPECT_GT(count, 0) << "a stall profile was never drawn";
  EXPECT_GT(causal, 0);
  EXPECT_GT(grouped, 0);
}

// 500 points, a million elements and more in all.
TEST(FusemaxRtl, RandomPointsAtSide4) { random_points(4, 330, 40, 700'000); }
TEST(FusemaxRtl, RandomPointsAtSide8) { random_points(8, 130, 48, 300'000); }
TEST(FusemaxRtl, RandomPointsAtSide16) { random_points(16, 40, 56, 100'000); }
TEST(FusemaxRtlLong, RandomPointsAtSide4) { random_points(4, 1000, 90, 4'000'000); }
TEST(FusemaxRtlLong, RandomPointsAtSide8) { random_points(8, 500, 120, 2'000'000); }
TEST(FusemaxRtlLong, RandomPointsAtSide16) { random_points(16, 200, 150, 1'000'000); }

TEST(FusemaxRtl, DirectedShapes) {
  struct Case {
    std::int64_t heads, kv_heads, seq_q, seq_kv, width_qk, width_v;
    bool causal;
  };
  // One tile a head; one query; one key; one element; ragged on every side; exactly a tile; the
  // widest; a long block.
  static constexpr Case kCases[] = {
      {7, 7, 3, 3, 32, 32, false},    {3, 1, 1, 50, 64, 64, false},  {2, 2, 50, 1, 64, 64, false},
      {2, 2, 1, 1, 1, 1, false},      {2, 1, 17, 33, 5, 7, true},    {2, 2, 16, 16, 64, 64, true},
      {1, 1, 20, 20, 128, 128, true}, {1, 1, 130, 10, 16, 1, false}, {6, 2, 9, 41, 33, 2, true}};
  for (const int side : {4, 8, 16}) {
    const auto library = rtl::fusemax_of_side(side);
    for (const Case& c : kCases) {
      Shape s;
      s.batch = 1;
      s.heads = c.heads;
      s.kv_heads = c.kv_heads;
      s.seq_q = c.seq_q;
      s.seq_kv = c.seq_kv;
      s.width_qk = c.width_qk;
      s.width_v = c.width_v;
      s.causal = c.causal;
      for (const StallProfile profile : kProfiles) {
        const Lockstep run = run_in_lockstep(library, random_trace(s, 1, 11), profile, 5);
        ASSERT_EQ(run.difference(), "")
            << "side " << side << text(s) << ", stalls " << config::name_of(profile);
      }
    }
  }
}

// Blocks of queries smaller than a head: the buffer's two copies of Q, maxima and numerators turn
// over.
TEST(FusemaxRtl, BlocksOfQueries) {
  Shape s;
  s.batch = 1;
  s.kv_heads = 2;
  s.width_qk = s.width_v = 64;
  const auto library = rtl::fusemax_of_side(4);
  for (const std::int64_t group : {1, 3, 10}) {  // query heads that share their keys
    s.heads = s.kv_heads * group;
    s.seq_q = 150 / group;
    for (const bool causal : {false, true}) {
      s.causal = causal;
      s.seq_kv = causal ? s.seq_q + 10 : 30;
      for (const std::string bytes : {"7000", "16000", "40000"}) {
        const Lockstep run = run_in_lockstep(library, random_trace(s, 1, 3), StallProfile::bursty,
                                             9, {{"arch.buffer.bytes", bytes}});
        ASSERT_EQ(run.difference(), "") << text(s) << ", a buffer of " << bytes << " bytes";
      }
    }
  }
}

// Special values flow as the simulator says: NaN, infinities, subnormals, signed zeros among the
// operands.
TEST(FusemaxRtl, SpecialValues) {
  Shape s;
  s.batch = 1;
  s.heads = s.kv_heads = 2;
  s.seq_q = 13;
  s.seq_kv = 21;
  s.width_qk = s.width_v = 9;
  std::mt19937_64 random(weft::test::seed_or(7));
  static constexpr std::uint32_t kSpecial[] = {0x7FC00000u, 0x7F800000u, 0xFF800000u,
                                               0x00000000u, 0x80000000u, 0x00010000u,
                                               0x7F7F0000u, 0xFF7F0000u, 0x00800000u};
  for (int i = 0; i < 40; ++i) {
    workload::Trace trace = random_trace(s, 1, random());
    for (auto* values : {&trace.layers[0].q, &trace.layers[0].k, &trace.layers[0].v}) {
      for (float& x : *values) {
        if (random() % 97 == 0) x = numerics::float_of(kSpecial[random() % std::size(kSpecial)]);
      }
    }
    const Lockstep run = run_in_lockstep(rtl::fusemax_of_side(4), trace, StallProfile::none, 0);
    ASSERT_EQ(run.difference(), "") << "trace " << i;
  }
}

class RealTrace : public testing::TestWithParam<int> {};

TEST_P(RealTrace, AllLayersAndHeads) {
  const workload::Trace& trace = minilm_trace();
  const Lockstep run =
      run_in_lockstep(rtl::fusemax_of_side(GetParam()), trace, StallProfile::none, 0);
  EXPECT_EQ(run.difference(), "");
  EXPECT_EQ(run.rtl_values.size(), trace.layers.size());
  // And against an oracle that is neither: double precision on the same operands, a bf16 word's
  // error at most.
  const Shape& s = trace.shape;
  const softmax::AttentionShape shape{s.batch,  s.heads,    s.kv_heads, s.seq_q,
                                      s.seq_kv, s.width_qk, s.width_v,  s.causal};
  for (std::size_t layer = 0; layer < trace.layers.size(); ++layer) {
    const auto wide = [](const std::vector<float>& x) {
      return std::vector<double>(x.begin(), x.end());
    };
    const auto& in = trace.layers[layer];
    const std::vector<double> golden =
        softmax::attention(wide(in.q), wide(in.k), wide(in.v), shape, trace.scale);
    double squares = 0;
    double reference = 0;
    for (std::size_t i = 0; i < golden.size(); ++i) {
      squares += std::pow(run.rtl_values[layer][i] - golden[i], 2);
      reference += golden[i] * golden[i];
    }
    EXPECT_LT(std::sqrt(squares / reference), 0x1p-7) << "layer " << layer;
  }
}
INSTANTIATE_TEST_SUITE_P(FusemaxRtl, RealTrace, testing::Values(8, 16));

}  // namespace
}  // namespace weft::sim::engine::test
