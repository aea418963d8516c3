// weft_spatial_array: whole tiles, every row and column at its own time; the feet in every cycle.
#include <VArray16.h>
#include <VArray2.h>
#include <VArray4.h>
#include <VArray5.h>
#include <gtest/gtest.h>

#include <bit>
#include <deque>
#include <set>

#include "tests/common/ports.hpp"
#include "tests/matmul/spatial_array/tiles.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 43;

enum Bin : std::size_t {
  kPartialRows,
  kOneRow,
  kAllMasked,
  kAllVisible,
  kCutByDiagonal,
  kSameContextNext,
  kOtherContextNext,
  kPause,
  kBins
};
std::vector<std::string> bin_names() {
  return {"fewer rows than the side",
          "one row",
          "a column without a visible key",
          "a tile without a mask",
          "a tile that the diagonal cuts",
          "a slot of the same tile in the next cycle",
          "a slot of another context in the next cycle",
          "a pause"};
}

template <class U, int side, int contexts>
struct Variant {
  using Unit = U;
  static constexpr int kSide = side;
  static constexpr int kContexts = contexts;
};

template <class V>
class SpatialArray : public testing::Test {
 protected:
  static constexpr int kSide = V::kSide;
  static constexpr IData kDiagonalMask =
      (IData{1} << 17) * std::bit_ceil(static_cast<unsigned>(kSide)) - 1;

  // `group`: columns of a query.
  void run(bool wild, bool gaps, int group, std::uint64_t results, std::uint64_t seed) {
    SCOPED_TRACE(seed_text(seed));
    Bench<typename V::Unit> bench(seed);
    const float scale = numerics::softmax_scale_log2e(0.3);
    bench->scale_i = as_word(scale);
    bench->group_i = static_cast<SData>(group);
    drive(bench.unit(), ArraySlot{}, -1);
    for (int j = 0; j < kSide; ++j)
      set_port_bits(bench->rm_valid_i, static_cast<std::size_t>(j), 1, 0);
    bench.reset();
    ArrayTraffic traffic(kSide, V::kContexts, group, wild, gaps, scale, seed);
    Bins bins(bin_names());
    std::deque<ArraySlot> slots(2 * kSide + 1);  // the newest first
    std::set<int> diagonals;
    Comparison comparison;
    for (std::uint64_t cycle = 0; comparison.compared() < results; ++cycle) {
      slots.push_front(traffic.next());
      slots.pop_back();
      count(slots[0], slots[1], bins, diagonals);
      for (int place = 0; place < kSide; ++place)
        drive(bench.unit(), slots[static_cast<std::size_t>(place)], place);
      bench.settle();
      for (int j = 0; j < kSide; ++j) {
        if (!check_foot(bench.unit(), slots[static_cast<std::size_t>(kSide + j)], j, cycle,
                        comparison))
          return;
      }
      if (this->HasFatalFailure()) return;
      bench.tick();
    }
    EXPECT_GT(comparison.compared(), 0u);
    EXPECT_GT(traffic.rm_at_once, 0u);
    if (group <= 3)
      EXPECT_EQ(diagonals.size(), static_cast<std::size_t>(kSide + kSide * group + 1))
          << "diagonals that some tile had";
    if (gaps) bins.expect_all_hit();
  }

 private:
  // What reaches row `place` and column `place` of a slot that element (0, 0) had `place` cycles
  // before.
  static void drive(typename V::Unit& unit, const ArraySlot& slot, int place) {
    const PeControl& control = slot.control;
    if (place <= 0) {
      unit.control_i = control.word();
      unit.rows_i = static_cast<CData>(slot.tile ? slot.tile->rows : 0);
      unit.diagonal_i = static_cast<IData>(slot.tile ? slot.tile->diagonal : 0) & kDiagonalMask;
    }
    if (place < 0) return;
    const auto at = static_cast<std::size_t>(place);
    const auto garbage = static_cast<std::uint16_t>(slot.control.context * 0x1111 + 0x3F80);
    const bool qk = control.op == PeOp::qk;
    set_port_bits(unit.k_i, at * 16, 16,
                  qk ? slot.tile->k[at][static_cast<std::size_t>(slot.element)] : garbage);
    set_port_bits(unit.q_i, at * 16, 16,
                  qk ? slot.tile->q[at][static_cast<std::size_t>(slot.element)] : garbage);
    set_port_bits(unit.v_i, at * 16, 16,
                  control.op == PeOp::slnv
                      ? slot.tile->v[at][static_cast<std::size_t>(slot.element)]
                      : garbage);
    set_port_bits(unit.rm_valid_i, at, 1, slot.rm_tile ? 1 : 0);
    set_port_bits(unit.rm_context_i, at * 4, 4, static_cast<std::uint64_t>(slot.rm_context));
    set_port_bits(unit.rm_i, at * 32, 32, slot.rm_tile ? slot.rm_tile->rm[at] : garbage);
  }

  static bool check_foot(typename V::Unit& unit, const ArraySlot& slot, int column,
                         std::uint64_t cycle, Comparison& comparison) {
    const auto j = static_cast<std::size_t>(column);
    const PeOp op = slot.control.op;
    EXPECT_EQ(port_bits(unit.foot_op_o, j * 4, 4), static_cast<std::uint64_t>(op))
        << "column " << column << ", cycle " << cycle;
    if (op == PeOp::nop) return !testing::Test::HasFailure();
    EXPECT_EQ(port_bits(unit.foot_context_o, j * 4, 4),
              static_cast<std::uint64_t>(slot.control.context))
        << "column " << column;
    if (testing::Test::HasFailure()) return false;
    const Tile& tile = *slot.tile;
    const auto foot = static_cast<std::uint32_t>(port_bits(unit.foot_o, j * 32, 32));
    const std::uint32_t where[] = {
        static_cast<std::uint32_t>(op), static_cast<std::uint32_t>(column),
        static_cast<std::uint32_t>(tile.rows), static_cast<std::uint32_t>(tile.diagonal)};
    if (op == PeOp::lm) return comparison.same(foot, tile.lm[j], "plain loops", where);
    if (op == PeOp::sld) return comparison.same(foot, tile.sld[j], "plain loops", where);
    if (op == PeOp::slnv)
      return comparison.same(foot, tile.slnv[static_cast<std::size_t>(slot.element)][j],
                             "plain loops", where);
    return true;
  }

  static void count(const ArraySlot& slot, const ArraySlot& before, Bins& bins,
                    std::set<int>& diagonals) {
    bins.hit(kPause, slot.control.op == PeOp::nop);
    if (slot.control.op == PeOp::nop) return;
    const Tile& tile = *slot.tile;
    bins.hit(kSameContextNext, before.tile == slot.tile);
    bins.hit(kOtherContextNext,
             before.tile != nullptr && before.control.context != slot.control.context);
    if (slot.control.op != PeOp::slnv) return;
    diagonals.insert(tile.diagonal);
    bins.hit(kPartialRows, tile.rows < kSide);
    bins.hit(kOneRow, tile.rows == 1);
    bins.hit(kAllMasked, tile.diagonal < 0);
    const int lowest = (tile.rows - 1) * tile.group;
    bins.hit(kAllVisible, tile.diagonal >= lowest);
    bins.hit(kCutByDiagonal, tile.diagonal > -kSide && tile.diagonal < lowest);
  }
};
using Variants = testing::Types<Variant<VArray2, 2, 2>, Variant<VArray4, 4, 3>,
                                Variant<VArray5, 5, 4>, Variant<VArray16, 16, 3>>;
TYPED_TEST_SUITE(SpatialArray, Variants);

TYPED_TEST(SpatialArray, SlotsInEveryCycle) {
  this->run(false, false, 1, bench_count(60'000), seed_or(kSeed));
}
TYPED_TEST(SpatialArray, SlotsWithPauses) {
  this->run(false, true, 3, bench_count(60'000), seed_or(kSeed + 1));
}
TYPED_TEST(SpatialArray, AnyValues) {
  this->run(true, true, 2, bench_count(60'000), seed_or(kSeed + 2));
}
TYPED_TEST(SpatialArray, OneQueryOfMoreHeadsThanColumns) {
  this->run(false, false, 2 * TypeParam::kSide + 1, bench_count(30'000), seed_or(kSeed + 3));
}

}  // namespace
}  // namespace weft::test
