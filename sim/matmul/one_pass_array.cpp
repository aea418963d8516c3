#include "sim/matmul/one_pass_array.hpp"

#include <algorithm>
#include <array>

namespace weft::sim::matmul {
namespace {

enum class OnePassCount : std::uint8_t { rows, tiles, multiplications };
constexpr std::array<CounterDeclaration, 3> kOnePassCounters{{
    {"rows", "rows", "queries, each over its keys"},
    {"tiles", "tiles", "of keys, by query"},
    {"multiplications", "operations", "of QK and AV, useful ones"},
}};
constexpr UnitClass kOnePassClass{"one_pass_array", kOnePassCounters};

constexpr std::size_t at(OnePassCount count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& OnePassArray::unit_class() const { return kOnePassClass; }

void OnePassArray::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

// A tile of `side` keys occupies the elements for QK's width, the exponential and AV's width; a
// query is one of `side` that share it.
Cycle OnePassArray::take(const RowBeat& beat) {
  QueryRow& row = *beat.row;
  const std::int64_t tile = row.width_qk + config_.exp_cycles + row.width_v;
  tile_keys_ += beat.count;
  std::int64_t tiles = tile_keys_ / config_.side;
  tile_keys_ %= config_.side;
  if (beat.last && tile_keys_ > 0) {
    ++tiles;
    tile_keys_ = 0;
  }
  activity_.counter(at(OnePassCount::tiles)) += static_cast<std::uint64_t>(tiles);
  activity_.counter(at(OnePassCount::multiplications)) += static_cast<std::uint64_t>(
      static_cast<std::int64_t>(beat.count) * (row.width_qk + row.width_v));
  if (beat.last) {
    ++activity_.counter(at(OnePassCount::rows));
    kernels_->output(row);
  }
  owed_ += tiles * tile;
  const Cycle cycles = owed_ / config_.side;
  owed_ %= config_.side;
  return std::max<Cycle>(1, cycles);
}

bool OnePassArray::give(Cycle now, const RowBeat& beat) {
  return !beat.last || out_.offer(now, beat);
}

}  // namespace weft::sim::matmul
