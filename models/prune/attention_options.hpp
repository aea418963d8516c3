// What an attention of SpAtten's kind does with its operands and probabilities.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "models/common/fields.hpp"
#include "models/quant/bit_split.hpp"
#include "models/quant/quantised.hpp"
#include "models/softmax/fixed_point.hpp"

namespace weft::prune {

// Bits of an operand in memory, and what shares a scale.
struct OperandBits {
  quant::BitSplit bits{};
  quant::Granularity scale = quant::Granularity::tensor;
  float clip = 1;  // the share of the largest magnitude that has a code
};

// How a token's importance grows by a layer: by the sum of its probabilities over queries and heads
// (as published), or to the largest of them; either on top of what it was, or afresh.
enum class TokenCriterion : std::uint8_t { sum, largest, layer_sum };
// Whose keys a value pruner compares: those of one query (a row of probabilities, as published), or
// of a head, by the sum of a key's probabilities over all queries, so that the value is not fetched
// for any.
enum class ValueScope : std::uint8_t { row, head };
// By probability (as published), or by probability times the sum of the value's magnitudes, which
// whoever writes the value knows.
enum class ValueCriterion : std::uint8_t { probability, contribution };

// What stands for the values left out: nothing (as published); the kept probabilities times what
// makes their sum one; or the mean of the values left out, times the sum of their probabilities.
// The mean comes from the sum of all of a head's values, which whoever writes them keeps, 32 bits a
// channel, less those that were fetched.
enum class InPlace : std::uint8_t { nothing, renormalised, mean };

struct ValueOptions {
  ValueScope scope = ValueScope::row;
  ValueCriterion criterion = ValueCriterion::probability;
  InPlace in_place = InPlace::nothing;
  bool skip_zero = false;  // a value that only zeros multiply is not fetched
};

// Of one layer.
struct AttentionOptions {
  OperandBits query{};
  OperandBits key{};
  OperandBits value{};
  int probability_bits = softmax::kProbabilityBits;  // 4 to 12
  float lower_bits_below = 0;  // a row whose largest probability is below is computed anew
  double value_ratio = 0;      // share of the keys whose values are left out
  ValueOptions values{};
  TokenCriterion token_criterion = TokenCriterion::sum;
  std::uint64_t seed = 1;
};

// ContractError unless one can compute so.
void check_options(const AttentionOptions& options, std::int64_t width_qk);

constexpr std::array<std::pair<std::string_view, TokenCriterion>, 3> names(
    config::Tag<TokenCriterion>) {
  return {{{"sum", TokenCriterion::sum},
           {"largest", TokenCriterion::largest},
           {"layer-sum", TokenCriterion::layer_sum}}};
}
constexpr std::array<std::pair<std::string_view, InPlace>, 3> names(config::Tag<InPlace>) {
  return {{{"nothing", InPlace::nothing},
           {"renormalised", InPlace::renormalised},
           {"mean", InPlace::mean}}};
}
constexpr std::array<std::pair<std::string_view, ValueScope>, 2> names(config::Tag<ValueScope>) {
  return {{{"row", ValueScope::row}, {"head", ValueScope::head}}};
}
constexpr std::array<std::pair<std::string_view, ValueCriterion>, 2> names(
    config::Tag<ValueCriterion>) {
  return {{{"probability", ValueCriterion::probability},
           {"contribution", ValueCriterion::contribution}}};
}

}  // namespace weft::prune
