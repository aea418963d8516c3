// The number formats a tensor can have, by name in YAML and as values in the code.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "models/common/error.hpp"
#include "models/common/fields.hpp"
#include "models/numerics/bf16.hpp"

namespace weft::numerics {

enum class Format : std::uint8_t { bf16, fp32 };
constexpr auto names(config::Tag<Format>) {
  return std::array<std::pair<std::string_view, Format>, 2>{{{"bf16", Format::bf16}, {"fp32", Format::fp32}}};
}

enum class FormatKind : std::uint8_t { binary_float };
enum class Subnormals : std::uint8_t { flushed };
enum class Rounding : std::uint8_t { nearest_even };

// What a format is. A new one is a row of `properties` and a case of `round_to`.
struct FormatProperties {
  FormatKind kind = FormatKind::binary_float;
  int exponent_bits = 0;
  int fraction_bits = 0;
  int bias = 0;
  Subnormals subnormals = Subnormals::flushed;
  Rounding rounding = Rounding::nearest_even;
  std::uint32_t canonical_nan = 0;  // encoded

  constexpr int bits() const { return 1 + exponent_bits + fraction_bits; }
};

constexpr FormatProperties properties(Format format) {
  switch (format) {
    case Format::bf16: return {.exponent_bits = 8, .fraction_bits = 7, .bias = 127, .canonical_nan = kCanonicalNan >> 16};
    case Format::fp32: return {.exponent_bits = 8, .fraction_bits = 23, .bias = 127, .canonical_nan = kCanonicalNan};
  }
  throw ContractError("unknown number format");
}

constexpr int bytes(Format format) { return properties(format).bits() / 8; }

// The nearest value of the format, held as float.
inline float round_to(Format format, float x) { return format == Format::bf16 ? round_to_bf16(x) : flush(x); }

}  // namespace weft::numerics
