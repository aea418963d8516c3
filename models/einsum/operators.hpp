// Every operator of the language: how it is written, its arity, its identity as a reduction, its
// laws, and what it does in an arithmetic (kernel.hpp: doubles of the oracle, bits of a machine).
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
  // Of a reduction: every value it gives is one that it was given, so that it can tell where it
  // found it.
  bool selects = false;
};

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline constexpr std::array<Operator, 12> kOperators{{
    {Op::access, "access", 0, {}, false, false, false, {}, "", ""},
    {Op::constant, "constant", 0, {}, false, false, false, {}, "", ""},
    {Op::scalar, "scalar", 0, {}, false, false, false, {}, "", ""},
    {Op::add, "+", 2, 0.0, true, true, false, Work::add, "", "sum"},
    {Op::subtract, "-", 2, {}, false, false, false, Work::add, "", ""},
    {Op::multiply, "*", 2, {}, true, true, false, Work::multiply, "", ""},
    {Op::divide, "/", 2, {}, false, false, false, Work::divide, "", ""},
    {Op::max, "max", 2, -kInfinity, true, true, true, Work::max, "max", "max", true},
    {Op::min, "min", 2, kInfinity, true, true, true, Work::max, "min", "min", true},
    {Op::exp, "exp", 1, {}, false, false, false, Work::exp, "exp", ""},
    {Op::negate, "negate", 1, {}, false, false, false, {}, "", ""},  // a sign is free
    {Op::topk, "topk", 1, {}, false, true, false, Work::max, "", "topk", true},
}};

constexpr const Operator& operator_of(Op op) { return kOperators[static_cast<std::size_t>(op)]; }

// Calls f with the operator as a function of two values; one of arity 1 leaves the second alone.
// False for a leaf, a selection and exp, which is a function of a scale as well (exp_scaled).
template <class A, class F>
bool with_operator(Op op, A& arithmetic, F f) {
  using V = typename A::Value;
  switch (op) {
    case Op::add: f([&](V a, V b) { return arithmetic.add(a, b); }); return true;
    case Op::subtract: f([&](V a, V b) { return arithmetic.subtract(a, b); }); return true;
    case Op::multiply: f([&](V a, V b) { return arithmetic.multiply(a, b); }); return true;
    case Op::divide: f([&](V a, V b) { return arithmetic.divide(a, b); }); return true;
    case Op::max: f([&](V a, V b) { return arithmetic.max(a, b); }); return true;
    case Op::min: f([&](V a, V b) { return arithmetic.min(a, b); }); return true;
    case Op::negate: f([&](V a, V) { return arithmetic.negate(a); }); return true;
    case Op::exp:
    case Op::topk:
    case Op::access:
    case Op::constant:
    case Op::scalar: break;
  }
  return false;
}

inline const Operator* function_named(std::string_view name) {
  for (const Operator& entry : kOperators) {
    if (!entry.function.empty() && entry.function == name) return &entry;
  }
  return nullptr;
}

// `selections`: whether the cascade has ranks to select for; elsewhere `topk` is a name like any.
inline const Operator* reduction_named(std::string_view name, bool selections = true) {
  for (const Operator& entry : kOperators) {
    if (entry.op == Op::topk && !selections) continue;
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
