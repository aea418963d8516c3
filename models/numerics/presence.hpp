// An arithmetic that computes no numbers: a value is 1 where it depends on a marked operand, else
// 0. A cascade evaluated in it says which of its outputs see what.
#pragma once

#include <cstdint>

namespace weft::numerics {

struct PresenceArithmetic {
  using Value = std::uint8_t;

  static Value load(double /*constant*/) { return 0; }
  static Value add(Value a, Value b) { return a | b; }
  static Value subtract(Value a, Value b) { return a | b; }
  static Value multiply(Value a, Value b) { return a | b; }
  static Value divide(Value a, Value b) { return a | b; }
  static Value max(Value a, Value b) { return a | b; }
  static Value min(Value a, Value b) { return a | b; }
  static Value macc(Value a, Value b, Value c) { return a | b | c; }
  static Value negate(Value a) { return a; }
  static Value exp_scaled(Value x, double /*scale*/) { return x; }
  static Value store(Value x, int /*tensor*/) { return x; }
};

}  // namespace weft::numerics
