// Designs that are not FuseMax's: exp by linear segments inside a weight-stationary array with
// strictly serial epochs, a softmax streamed through a unit beside an input-stationary array, and
// the cascades that no published design uses.
#include <algorithm>
#include <array>
#include <string>

#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::ArrayCounter;
using weft::engine::Fidelity;
using weft::engine::UnitKind;

constexpr std::uint64_t kUserDesignSeed = 23;

struct UserDesign {
  const char* name;
  bool causal;     // has a causal cascade with a mask
  bool attention;  // takes Q, K and V
};
constexpr std::array<UserDesign, 5> kUserDesigns{{{"segments-serial", true, true},
                                                  {"streaming-softmax", true, true},
                                                  {"two-pass", true, true},
                                                  {"deferred-division", false, true},
                                                  {"projection", false, false}}};

Shape one_head(std::int64_t seq_q, std::int64_t seq_kv, std::int64_t width, bool causal = false) {
  return {.batch = 1,
          .heads = 1,
          .kv_heads = 1,
          .seq_q = seq_q,
          .seq_kv = seq_kv,
          .width_qk = width,
          .width_v = width,
          .causal = causal};
}

std::uint64_t cycles_of(const std::string& name, const Shape& shape) {
  return run_point(design(name), shape).cycles;
}

int array_index(const weft::engine::Design& design, const std::string& name) {
  const auto& names = design.lowering(false).array_names;
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::uint64_t counted(const Result& result, ArrayCounter counter) {
  std::uint64_t sum = 0;
  for (const auto& unit : result.units) {
    if (unit.kind == UnitKind::array) sum += unit.counters[static_cast<std::size_t>(counter)];
  }
  return sum;
}

// Bytes from and to DRAM: [read, written].
std::array<std::uint64_t, 2> dram_bytes_moved(const Result& result) {
  std::array<std::uint64_t, 2> bytes{};
  for (const auto& traffic : result.traffic) {
    if (traffic.level != UnitKind::dram) continue;
    bytes[0] += traffic.read_bytes;
    bytes[1] += traffic.written_bytes;
  }
  return bytes;
}

// One step of the closed forms below: bytes at 32 a cycle, one cycle each from sequencer to fetcher
// to memory, the memory's 60, and one each back.
constexpr std::int64_t transfer_cycles(std::int64_t bytes) { return 2 + bytes / 32 + 60 + 2; }

// segments-serial, 16 queries, widths 32, one tile of 8 keys. Q and K (1024 + 512 bytes) go over
// the bus one after the other, so K is there at 2 + 48 + 62 = 112. From there, in cycles:
//   BQK    0 –  64  preload 2 folds of e × 16 rows, then 2 folds × 16 queries
// The last of the scores leaves the array's far corner 16 + 8 − 2 = 22 cycles after the last slot:
// from 86 on, in cycles,
//   LM     0 –   8  the scores come back from the buffer, 16 × 8 × 4 bytes at 64 a cycle
//   RM    16 –  17  8 columns to the right edge; one max
//   SLN   25 –  33  8 columns back; subtraction, 3 MACCs: 4, but the scores' 8 rows set the pace
//   SLD   33 –  34
//   SLNV  35 –  67  32 columns of V; a cycle late, as SPNV reads the same bank at 34
//   PRM   17 –  21  a subtraction and 3 MACCs, beside SLN
//   SPD   21 –  22
//   SPNV  22 –  54  32 elements of the output
//   RD    54 –  55  SLD came at 34 + 8, but the lanes were busy
//   RNV   55 –  87  streams behind SLNV (35 + 1 + 8 at the earliest)
// The next tile waits until SLNV has left the array, 22 cycles after its last slot: 86 + 67 + 22 =
// 175 a tile. After the last: AV, 32 divisions, and its store.
TEST(SegmentsSerial, TilesFollowOneAnotherInClosedForm) {
  constexpr std::int64_t kKeysThere = 2 + (1024 + 512) / 32 + 62;
  constexpr std::int64_t kTile = 86 + 67 + 22;
  for (std::int64_t tiles = 1; tiles <= 6; ++tiles) {
    SCOPED_TRACE("tiles " + std::to_string(tiles));
    const std::int64_t expected = kKeysThere + tiles * kTile + 32 + transfer_cycles(16 * 32 * 2);
    EXPECT_EQ(cycles_of("segments-serial", one_head(16, 8 * tiles, 32)),
              static_cast<std::uint64_t>(expected));
  }
}

// Serial means serial: the array's busy cycles and what it waits for add up to whole tiles, and no
// second context helps.
TEST(SegmentsSerial, PreloadsEveryTileAndOverlapsNothing) {
  const weft::engine::Design made = design("segments-serial");
  const Result result = run_point(made, one_head(16, 80, 32));
  EXPECT_EQ(counted(result, ArrayCounter::preload_cycles), 10u * 32u);
  const auto& array = unit_of(result, UnitKind::array, array_index(made, "array_2d"));
  EXPECT_EQ(array.busy_cycles, 10u * (64 + 8 + 8 + 1 + 32));
}

// streaming-softmax, 16 queries, widths 32, one tile of 64 keys. Q and K (1024 + 4096 bytes) are
// there at 2 + 160 + 62 = 224. From there:
//   BQK         0 – 128  Q's preload hides behind the stream: 2 folds of e × 64 keys
//   LM+RM      81 – 145  streams: the last score comes 16 rows after the last slot: 128 + 16 + 1
//   SLN+SLD   145 – 209  needs the maximum; the exp unit has 5 more stages: 214
//   PRM       209 – 210  one exp behind them: 215
//   SLNV      152 – 280  behind the first numerator: 145 + 5 + 1, 1 on the link; 2 folds × 64 keys
//   SPD+RD    216 – 217
//   SPNV+RNV  296 – 328  16 rows down, then 32 elements, both operations in one pipeline
//   AV        328 – 360  32 divisions, 7 more stages: 367, and its store
TEST(StreamingSoftmax, OneTileInClosedForm) {
  constexpr std::int64_t kKeysThere = 2 + (1024 + 4096) / 32 + 62;
  constexpr std::int64_t kExpected = kKeysThere + 367 + transfer_cycles(16 * 32 * 2);
  EXPECT_EQ(cycles_of("streaming-softmax", one_head(16, 64, 32)),
            static_cast<std::uint64_t>(kExpected));
}

// With many tiles both products keep the array busy: 128 + 128 cycles a tile of 64 keys and 16
// queries.
TEST(StreamingSoftmax, HidesTheSoftmaxBesideTheProducts) {
  Shape shape = one_head(512, 512, 32);
  shape.heads = shape.kv_heads = 4;
  const std::uint64_t least = 4u * (512 / 16) * (512 / 64) * 256;
  const std::uint64_t cycles = cycles_of("streaming-softmax", shape);
  EXPECT_GE(cycles, least);
  EXPECT_LE(static_cast<double>(cycles), 1.02 * static_cast<double>(least));
}

// projection, 16 tokens × model width D by D × 16: both operands, D products a sum, the skew of 15
// + 15 cycles to the last element, and the result's store; its drain of 16 rows hides behind the
// next tile.
TEST(Projection, OneTileInClosedForm) {
  for (const std::int64_t width : {64, 128, 192}) {
    SCOPED_TRACE("model width " + std::to_string(width));
    const Shape shape = one_head(16, 16, 16);
    workload::Workload workload = workload_of(shape);
    workload.model_width = width;
    const Result result = run(design("projection"), workload);
    EXPECT_EQ(result.cycles,
              static_cast<std::uint64_t>(transfer_cycles(2 * 16 * width * 2) + width + 15 + 15 +
                                         transfer_cycles(16 * 16 * 2)));
    EXPECT_EQ(counted(result, ArrayCounter::macc), static_cast<std::uint64_t>(16 * 16 * width));
  }
}

Shape random_shape(std::mt19937_64& random, bool causal) {
  const auto between = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  Shape shape;
  shape.batch = between(1, 2);
  shape.heads = shape.kv_heads = between(1, 3);
  shape.seq_q = between(1, 200);
  shape.seq_kv = between(1, 300);
  shape.width_qk = 8 * between(1, 6);
  shape.width_v = 8 * between(1, 6);
  shape.causal = causal;
  if (causal && shape.seq_kv < shape.seq_q) std::swap(shape.seq_q, shape.seq_kv);
  return shape;
}

// Products counted from the shape: QK and AV over every visible pair, everything else left out.
TEST(UserDesigns, RunExactlyWithAndWithoutAdvance) {
  const std::uint64_t seed = weft::test::seed_or(kUserDesignSeed);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (const UserDesign& user : kUserDesigns) {
    const weft::engine::Design made = design(user.name);
    std::uint64_t skipped = 0;
    for (int i = 0; i < 8; ++i) {
      const Shape shape = random_shape(random, user.causal && i % 3 == 2);
      SCOPED_TRACE(user.name + text(shape));
      const Result fast = run_point(made, shape);
      const Result exact = run_point(made, shape, {.exact = true});
      ASSERT_EQ(fast.status, weft::engine::Status::ok);
      ASSERT_GT(fast.cycles, 0u);
      expect_same_run(fast, exact);
      skipped += fast.advance_cycles;
      const auto heads = static_cast<std::uint64_t>(shape.batch * shape.heads);
      if (!user.attention || shape.causal) continue;
      // One-pass and two-pass correct partial outputs with products too, on another array.
      const auto pairs = static_cast<std::uint64_t>(shape.seq_q * shape.seq_kv) * heads;
      const auto products = pairs * static_cast<std::uint64_t>(shape.width_qk + shape.width_v);
      const auto& spatial = unit_of(fast, UnitKind::array, array_index(made, "array_2d"));
      EXPECT_EQ(spatial.counters[static_cast<std::size_t>(ArrayCounter::macc)], products);
      EXPECT_EQ(dram_bytes_moved(fast)[1],
                static_cast<std::uint64_t>(shape.seq_q * shape.width_v * 2) * heads);
    }
    EXPECT_GT(skipped, 0u) << user.name;
  }
}

// The closed form of the analytic fidelity at lengths of hundreds: within 3 %, under a causal mask
// 5 %, whose short first rows fill the arrays less well.
TEST(UserDesigns, AnalyticAgreesWithTheSimulation) {
  for (const UserDesign& user : kUserDesigns) {
    for (const bool causal : {false, true}) {
      if (causal && !user.causal) continue;
      Shape shape = one_head(512, 512, 32, causal);
      shape.heads = shape.kv_heads = 4;
      SCOPED_TRACE(user.name + text(shape));
      const weft::engine::Design made = design(user.name);
      const Result simulated = run_point(made, shape);
      const Result analytic = run_point(made, shape, {.fidelity = Fidelity::analytic});
      const double ratio =
          static_cast<double>(analytic.cycles) / static_cast<double>(simulated.cycles);
      EXPECT_NEAR(ratio, 1.0, causal ? 0.05 : 0.03);
      EXPECT_EQ(counted(simulated, ArrayCounter::exp), counted(analytic, ArrayCounter::exp));
      EXPECT_EQ(counted(simulated, ArrayCounter::macc), counted(analytic, ArrayCounter::macc));
    }
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
