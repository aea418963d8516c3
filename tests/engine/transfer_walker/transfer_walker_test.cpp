// weft_transfer_walker: the transfers of each tensor of random runs against the loops written out.
#include <VK4.h>
#include <VOut16.h>
#include <VOut5.h>
#include <VQ16.h>
#include <VQ4.h>
#include <VV16.h>
#include <VV5.h>
#include <gtest/gtest.h>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"
#include "tests/engine/tile_walker/configuration.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 55;

enum Target : int { kQ, kK, kV, kOut };
template <class U, int target, int side, int beat>
struct Variant {
  using Unit = U;
  static constexpr int kTarget = target, kSide = side, kBeat = beat;
};

struct Walked {
  std::uint64_t target, slot, address, bytes, block, key;
  bool operator==(const Walked&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Walked& t) {
  return out << "target " << t.target << " slot " << t.slot << " address " << t.address << " bytes "
             << t.bytes << " block " << t.block << " key " << t.key;
}

template <class V>
std::vector<Walked> expected_transfers(const EngineConfig& c) {
  constexpr bool kOfKeys = V::kTarget == kK || V::kTarget == kV;
  const int width = V::kTarget == kQ || V::kTarget == kK ? c.width_qk : c.width_v;
  const auto row_bytes =
      static_cast<std::uint64_t>((2 * width + V::kBeat - 1) / V::kBeat * V::kBeat);
  const std::uint64_t bases[] = {c.q_base, c.k_base, c.v_base, c.out_base};
  const std::uint64_t strides[] = {c.q_head_bytes, c.k_head_bytes, c.v_head_bytes,
                                   c.out_head_bytes};
  std::vector<Walked> all;
  const auto add = [&](const Block& block, int first_tile, int tiles, int length) {
    const int first = first_tile * V::kSide;
    const int rows = std::min(length, (first_tile + tiles) * V::kSide) - first;
    all.push_back({V::kTarget, all.size() % 2,
                   bases[V::kTarget] +
                       static_cast<std::uint64_t>(block.head) * strides[V::kTarget] +
                       static_cast<std::uint64_t>(first) * row_bytes,
                   static_cast<std::uint64_t>(rows) * row_bytes,
                   static_cast<std::uint64_t>(block.ordinal % 64),
                   kOfKeys ? static_cast<std::uint64_t>(first) : 0});
  };
  for (const Block& block : blocks_of(c, V::kSide)) {
    if constexpr (V::kTarget == kQ) {
      add(block, block.queries.front(), static_cast<int>(block.queries.size()), c.rows());
    } else if constexpr (V::kTarget == kOut) {
      for (const int p : block.queries) add(block, p, 1, c.rows());
    } else {
      for (const KeyTile& keys : block.keys) add(block, keys.index, 1, c.seq_kv);
    }
  }
  return all;
}

template <class V>
class TransferWalker : public testing::Test {
 protected:
  void run(Bench<typename V::Unit>& bench, const EngineConfig& c, Stalls stalls, std::uint64_t seed,
           std::uint64_t& compared) {
    SCOPED_TRACE(c.text() + ", stalls " + name_of(stalls) + ", " + seed_text(seed));
    c.apply(bench->config_i);
    bench->start_i = 1;
    bench->transfer_ready_i = 0;
    bench.settle();
    ASSERT_EQ(bench->transfer_valid_o, 0);
    bench.tick();
    bench->start_i = 0;
    Pauses sink = Pauses::of_sink(stalls, seed);
    for (const Walked& wanted : expected_transfers<V>(c)) {
      for (bool ready = false; !ready;) {
        ready = !sink.next();
        bench->transfer_ready_i = ready ? 1 : 0;
        bench.settle();
        ASSERT_EQ(bench->transfer_valid_o, 1);
        const auto& port = bench->transfer_o;
        const Walked got{port_bits(port, 89, 2), port_bits(port, 88, 1), port_bits(port, 24, 64),
                         port_bits(port, 0, 24), bench->block_o,         bench->key_o};
        ASSERT_EQ(got, wanted) << "transfer " << compared;
        ++compared;
        bench.tick();
      }
    }
    bench.settle();
    ASSERT_EQ(bench->transfer_valid_o, 0) << "after the last transfer";
  }
};
using Variants =
    testing::Types<Variant<VQ4, kQ, 4, 8>, Variant<VQ16, kQ, 16, 32>, Variant<VK4, kK, 4, 8>,
                   Variant<VV5, kV, 5, 16>, Variant<VV16, kV, 16, 32>, Variant<VOut5, kOut, 5, 16>,
                   Variant<VOut16, kOut, 16, 32>>;
TYPED_TEST_SUITE(TransferWalker, Variants);

TYPED_TEST(TransferWalker, RandomRuns) {
  const std::uint64_t seed = seed_or(kSeed);
  std::mt19937_64 random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  bench->start_i = 0;
  bench.reset();
  Bins bins({"rows of several heads under a mask", "a head each", "a causal mask",
             "rows that fill their beats", "rows with padding", "more than 64 blocks",
             "one row in a tile"});
  std::uint64_t compared = 0;
  for (int round = 0; round < 2000; ++round) {
    EngineConfig c = random_config(random, TypeParam::kSide);
    if (round % 50 == 0) c.heads = 70;
    if (round % 4 == 0) c.width_qk = c.width_v = 32;
    this->run(bench, c, kAllStalls[round % 5], seed + static_cast<std::uint64_t>(round), compared);
    if (this->HasFatalFailure()) return;
    bins.hit(0, c.group > 1 && c.causal && c.heads > 1);
    bins.hit(1, c.group == 1 && c.heads > 1);
    bins.hit(2, c.causal);
    bins.hit(3,
             c.width_qk % (TypeParam::kBeat / 2) == 0 && c.width_v % (TypeParam::kBeat / 2) == 0);
    bins.hit(4,
             c.width_qk % (TypeParam::kBeat / 2) != 0 && c.width_v % (TypeParam::kBeat / 2) != 0);
    bins.hit(5, c.heads == 70);
    bins.hit(6, c.rows() % TypeParam::kSide == 1 || c.seq_kv % TypeParam::kSide == 1);
  }
  EXPECT_GT(compared, 10'000u);
  bins.expect_all_hit();
}

TYPED_TEST(TransferWalker, ResetStopsIt) {
  Bench<typename TypeParam::Unit> bench(seed_or(kSeed));
  bench->start_i = 0;
  bench.reset();
  EngineConfig{}.apply(bench->config_i);
  bench->start_i = 1;
  bench.settle();
  bench.tick();
  bench->start_i = 0;
  bench.settle();
  ASSERT_EQ(bench->transfer_valid_o, 1);
  bench.reset_between_edges();
  EXPECT_EQ(bench->transfer_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
