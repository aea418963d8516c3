// weft_pe_row: sums of a row of elements, each a cycle after its neighbour; what it hands down and
// to the right.
#include <VRow1.h>
#include <VRow16.h>
#include <VRow5.h>
#include <VRow70.h>
#include <gtest/gtest.h>

#include <bit>
#include <deque>

#include "models/numerics/bf16.hpp"
#include "tests/common/ports.hpp"
#include "tests/matmul/pe/control.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

template <class U, int side>
struct Variant {
  using Unit = U;
  static constexpr int kSide = side;
};
template <class V>
class PeRow : public testing::Test {};
using Variants =
    testing::Types<Variant<VRow1, 1>, Variant<VRow5, 5>, Variant<VRow16, 16>, Variant<VRow70, 70>>;
TYPED_TEST_SUITE(PeRow, Variants);

struct Slot {
  PeControl control;
  std::uint16_t row = 0;
  std::vector<std::uint32_t> column, partial, result;  // by column
};

TYPED_TEST(PeRow, EveryElementAtItsTime) {
  constexpr int kSide = TypeParam::kSide;
  constexpr IData kDiagonalMask = 2 * std::bit_ceil(static_cast<unsigned>(kSide)) - 1;
  const std::uint64_t seed = seed_or(69);
  SCOPED_TRACE(seed_text(seed));
  Fp32Random random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  bench->scale_i = as_word(0.2f);
  bench->control_i = 0;
  bench->diagonal_i = 0;
  bench.reset();
  Bins bins({"a sum", "a masked maximum", "a visible maximum", "a product", "an invalid row"});
  std::vector<float> state(3 * kSide);
  std::deque<Slot> slots(
      kSide + 1,
      Slot{
          .control = {}, .column = std::vector<std::uint32_t>(kSide), .partial = {}, .result = {}});
  for (Slot& slot : slots) slot.partial = slot.result = slot.column;
  Comparison comparison;
  const auto operand = [&] { return random.with_exponent(random.in_range(120, 130)); };
  for (int cycle = 0; cycle < (kSide > 16 ? 3'000 : 20'000); ++cycle) {
    constexpr PeOp kOps[] = {PeOp::qk, PeOp::lm, PeOp::slnv, PeOp::sld, PeOp::nop};
    Slot slot;
    slot.control = {kOps[random.in_range(0, 4)], false, random.in_range(0, 2),
                    random.in_range(0, 3) != 0, random.in_range(-kSide, kSide - 1)};
    if (slot.control.diagonal > 0) slot.control.diagonal = 0;  // as the array's edge has it
    slot.control.first = random.in_range(0, 3) == 0 || cycle < 3;
    if (cycle < 3) slot.control.op = PeOp::qk, slot.control.context = cycle;
    slot.row = static_cast<std::uint16_t>(operand() >> 16);
    for (int j = 0; j < kSide; ++j) {
      float& held = state[static_cast<std::size_t>(slot.control.context * kSide + j)];
      slot.column.push_back(operand() & 0xFFFF0000u);
      slot.partial.push_back(operand());
      const float row = numerics::from_bf16(slot.row);
      const float above = as_float(slot.partial.back());
      const bool visible = slot.control.diagonal + j >= 0;
      float result = above;
      if (slot.control.op == PeOp::qk)
        held = numerics::macc(row, as_float(slot.column.back()), slot.control.first ? 0.0f : held);
      if (slot.control.op == PeOp::lm) {
        if (!visible) held = -std::numeric_limits<float>::infinity();
        result = numerics::max(above, held);
      }
      if (slot.control.op == PeOp::sld && visible) result = numerics::add(above, held);
      if (slot.control.op == PeOp::slnv && visible) result = numerics::macc(held, row, above);
      slot.result.push_back(as_word(slot.control.row_valid ? result : above));
      bins.hit(0, slot.control.op == PeOp::qk && !slot.control.first);
      bins.hit(slot.control.op == PeOp::lm ? (visible ? 2 : 1) : 3,
               slot.control.op == PeOp::lm || slot.control.op == PeOp::slnv);
      bins.hit(4, slot.control.op == PeOp::lm && !slot.control.row_valid);
    }
    slots.push_front(slot);
    slots.pop_back();
    bench->control_i = slot.control.word();
    bench->diagonal_i = static_cast<IData>(slot.control.diagonal) & kDiagonalMask;
    bench->row_i = slot.row;
    for (std::size_t j = 0; j < kSide; ++j) {
      set_port_bits(bench->column_i, j * 32, 32, slots[j].column[j]);
      set_port_bits(bench->partial_i, j * 32, 32, slots[j].partial[j]);
    }
    bench.settle();
    bench.tick();
    bench.settle();
    for (std::size_t j = 0; j < kSide && cycle > kSide; ++j) {
      const PeControl& passed = slots[j].control;
      ASSERT_EQ(port_bits(bench->control_o, j * kPeControlBits, kPeControlBits), passed.word())
          << "column " << j << ", cycle " << cycle;
      ASSERT_EQ(port_bits(bench->column_o, j * 32, 32), slots[j].column[j]) << "column " << j;
      const std::uint32_t where[] = {static_cast<std::uint32_t>(passed.op),
                                     static_cast<std::uint32_t>(j),
                                     static_cast<std::uint32_t>(cycle)};
      if (!comparison.same(static_cast<std::uint32_t>(port_bits(bench->partial_o, j * 32, 32)),
                           slots[j].result[j], "the model", where))
        return;
    }
  }
  EXPECT_GT(comparison.compared(), 10'000u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
