// Arithmetic policies of the Einsum kernel (models/einsum/kernel.hpp): an oracle's and a machine's.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "models/common/error.hpp"
#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_double.hpp"
#include "models/numerics/exp_fp32.hpp"
#include "models/numerics/format.hpp"

namespace weft::numerics {

// The oracle: IEEE double, the product of a MACC rounded; every tensor stored as computed.
struct DoubleArithmetic {
  using Value = double;

  static Value load(double x) { return x; }
  static Value add(Value a, Value b) { return a + b; }
  static Value subtract(Value a, Value b) { return a - b; }
  static Value multiply(Value a, Value b) { return a * b; }
  static Value divide(Value a, Value b) { return a / b; }
  static Value max(Value a, Value b) {
    if (a != a || b != b) return std::numeric_limits<double>::quiet_NaN();
    if (a == b) return std::signbit(a) ? b : a;
    return a < b ? b : a;
  }
  static Value min(Value a, Value b) { return -max(-a, -b); }
  static Value macc(Value a, Value b, Value c) { return a * b + c; }
  static Value negate(Value a) { return -a; }
  static Value exp_scaled(Value x, double scale) { return exp_double(scale * x); }
  static Value store(Value x, int /*tensor*/) { return x; }
  template <class F>
  static void exponential(double scale, F f) {
    f([scale](Value x) { return exp_double(scale * x); });
  }
  template <class F>
  static void rounding(int /*tensor*/, F f) {
    f([](Value x) { return x; });
  }
};

// fp32 throughout (bf16.hpp); a tensor is rounded to its format when it is stored.
class Bf16Arithmetic {
 public:
  using Value = float;

  // `formats` by tensor id. `exp_segments` is the count of linear segments and counts under
  // ExpMethod::segments only.
  explicit Bf16Arithmetic(std::vector<Format> formats, ExpMethod exp_method = ExpMethod::maccs,
                          int exp_segments = 16)
      : formats_(std::move(formats)),
        exp_method_(exp_method),
        segments_(exp_method == ExpMethod::segments ? exp_segments : 2) {}

  // One rounding to fp32; a tensor's format comes with `store`.
  static Value load(double x) { return flush(static_cast<float>(x)); }
  static Value add(Value a, Value b) { return numerics::add(a, b); }
  static Value subtract(Value a, Value b) { return numerics::subtract(a, b); }
  static Value multiply(Value a, Value b) { return numerics::multiply(a, b); }
  static Value divide(Value a, Value b) { return numerics::divide(a, b); }
  static Value max(Value a, Value b) { return numerics::max(a, b); }
  static Value min(Value a, Value b) { return numerics::min(a, b); }
  static Value macc(Value a, Value b, Value c) { return numerics::macc(a, b, c); }
  static Value negate(Value a) { return numerics::negate(a); }

  // `scale` stays double: scale·log2 e is rounded to fp32 once.
  Value exp_scaled(Value x, double scale) const {
    const float c = softmax_scale_log2e(scale);
    return exp_method_ == ExpMethod::maccs ? exp_maccs(x, c) : exp_segments(x, c, segments_);
  }
  Value store(Value x, int tensor) const {
    check(tensor >= 0 && static_cast<std::size_t>(tensor) < formats_.size(),
          "a stored tensor has a format");
    return round_to(formats_[static_cast<std::size_t>(tensor)], x);
  }

  // For whole rows, as the kernel calls them: f gets the function of one value, with every choice
  // made before the loop.
  template <class F>
  void exponential(double scale, F f) const {
    const float c = softmax_scale_log2e(scale);
    if (exp_method_ == ExpMethod::maccs) return f([c](Value x) { return exp_maccs(x, c); });
    f([c, this](Value x) { return exp_segments(x, c, segments_); });
  }
  template <class F>
  void rounding(int tensor, F f) const {
    if (is_bf16(tensor)) return f([](Value x) { return round_to_bf16(x); });
    const Format& format = formats_[static_cast<std::size_t>(tensor)];
    if (format.is_integer()) return f([format](Value x) { return round_to(format, x); });
    f([](Value x) { return flush(x); });
  }
  // And the macc of a sum over values of tensors `a` and `b` (-1: of none); `kFused` where an fma
  // is one instruction.
  template <bool kFused, class F>
  void summing(int a, int b, F f) const {
    if constexpr (!kFused) {
      if (a >= 0 && b >= 0 && is_bf16(a) && is_bf16(b))
        return f([](Value x, Value y, Value sum) { return macc_bf16_in_sum(x, y, sum); });
    }
    f([](Value x, Value y, Value sum) { return macc_in_sum(x, y, sum); });
  }

 private:
  bool is_bf16(int tensor) const {
    check(tensor >= 0 && static_cast<std::size_t>(tensor) < formats_.size(),
          "a stored tensor has a format");
    return formats_[static_cast<std::size_t>(tensor)] == Format::bf16;
  }

  std::vector<Format> formats_;
  ExpMethod exp_method_;
  ExpSegments segments_;
};

}  // namespace weft::numerics
