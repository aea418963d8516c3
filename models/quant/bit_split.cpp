#include "models/quant/bit_split.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace weft::quant {
namespace {

constexpr int kLeastUpper = 2;
constexpr int kMostUpper = 12;
constexpr int kMostLower = 8;

// One or two digits without a sign or a leading zero.
std::optional<int> digits(std::string_view text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '0' ||
      text.front() == '-' || number < least || number > most)
    return std::nullopt;
  return number;
}

}  // namespace

void read_custom(const config::Value& value, BitSplit& out, config::Reader& reader) {
  const std::string text = value.is_scalar() ? value.text() : "";
  const std::size_t plus = text.find('+');
  const auto upper = digits(std::string_view(text).substr(0, plus), kLeastUpper, kMostUpper);
  const auto lower = plus == std::string::npos
                         ? std::optional<int>(0)
                         : digits(std::string_view(text).substr(plus + 1), 1, kMostLower);
  if (!upper || !lower) {
    reader.add({value.where(), value.path(), value.text(),
                "must be bits from 2 to 12, such as 8, or of two planes, such as 8+4 (the lower of "
                "1 to 8 bits)"});
    return;
  }
  out = {*upper, *lower};
}

std::string canonical_text(const BitSplit& split) {
  const std::string upper = std::to_string(split.upper);
  return split.lower == 0 ? upper : upper + "+" + std::to_string(split.lower);
}

}  // namespace weft::quant
