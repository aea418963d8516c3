// What attention means where its users disagree: docs/conventions.md tells which other runtime
// takes which.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "models/common/fields.hpp"

namespace weft {

// Which ends of queries and keys a causal mask aligns: the last query sees the last key, or query i
// sees key i.
enum class CausalAlignment : std::uint8_t { bottom_right, top_left };
constexpr auto names(config::Tag<CausalAlignment>) {
  return std::array<std::pair<std::string_view, CausalAlignment>, 2>{
      {{"bottom-right", CausalAlignment::bottom_right}, {"top-left", CausalAlignment::top_left}}};
}

// What a query gives that sees no key: zeros, or the mean of all values.
enum class EmptyRows : std::uint8_t { zero, mean };
constexpr auto names(config::Tag<EmptyRows>) {
  return std::array<std::pair<std::string_view, EmptyRows>, 2>{
      {{"zero", EmptyRows::zero}, {"mean", EmptyRows::mean}}};
}

}  // namespace weft
