// The number formats a tensor can have: values in the code, text in YAML (bf16, fp32, int1 … int32,
// int4-per-token, int6-per-block-32). Bits are what is counted; nothing here has a size in bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/common/error.hpp"
#include "models/common/fields.hpp"
#include "models/numerics/bf16.hpp"

namespace weft::numerics {

// integer: signed, symmetric about zero, times a scale.
enum class FormatKind : std::uint8_t { binary_float, integer };
// What has one scale, of a tensor in the order of its file, whose last dimension is the channel:
// all heads of a layer's tensor; a head; a channel of a head; a token, which is all channels at the
// same other coordinates; `block` channels in a row of a token.
enum class Granularity : std::uint8_t { tensor, head, channel, token, block };
enum class Subnormals : std::uint8_t { flushed };
enum class Rounding : std::uint8_t { nearest_even };

struct Format {
  FormatKind kind = FormatKind::binary_float;
  std::uint8_t bits = 16;                         // of an element, 1 to 32
  Granularity granularity = Granularity::tensor;  // of an integer's scales
  std::int32_t block = 0;                         // channels of one scale, at Granularity::block

  static const Format bf16;
  static const Format fp32;
  static Format integer(int bits, Granularity granularity = Granularity::tensor,
                        std::int32_t block = 0) {
    check(bits >= 1 && bits <= 32, "an integer has 1 to 32 bits");
    check((granularity == Granularity::block) == (block > 0),
          "blocks have a size, nothing else has");
    return {FormatKind::integer, static_cast<std::uint8_t>(bits), granularity, block};
  }

  constexpr bool is_integer() const { return kind == FormatKind::integer; }
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
  return format.granularity == Granularity::block ? (channels + format.block - 1) / format.block
                                                  : 0;
}

// Whole bytes that hold so many bits.
constexpr std::int64_t bytes_of_bits(std::int64_t bits) {
  return bits / 8 + (bits % 8 != 0 ? 1 : 0);
}

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

// The nearest value of a binary float, held as float. An integer has none without its scale:
// encoded.hpp.
inline float round_to(const Format& format, float x) {
  check(!format.is_integer(), "an integer is encoded with its scale, not rounded");
  return format == Format::bf16 ? round_to_bf16(x) : flush(x);
}

void read_custom(const config::Value& value, Format& out, config::Reader& reader);
std::string canonical_text(const Format& format);

}  // namespace weft::numerics
