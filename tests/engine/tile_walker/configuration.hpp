// A configuration as rtl/engine/weft_engine_pkg.sv packs it, random ones, and the binding's loops
// written out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/common/ports.hpp"

namespace weft::test {

struct EngineConfig {
  std::uint64_t q_base = 0, k_base = 0, v_base = 0, out_base = 0;
  std::uint64_t q_head_bytes = 0, k_head_bytes = 0, v_head_bytes = 0, out_head_bytes = 0;
  int heads = 1, group = 1, seq_q = 1, seq_kv = 1, width_qk = 1, width_v = 1, block_tiles = 1;
  bool causal = false;

  // Of a head: query r / group of query head r % group is row r.
  int rows() const { return seq_q * group; }
  bool sees(int row, int key) const { return !causal || key <= row / group + seq_kv - seq_q; }
  std::int64_t ahead() const { return static_cast<std::int64_t>(seq_kv - seq_q) * group; }

  template <class Port>
  void apply(Port& port) const {
    std::size_t at = 577;
    const auto field = [&](std::size_t width, std::uint64_t value) {
      set_port_bits(port, at -= width, width, value);
    };
    for (const std::uint64_t base : {q_base, k_base, v_base, out_base}) field(64, base);
    for (const std::uint64_t stride : {q_head_bytes, k_head_bytes, v_head_bytes, out_head_bytes})
      field(32, stride);
    field(24, static_cast<std::uint64_t>(heads));
    field(16, static_cast<std::uint64_t>(group));
    field(24, static_cast<std::uint64_t>(rows()));
    field(24, static_cast<std::uint64_t>(seq_kv));
    field(40, static_cast<std::uint64_t>(ahead()));
    field(8, static_cast<std::uint64_t>(width_qk));
    field(8, static_cast<std::uint64_t>(width_v));
    field(16, static_cast<std::uint64_t>(block_tiles));
    field(1, causal ? 1 : 0);
    field(32, 0x3E38AA3B);
  }
  std::string text() const {
    return "heads " + std::to_string(heads) + ", group " + std::to_string(group) + ", " +
           std::to_string(seq_q) + " queries, " + std::to_string(seq_kv) + " keys, E " +
           std::to_string(width_qk) + ", F " + std::to_string(width_v) + ", blocks of " +
           std::to_string(block_tiles) + (causal ? ", causal" : "");
  }
};

inline EngineConfig random_config(std::mt19937_64& random, int side) {
  const auto in_range = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  EngineConfig c;
  c.heads = in_range(1, 5);
  const int groups[] = {1, 1, 2, 3, 5, side, 3 * side + 1};
  c.group = groups[in_range(0, 6)];
  c.seq_q = in_range(1, 10 * side) / c.group + 1;
  c.seq_kv = in_range(1, 10 * side);
  if (in_range(0, 4) == 0 && c.group <= 2) c.seq_q = side * in_range(1, 8) / c.group;
  if (in_range(0, 4) == 0) c.seq_kv = side * in_range(1, 8);
  c.causal = in_range(0, 1) != 0;
  if (c.causal && c.seq_kv < c.seq_q) c.seq_kv = c.seq_q + in_range(0, 2 * side);
  if (c.causal && in_range(0, 2) == 0) c.seq_kv = c.seq_q;
  c.width_qk = in_range(1, 128);
  c.width_v = in_range(1, 128);
  c.block_tiles = in_range(1, 8);
  for (std::uint64_t* base : {&c.q_base, &c.k_base, &c.v_base, &c.out_base})
    *base = random() & ~std::uint64_t{255} & low_bits(48);
  for (std::uint64_t* stride :
       {&c.q_head_bytes, &c.k_head_bytes, &c.v_head_bytes, &c.out_head_bytes})
    *stride = random() & 0xFFFFFF00u;
  return c;
}

// One tile of keys, by index, and the tiles of rows of a block that see any of them.
struct KeyTile {
  int index = 0;
  std::vector<int> queries;  // by index among all of the head
};
struct Block {
  int head = 0;
  int ordinal = 0;  // over all heads
  std::vector<int> queries;
  std::vector<KeyTile> keys;
};

// Every pair of a row and a key is looked at: slow, plain.
inline std::vector<Block> blocks_of(const EngineConfig& c, int side) {
  const auto tiles = [&](int elements) { return (elements + side - 1) / side; };
  const auto seen = [&](int query_tile, int key_tile) {
    for (int r = query_tile * side; r < std::min(c.rows(), (query_tile + 1) * side); ++r) {
      for (int k = key_tile * side; k < std::min(c.seq_kv, (key_tile + 1) * side); ++k) {
        if (c.sees(r, k)) return true;
      }
    }
    return false;
  };
  std::vector<Block> of_head;
  for (int begin = 0; begin < tiles(c.rows()); begin += c.block_tiles) {
    Block block;
    for (int p = begin; p < std::min(begin + c.block_tiles, tiles(c.rows())); ++p)
      block.queries.push_back(p);
    for (int m = 0; m < tiles(c.seq_kv); ++m) {
      KeyTile keys{.index = m, .queries = {}};
      for (const int p : block.queries) {
        if (seen(p, m)) keys.queries.push_back(p);
      }
      if (!keys.queries.empty()) block.keys.push_back(keys);
    }
    of_head.push_back(block);
  }
  std::vector<Block> all;
  for (int head = 0; head < c.heads; ++head) {
    for (Block block : of_head) {
      block.head = head;
      block.ordinal = static_cast<int>(all.size());
      all.push_back(block);
    }
  }
  return all;
}

}  // namespace weft::test
