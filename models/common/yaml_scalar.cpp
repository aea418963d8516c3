#include "models/common/yaml_scalar.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "models/common/fields.hpp"
#include "models/common/text.hpp"

namespace weft::config {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text;
}

// A whole number with 0 before it: octal in YAML 1.1, decimal in 1.2.
bool has_leading_zero(std::string_view text) {
  const std::string_view digits = without_sign(text);
  return digits.size() > 1 && digits.front() == '0' && all_digits(digits);
}

// 1:30 or 1:30:00.5, in base 60 in YAML 1.1.
bool is_sexagesimal(std::string_view text) {
  const std::string_view rest = without_sign(text);
  return rest.find(':') != std::string_view::npos && is_digit(rest.front()) &&
         rest.find_first_not_of("0123456789:._") == std::string_view::npos;
}

// Underscores between digits left out; nothing where one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain += text[i];
    } else if (i == 0 || i + 1 == text.size() ||
               std::isxdigit(static_cast<unsigned char>(text[i - 1])) == 0 ||
               std::isxdigit(static_cast<unsigned char>(text[i + 1])) == 0) {
      return std::nullopt;
    }
  }
  return plain;
}

std::optional<double> based_number(std::string_view text) {
  const std::string_view digits = without_sign(text);
  for (const auto& [prefix, base] :
       {std::pair<std::string_view, int>{"0x", 16}, {"0o", 8}, {"0b", 2}}) {
    if (!digits.starts_with(prefix)) continue;
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data() + prefix.size(), digits.data() + digits.size(), value, base);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return text.front() == '-' ? -static_cast<double>(value) : static_cast<double>(value);
  }
  return std::nullopt;
}

template <std::size_t N>
bool is_word(std::string_view text, const std::array<std::string_view, N>& words) {
  for (const std::string_view word : words) {
    if (text.size() != word.size()) continue;
    std::string capitalised(word);
    capitalised.front() =
        static_cast<char>(std::toupper(static_cast<unsigned char>(capitalised.front())));
    std::string capital;
    for (const char c : word)
      capital += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (text == word || text == capitalised || text == capital) return true;
  }
  return false;
}

}  // namespace

std::optional<double> yaml_number(std::string_view text) {
  if (has_leading_zero(text) || text.size() > 1000) return std::nullopt;
  const auto plain = without_underscores(text);
  if (!plain || has_leading_zero(*plain)) return std::nullopt;
  if (const auto based = based_number(*plain)) return based;
  return number_of(*plain);
}

std::string number_trouble(std::string_view text) {
  const auto plain = without_underscores(text);
  if (plain && has_leading_zero(*plain))
    return "; a number that begins with 0 is octal in YAML 1.1 and decimal in 1.2: write 0o17 or "
           "15";
  if (is_sexagesimal(text))
    return "; digits with colons are a number in base 60 in YAML 1.1 and text in 1.2: write the "
           "number";
  return "";
}

std::optional<bool> yaml_bool(std::string_view text) {
  static constexpr std::array<std::string_view, 3> kTrue{"true", "yes", "on"};
  static constexpr std::array<std::string_view, 3> kFalse{"false", "no", "off"};
  if (is_word(text, kTrue)) return true;
  if (is_word(text, kFalse)) return false;
  return std::nullopt;
}

std::optional<double> yaml_infinity(std::string_view text) {
  const std::string_view word = without_sign(text);
  if (word != "inf" && word != ".inf" && word != ".Inf" && word != ".INF") return std::nullopt;
  const double infinity = std::numeric_limits<double>::infinity();
  return text.front() == '-' ? -infinity : infinity;
}

}  // namespace weft::config
