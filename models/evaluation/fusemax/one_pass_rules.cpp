// binding (FuseMax), architecture and cascade.
#include <fmt/format.h>

#include <algorithm>

#include "models/common/error.hpp"
#include "models/evaluation/fusemax/one_pass.hpp"

namespace weft::evaluation {
namespace {

// A query keeps Q, RNV, RM and RD on chip; in cascade a column of the QK and SLN tiles besides.
std::int64_t words_per_query(Config config, const Sizes& sizes) {
  return 2 * sizes.width + 2 + (config == Config::cascade ? 2 * sizes.side : 0);
}

void count_operations(Counts& counts, Config config, const Sizes& sizes, const Mends& mends) {
  const auto scores = static_cast<double>(sizes.scores);
  const auto vectors = static_cast<double>(sizes.vectors);
  const auto width = static_cast<double>(sizes.width);
  counts.macs = 2 * width * scores + (1 + width) * vectors;  // QK, SLNV; SPD, SPNV
  counts.maxima = scores + vectors;                          // LM; RM
  counts.adds =
      2 * scores + (2 + width) * vectors;  // SLN's difference, SLD; PRM's difference, RD, RNV
  counts.divides = static_cast<double>(sizes.operand);
  constexpr double kMacsPerExp = 6;
  if (config != Config::cascade) counts.macs += kMacsPerExp * (scores + vectors);
  if (config == Config::cascade && mends.exp_charged_in_cascade) counts.exps = scores + vectors;
}

void count_buffer(Counts& counts, Config config, const Sizes& sizes, const QueryTiling& tiling,
                  const Mends& mends) {
  const auto scores = static_cast<double>(sizes.scores);
  const auto vectors = static_cast<double>(sizes.vectors);
  const auto columns = static_cast<double>(sizes.columns);
  const auto operand = static_cast<double>(sizes.operand);
  const auto width = static_cast<double>(sizes.width);
  const std::int64_t on_chip = sizes.side * tiling.p1;  // queries on chip at once
  // Q, K, V, RNV, RM and RD for each vector; RNV and RD for AV.
  counts.buffer_reads = vectors * (4 * width + 2) + columns * (width + 1);
  counts.buffer_reads += 2 * lost_reads(sizes.vectors, on_chip, mends);
  counts.buffer_reads += lost_reads(sizes.vectors * sizes.width, on_chip * sizes.width, mends);
  // Q once, K and V each time they stream; RM, RD and RNV.
  counts.buffer_writes = operand * (1 + 2 * static_cast<double>(tiling.p2)) + vectors * (width + 2);
  if (config == Config::cascade) {
    counts.buffer_reads += 2 * scores + 2 * lost_reads(sizes.scores, sizes.side * on_chip, mends);
    counts.buffer_writes += 2 * scores;
    return;
  }
  counts.staging_reads = vectors * (1 + width) - operand;
  counts.staging_writes = vectors * (2 + width);
}

EinsumUse uses_of(Config config, const OnePassCycles& tile, double latency_cycles_a_tile) {
  const auto share = [&](double cycles) { return cycles / latency_cycles_a_tile; };
  EinsumUse use;
  use.qk = share(tile.qk);
  use.slnv = share(tile.slnv);
  if (config != Config::cascade) {
    use.lm = share(tile.lm);
    use.sln = share(tile.sln);
    use.sld = share(tile.sld);
  }
  return use;
}

}  // namespace

QueryTiling tile_queries(const Sizes& sizes, std::int64_t buffer_bytes,
                         std::int64_t words_per_query) {
  const std::int64_t keys_and_values = kWordBytes * 2 * sizes.side * sizes.width;
  const std::int64_t a_tile = kWordBytes * sizes.side * words_per_query;
  const std::int64_t fit =
      buffer_bytes < keys_and_values ? 0 : (buffer_bytes - keys_and_values) / a_tile;
  const std::int64_t all = sizes.length / sizes.side;
  QueryTiling tiling;
  tiling.p1 = largest_divisor(all, fit);
  if (tiling.p1 == 0) {
    throw ConfigError(Problem{{},
                              "width",
                              std::to_string(sizes.width),
                              fmt::format("no tile of queries fits into {} bytes", buffer_bytes)});
  }
  tiling.p2 = all / tiling.p1;
  return tiling;
}

double one_pass_words(const Sizes& sizes, const QueryTiling& tiling) {
  return static_cast<double>(sizes.operand) * (2 + 2 * static_cast<double>(tiling.p2));
}

OnePassCycles one_pass_cycles(Config config, const Sizes& sizes) {
  const auto width = static_cast<double>(sizes.width);
  const auto side = static_cast<double>(sizes.side);
  const double key_tiles = static_cast<double>(sizes.length) / side;
  OnePassCycles tile{.qk = width,
                     .lm = 1,
                     .sln = 7,
                     .sld = 1,
                     .slnv = width,
                     .rm = 1,
                     .prm = 7,
                     .spd = 1,
                     .rd = 1,
                     .spnv = width,
                     .rnv = width,
                     .av = width / key_tiles};
  if (config == Config::cascade) {
    // Row by row on the 1D array; exp and subtract take one cycle each, as published.
    tile.lm = side;
    tile.sln = 2 * side;
    tile.sld = side;
    tile.prm = 2;
  }
  return tile;
}

double cycles_2d(Config config, const OnePassCycles& tile) {
  return tile.qk + tile.slnv + (config == Config::cascade ? 0 : tile.lm + tile.sln + tile.sld);
}

double cycles_1d(Config config, const OnePassCycles& tile) {
  const double vectors = tile.rm + tile.prm + tile.spd + tile.rd + tile.spnv + tile.rnv + tile.av;
  return vectors + (config == Config::cascade ? tile.lm + tile.sln + tile.sld : 0);
}

double period_cycles(Config config, const OnePassCycles& tile, const Sizes& sizes,
                     const Mends& mends) {
  if (config == Config::cascade) return std::max(cycles_2d(config, tile), cycles_1d(config, tile));
  const double exponentials = std::max(tile.sln + tile.sld, tile.prm + tile.spd);
  if (config == Config::binding) {
    return std::max(tile.qk + tile.lm, tile.rd + tile.rnv + tile.av) + tile.rm + exponentials +
           std::max(tile.slnv, tile.spnv);
  }
  const double stall = static_cast<double>(mends.real_trip ? 2 * sizes.side : sizes.side) * tile.lm;
  return std::max(tile.qk + tile.lm, tile.rd + tile.av) + stall + tile.rm + exponentials +
         std::max(tile.slnv, tile.spnv + tile.rnv);
}

AttentionResult evaluate_one_pass(Config config, const Sizes& sizes, const AttentionRules& rules) {
  const bool cascade = config == Config::cascade;
  const QueryTiling tiling =
      tile_queries(sizes, kFuseMaxBufferBytes, words_per_query(config, sizes));
  const OnePassCycles tile = one_pass_cycles(config, sizes);
  const auto tiles = static_cast<double>(sizes.tiles);
  Counts counts;
  counts.dram = one_pass_words(sizes, tiling);
  count_operations(counts, config, sizes, rules.mends);
  count_buffer(counts, config, sizes, tiling, rules.mends);
  const bool large_rows = cascade && !rules.mends.cascade_at_its_buffers_cost;
  const BufferRowCosts& row = large_rows ? rules.costs.buffer_32_mib : rules.costs.buffer_16_mib;

  AttentionResult result;
  result.traffic_bytes = counts.dram * kWordBytes;
  const double arrays_s = seconds(period_cycles(config, tile, sizes, rules.mends) * tiles);
  const double memory_s = memory_seconds(counts.dram);
  result.latency_s = std::max(arrays_s, memory_s);
  const double busy_2d = cycles_2d(config, tile);
  const double busy_1d = cycles_1d(config, tile);
  result.bound = memory_s > arrays_s ? Bound::memory
                 : busy_2d > busy_1d ? Bound::array_2d
                                     : Bound::array_1d;
  result.utilisation_2d = seconds(busy_2d * tiles) / result.latency_s;
  result.utilisation_1d = seconds(busy_1d * tiles) / result.latency_s;
  result.einsums = uses_of(config, tile, result.latency_s * kClockHz / tiles);
  result.energy = energy_of(counts, row, rules.costs, rules.mends);
  result.energy_pj = result.energy.total();
  return result;
}

}  // namespace weft::evaluation
