#include "models/numerics/format.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace weft::numerics {
namespace {

constexpr std::string_view kAllowed =
    "must be 'bf16', 'fp32', or 'int1' to 'int32', with -per-tensor (the default), -per-head, "
    "-per-channel, -per-token, -per-block-N (N from 1 to 65536) or -within-X (X from 1e-20 to "
    "1e20: "
    "the largest magnitude) behind it, such as int4-per-token";
constexpr std::int32_t kMostBlock = 65536;
constexpr std::array<std::pair<std::string_view, Granularity>, 4> kGranularities{
    {{"tensor", Granularity::tensor},
     {"head", Granularity::head},
     {"channel", Granularity::channel},
     {"token", Granularity::token}}};

// A number without sign or leading zero from 1 to `most`.
std::optional<std::int32_t> count_of(std::string_view text, std::int32_t most) {
  std::int32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '0' ||
      count < 1 || count > most)
    return std::nullopt;
  return count;
}

std::optional<Format> read_within(int bits, std::string_view text) {
  float largest = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), largest);
  if (error != std::errc{} || end != text.data() + text.size() ||
      !(largest >= Format::kLeastLargest && largest <= Format::kMostLargest))
    return std::nullopt;
  return Format::within(bits, largest);
}

std::optional<Format> read_integer(std::string_view text) {
  constexpr std::string_view kInt = "int";
  constexpr std::string_view kPer = "-per-";
  constexpr std::string_view kBlock = "block-";
  if (!text.starts_with(kInt)) return std::nullopt;
  text.remove_prefix(kInt.size());
  const auto bits = count_of(text.substr(0, text.find('-')), 32);
  if (!bits) return std::nullopt;
  text.remove_prefix(std::min(text.find('-'), text.size()));
  if (text.empty()) return Format::integer(*bits);
  if (constexpr std::string_view kWithin = "-within-"; text.starts_with(kWithin))
    return read_within(*bits, text.substr(kWithin.size()));
  if (!text.starts_with(kPer)) return std::nullopt;
  text.remove_prefix(kPer.size());
  for (const auto& [name, granularity] : kGranularities) {
    if (text == name) return Format::integer(*bits, granularity);
  }
  if (!text.starts_with(kBlock)) return std::nullopt;
  const auto block = count_of(text.substr(kBlock.size()), kMostBlock);
  if (!block) return std::nullopt;
  return Format::integer(*bits, Granularity::block, *block);
}

}  // namespace

std::int64_t integer_of(const Format& format, float x, float scale) {
  if (format.bits == 1) return flush(x) < 0 && scale > 0 ? -1 : 1;
  if (scale == 0) return 0;
  const auto most = static_cast<double>(format.most());
  return static_cast<std::int64_t>(std::clamp(
      std::nearbyint(static_cast<double>(flush(x)) / static_cast<double>(scale)), -most, most));
}

void read_custom(const config::Value& value, Format& out, config::Reader& reader) {
  const std::string text = value.is_scalar() ? value.text() : "";
  if (text == "bf16" || text == "fp32") {
    out = text == "bf16" ? Format::bf16 : Format::fp32;
  } else if (const auto integer = read_integer(text)) {
    out = *integer;
  } else {
    reader.add({value.where(), value.path(), value.text(), std::string(kAllowed)});
  }
}

std::string canonical_text(const Format& format) {
  if (!format.is_integer()) return format == Format::bf16 ? "bf16" : "fp32";
  std::string plain = fmt::format("int{}", format.bits);
  if (format.granularity == Granularity::tensor) return plain;
  if (format.granularity == Granularity::fixed)
    return fmt::format("{}-within-{}", plain, format.largest);
  if (format.granularity == Granularity::block)
    return fmt::format("{}-per-block-{}", plain, format.block);
  for (const auto& [name, granularity] : kGranularities) {
    if (granularity == format.granularity) return fmt::format("{}-per-{}", plain, name);
  }
  throw ContractError("a granularity without a name");
}

}  // namespace weft::numerics
