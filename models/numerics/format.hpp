// The number formats a tensor can have: values in the code, text in YAML (bf16, fp32, int1 … int32,
// int4-per-token, int6-per-block-32, int8-within-1). Bits are what is counted; nothing here has a
// size in bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/common/count.hpp"
#include "models/common/error.hpp"
#include "models/common/fields.hpp"
#include "models/numerics/bf16.hpp"

namespace weft::numerics {

// integer: signed, symmetric about zero, times a scale.
enum class FormatKind : std::uint8_t { binary_float, integer };
// What has one scale, of a tensor in the order of its file, whose last dimension is the channel:
// all heads of a layer's tensor; a head; a channel of a head; a token, which is all channels at the
// same other coordinates; `block` channels in a row of a token. Or the scale is fixed by the
// largest magnitude that has a code, whatever the values are.
enum class Granularity : std::uint8_t { tensor, head, channel, token, block, fixed };
enum class Subnormals : std::uint8_t { flushed };
enum class Rounding : std::uint8_t { nearest_even };

struct Format {
  FormatKind kind = FormatKind::binary_float;
  std::uint8_t bits = 16;                         // of an element, 1 to 32
  Granularity granularity = Granularity::tensor;  // of an integer's scales
  std::int32_t block = 0;                         // channels of one scale, at Granularity::block
  float largest = 0;                              // of what has a code, at Granularity::fixed

  static const Format bf16;
  static const Format fp32;
  static Format integer(int bits, Granularity granularity = Granularity::tensor,
                        std::int32_t block = 0) {
    check(bits >= 1 && bits <= 32, "an integer has 1 to 32 bits");
    check((granularity == Granularity::block) == (block > 0),
          "blocks have a size, nothing else has");
    check(granularity != Granularity::fixed, "what is fixed is made by within()");
    return {FormatKind::integer, static_cast<std::uint8_t>(bits), granularity, block};
  }
  // Of values from −largest to largest.
  static Format within(int bits, float largest) {
    check(bits >= 1 && bits <= 32, "an integer has 1 to 32 bits");
    check(largest >= kLeastLargest && largest <= kMostLargest, "a scale is a normal number");
    return {FormatKind::integer, static_cast<std::uint8_t>(bits), Granularity::fixed, 0, largest};
  }
  static constexpr float kLeastLargest = 1e-20F;
  static constexpr float kMostLargest = 1e20F;

  constexpr bool is_integer() const { return kind == FormatKind::integer; }
  // Of any one value it is known what it becomes.
  constexpr bool rounds_alone() const { return !is_integer() || granularity == Granularity::fixed; }
  // The largest integer; the least is its negative. One bit is a sign: −1 or +1.
  constexpr std::int64_t most() const {
    return bits == 1 ? 1 : (std::int64_t{1} << (bits - 1)) - 1;
  }
  friend constexpr bool operator==(const Format&, const Format&) = default;
};
inline constexpr Format Format::bf16{FormatKind::binary_float, 16};
inline constexpr Format Format::fp32{FormatKind::binary_float, 32};

// A scale is an fp32 number. Those of a token's own (Granularity token, block) lie behind its
// elements, in memory and in the buffer; the others are constants of a head, set before it runs,
// and take no room among the elements.
inline constexpr int kScaleBits = 32;
constexpr bool has_scales_of_tokens(const Format& format) {
  return format.granularity == Granularity::token || format.granularity == Granularity::block;
}
constexpr std::int64_t scales_of_token(const Format& format, std::int64_t channels) {
  if (format.granularity == Granularity::token) return 1;
  return format.granularity == Granularity::block ? ceil_div(channels, format.block) : 0;
}

// Whole bytes that hold so many bits.
constexpr std::int64_t bytes_of_bits(std::int64_t bits) { return ceil_div(bits, 8); }

// What a binary float is.
struct FormatProperties {
  int exponent_bits = 0;
  int fraction_bits = 0;
  int bias = 0;
  Subnormals subnormals = Subnormals::flushed;
  Rounding rounding = Rounding::nearest_even;
  std::uint32_t canonical_nan = 0;  // encoded

  constexpr int bits() const { return 1 + exponent_bits + fraction_bits; }
};

constexpr FormatProperties properties(const Format& format) {
  if (format == Format::bf16)
    return {
        .exponent_bits = 8, .fraction_bits = 7, .bias = 127, .canonical_nan = kCanonicalNan >> 16};
  if (format == Format::fp32)
    return {.exponent_bits = 8, .fraction_bits = 23, .bias = 127, .canonical_nan = kCanonicalNan};
  throw ContractError("a format that is no binary float");
}

// The scale of integers whose largest magnitude is `largest`: fp32, a subnormal one is zero.
inline float scale_of_largest(const Format& format, float largest) {
  return flush(
      static_cast<float>(static_cast<double>(largest) / static_cast<double>(format.most())));
}
// x as an integer of the format times the scale: the nearest, ties to even, infinity the largest.
// Not of NaN, which has no code.
std::int64_t integer_of(const Format& format, float x, float scale);
inline float value_of(std::int64_t integer, float scale) {
  return flush(static_cast<float>(static_cast<double>(integer) * static_cast<double>(scale)));
}
// Through an integer and back; NaN stays, so that what was not there shows.
inline float through_integer(const Format& format, float x, float scale) {
  return x != x ? x : value_of(integer_of(format, x, scale), scale);
}

// The nearest value of a format, held as float. An integer has none without its scale, unless that
// is fixed: encoded.hpp.
inline float round_to(const Format& format, float x) {
  check(format.rounds_alone(), "an integer is encoded with its scale, not rounded");
  if (format.is_integer())
    return through_integer(format, x, scale_of_largest(format, format.largest));
  return format == Format::bf16 ? round_to_bf16(x) : flush(x);
}

void read_custom(const config::Value& value, Format& out, config::Reader& reader);
std::string canonical_text(const Format& format);

}  // namespace weft::numerics
