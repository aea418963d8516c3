// weft_tile_walker: every field of every tile of random runs against the loops written out.
#include <VTiles16.h>
#include <VTiles256.h>
#include <VTiles4.h>
#include <VTiles5.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"
#include "tests/engine/tile_walker/configuration.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 51;

template <class U, int side, int contexts, int links, int pairs, int beat>
struct Variant {
  using Unit = U;
  static constexpr int kSide = side, kContexts = contexts, kLinks = links, kPairs = pairs,
                       kBeat = beat;
};

struct WalkedTile {
  std::int64_t rows, diagonal, q_address, rnv_address, key, keys_slot, first, last, ends_keys,
      ends_block, peers, context, link, pair, block;
  bool operator==(const WalkedTile&) const = default;
};
std::ostream& operator<<(std::ostream& out, const WalkedTile& t) {
  return out << "rows " << t.rows << " diagonal " << t.diagonal << " q " << t.q_address << " rnv "
             << t.rnv_address << " key " << t.key << " slot " << t.keys_slot << " first " << t.first
             << " last " << t.last << " ends_keys " << t.ends_keys << " ends_block " << t.ends_block
             << " peers " << t.peers << " context " << t.context << " link " << t.link << " pair "
             << t.pair << " block " << t.block;
}

template <class V>
std::vector<WalkedTile> expected_tiles(const EngineConfig& c) {
  std::vector<WalkedTile> tiles;
  std::int64_t key_tiles = 0;
  for (const Block& block : blocks_of(c, V::kSide)) {
    for (const KeyTile& keys : block.keys) {
      for (const int p : keys.queries) {
        const auto n = static_cast<std::int64_t>(tiles.size());
        const bool later =
            std::any_of(block.keys.begin(), block.keys.end(), [&](const KeyTile& other) {
              return other.index > keys.index &&
                     std::find(other.queries.begin(), other.queries.end(), p) !=
                         other.queries.end();
            });
        const int word = (block.ordinal % 2) * c.block_tiles + (p - block.queries.front());
        const int row_elements = (c.width_qk + V::kBeat - 1) / V::kBeat * V::kBeat;
        const bool ends_keys = p == keys.queries.back();
        tiles.push_back(
            {.rows = std::min(V::kSide, c.seq_kv - keys.index * V::kSide),
             .diagonal = !c.causal ? std::int64_t{V::kSide} * c.group
                                   : std::clamp<std::int64_t>(
                                         p * V::kSide + c.ahead() - keys.index * V::kSide * c.group,
                                         -V::kSide, V::kSide * c.group),
             .q_address = word * row_elements,
             .rnv_address = word * c.width_v,
             .key = word,
             .keys_slot = key_tiles % 2,
             .first = keys.index == 0,
             .last = !later,
             .ends_keys = ends_keys,
             .ends_block = ends_keys && &keys == &block.keys.back(),
             .peers = std::min<std::int64_t>(V::kContexts,
                                             static_cast<std::int64_t>(keys.queries.size())),
             .context = n % V::kContexts,
             .link = n % V::kLinks,
             .pair = n % V::kPairs,
             .block = block.ordinal % 64});
      }
      ++key_tiles;
    }
  }
  return tiles;
}

template <class Port>
WalkedTile read_tile(const Port& port) {
  std::size_t at = 116;
  const auto field = [&](std::size_t width) {
    return static_cast<std::int64_t>(port_bits(port, at -= width, width));
  };
  WalkedTile t{};
  t.rows = field(9);
  t.diagonal = static_cast<std::int32_t>(field(25) << 7) >> 7;
  t.q_address = field(20);
  t.rnv_address = field(20);
  t.key = field(16);
  for (std::int64_t* flag : {&t.keys_slot, &t.first, &t.last, &t.ends_keys, &t.ends_block})
    *flag = field(1);
  t.peers = field(5);
  t.context = field(4);
  t.link = field(2);
  t.pair = field(4);
  t.block = field(6);
  return t;
}

enum Bin : std::size_t {
  kPartialKeys,
  kGrouped,
  kLeftOut,
  kFullDiagonal,
  kNegativeDiagonal,
  kManyPeers,
  kFewPeers,
  kShortBlock,
  kManyBlocks,
  kOneBlock,
  kStalled,
  kBins
};
std::vector<std::string> bin_names() {
  return {"fewer keys than the side",  "several rows a query",  "a tile left out",
          "a mask that cuts nothing",  "a diagonal below zero", "more peers than contexts",
          "fewer peers than contexts", "a shorter block",       "more than 64 blocks",
          "one block a head",          "a tile that waits"};
}

template <class V>
class TileWalker : public testing::Test {
 protected:
  // Begins a run whose tiles are all taken at once.
  static void start(Bench<typename V::Unit>& bench, const EngineConfig& c) {
    c.apply(bench->config_i);
    bench->start_i = 1;
    bench.settle();
    bench.tick();
    bench->start_i = 0;
    bench->tile_ready_i = 1;
  }
  void run(Bench<typename V::Unit>& bench, const EngineConfig& c, Stalls stalls, std::uint64_t seed,
           Bins& bins, std::uint64_t& compared) {
    SCOPED_TRACE(c.text() + ", stalls " + name_of(stalls) + ", " + seed_text(seed));
    const std::vector<WalkedTile> tiles = expected_tiles<V>(c);
    c.apply(bench->config_i);
    bench->start_i = 1;
    bench->tile_ready_i = 0;
    bench.settle();
    ASSERT_EQ(bench->tile_valid_o, 0);
    bench.tick();
    bench->start_i = 0;
    Pauses sink = Pauses::of_sink(stalls, seed);
    for (std::size_t n = 0; n < tiles.size();) {
      const bool ready = !sink.next();
      bench->tile_ready_i = ready ? 1 : 0;
      bench.settle();
      ASSERT_EQ(bench->tile_valid_o, 1) << "tile " << n << " of " << tiles.size();
      ASSERT_EQ(read_tile(bench->tile_o), tiles[n]) << "tile " << n;
      bins.hit(kStalled, !ready);
      count(c, tiles[n], bins);
      ++compared;
      n += ready ? 1 : 0;
      bench.tick();
    }
    bench.settle();
    ASSERT_EQ(bench->tile_valid_o, 0) << "after the last tile";
    const std::size_t blocks = static_cast<std::size_t>(tiles.back().block) + 1;
    bins.hit(kOneBlock, c.heads == 1 && blocks == 1);
  }

  static void count(const EngineConfig& c, const WalkedTile& t, Bins& bins) {
    bins.hit(kPartialKeys, t.rows < V::kSide);
    bins.hit(kLeftOut, c.causal && t.ends_keys && t.peers < V::kContexts && !t.first &&
                           t.key % c.block_tiles > 0);
    bins.hit(kGrouped, c.causal && c.group > 1 && !t.first && t.diagonal < V::kSide * c.group);
    bins.hit(kFullDiagonal, c.causal && t.diagonal == V::kSide * c.group);
    bins.hit(kNegativeDiagonal, t.diagonal < 0);
    bins.hit(kManyPeers, t.peers == V::kContexts);
    bins.hit(kFewPeers, t.peers < V::kContexts);
    bins.hit(kShortBlock, t.ends_block && (t.key + 1) % c.block_tiles != 0);
    bins.hit(kManyBlocks, t.block == 63);
  }
};
using Variants =
    testing::Types<Variant<VTiles4, 4, 3, 3, 8, 4>, Variant<VTiles5, 5, 4, 2, 2, 8>,
                   Variant<VTiles16, 16, 3, 3, 8, 16>, Variant<VTiles256, 256, 6, 3, 16, 64>>;
TYPED_TEST_SUITE(TileWalker, Variants);

TYPED_TEST(TileWalker, RandomRuns) {
  const std::uint64_t seed = seed_or(kSeed);
  std::mt19937_64 random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  bench->start_i = 0;
  bench.reset();
  Bins bins(bin_names());
  std::uint64_t compared = 0;
  const bool large = TypeParam::kSide > 16;  // the loops written out take long there
  const int rounds = large ? 150 : 3000;
  for (int round = 0; round < rounds; ++round) {
    EngineConfig c = random_config(random, TypeParam::kSide);
    if (round % 50 == 0) c.heads = 70;
    this->run(bench, c, kAllStalls[round % 5], seed + static_cast<std::uint64_t>(round), bins,
              compared);
    if (this->HasFatalFailure()) return;
  }
  EXPECT_GT(compared, large ? 20'000u : 400'000u);
  bins.expect_all_hit();
}

// The most rows of a query that the registers hold: a diagonal as long as it gets.
TYPED_TEST(TileWalker, WidestGroup) {
  constexpr int kGroup = 0xFFFF;
  constexpr int kSide = TypeParam::kSide;
  for (const int before : {0, 1, kSide - 1, kSide, kSide + 1}) {
    Bench<typename TypeParam::Unit> bench(seed_or(kSeed));
    bench->start_i = 0;
    bench.reset();
    EngineConfig c{.group = kGroup, .seq_q = 200, .seq_kv = 200 + before, .block_tiles = 9};
    c.causal = true;
    this->start(bench, c);
    for (int p = 0; p < 9; ++p) {  // row p x SIDE of the head against key 0
      bench.settle();
      const std::int64_t diagonal = std::int64_t{before} * kGroup + p * kSide;
      EXPECT_EQ(read_tile(bench->tile_o).diagonal,
                std::min<std::int64_t>(diagonal, std::int64_t{kSide} * kGroup))
          << before << " keys before the first query, tile " << p;
      bench.tick();
    }
  }
}

// Lengths near what the registers hold: nothing overflows on the first tiles.
TYPED_TEST(TileWalker, LongSequences) {
  Bench<typename TypeParam::Unit> bench(seed_or(kSeed));
  bench->start_i = 0;
  bench.reset();
  EngineConfig c{.heads = 0xFFFFFF,
                 .seq_q = 0xFFFFFF - 40,
                 .seq_kv = 0xFFFFFF - 33,
                 .width_qk = 64,
                 .width_v = 64,
                 .block_tiles = 2,
                 .causal = true};
  this->start(bench, c);
  for (const int diagonal : {7, std::min(TypeParam::kSide, 7 + TypeParam::kSide)}) {
    bench.settle();
    const WalkedTile tile = read_tile(bench->tile_o);
    EXPECT_EQ(tile.rows, TypeParam::kSide);
    EXPECT_EQ(tile.diagonal, std::min(TypeParam::kSide, diagonal));
    EXPECT_EQ(tile.peers, 2);
    bench.tick();
  }
  bench.reset_between_edges();
  EXPECT_EQ(bench->tile_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
