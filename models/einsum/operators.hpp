// Every operator of the language: how it is written, its arity, its identity as a reduction and its
// laws.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/einsum/analysis.hpp"
#include "models/einsum/cascade.hpp"

namespace weft::einsum {

struct Operator {
  Op op = Op::constant;
  std::string_view name;  // in messages, and as a function or reduction
  int arity = 0;
  std::optional<double> identity;  // of a reduction: what an empty one gives
  bool associative = false;
  bool commutative = false;
  bool idempotent = false;
  std::optional<Work> work;    // what hardware is charged for one application
  std::string_view function;   // "exp": may be called as a function; "" otherwise
  std::string_view reduction;  // "sum": may stand before [ranks]; "" otherwise
};

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline constexpr std::array<Operator, 11> kOperators{{
    {Op::access, "access", 0, {}, false, false, false, {}, "", ""},
    {Op::constant, "constant", 0, {}, false, false, false, {}, "", ""},
    {Op::scalar, "scalar", 0, {}, false, false, false, {}, "", ""},
    {Op::add, "+", 2, 0.0, true, true, false, Work::add, "", "sum"},
    {Op::subtract, "-", 2, {}, false, false, false, Work::add, "", ""},
    {Op::multiply, "*", 2, {}, true, true, false, Work::multiply, "", ""},
    {Op::divide, "/", 2, {}, false, false, false, Work::divide, "", ""},
    {Op::max, "max", 2, -kInfinity, true, true, true, Work::max, "max", "max"},
    {Op::min, "min", 2, kInfinity, true, true, true, Work::max, "min", "min"},
    {Op::exp, "exp", 1, {}, false, false, false, Work::exp, "exp", ""},
    {Op::negate, "negate", 1, {}, false, false, false, {}, "", ""},  // a sign is free
}};

constexpr const Operator& operator_of(Op op) { return kOperators[static_cast<std::size_t>(op)]; }

inline const Operator* function_named(std::string_view name) {
  for (const Operator& entry : kOperators) {
    if (!entry.function.empty() && entry.function == name) return &entry;
  }
  return nullptr;
}

inline const Operator* reduction_named(std::string_view name) {
  for (const Operator& entry : kOperators) {
    if (!entry.reduction.empty() && entry.reduction == name) return &entry;
  }
  return nullptr;
}

inline std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const Operator& entry : kOperators) {
    if (!entry.function.empty()) names.emplace_back(entry.function);
  }
  return names;
}

inline std::vector<std::string> reduction_names() {
  std::vector<std::string> names;
  for (const Operator& entry : kOperators) {
    if (!entry.reduction.empty()) names.emplace_back(entry.reduction);
  }
  return names;
}

}  // namespace weft::einsum
