#include "models/common/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace weft {
namespace {

using Range = std::pair<std::uint32_t, std::uint32_t>;

// First and last, by rising code point.
constexpr std::array<Range, 11> kControls{{
    {0x00, 0x1F},       // C0
    {0x7F, 0x9F},       // DEL and C1
    {0xAD, 0xAD},       // soft hyphen
    {0x61C, 0x61C},     // Arabic letter mark
    {0x180E, 0x180E},   // Mongolian vowel separator
    {0x200B, 0x200F},   // no width, left-to-right and right-to-left marks
    {0x2028, 0x202E},   // separators of lines and paragraphs, embeddings and overrides
    {0x2060, 0x206F},   // joiners, isolates, deprecated controls
    {0xFEFF, 0xFEFF},   // byte order mark
    {0xFFF9, 0xFFFB},   // annotations
    {0xE0000, 0xE0FFF}  // tags
}};

std::string hexadecimal(std::uint32_t number, std::size_t width) {
  std::array<char, 8> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  const std::string text(digits.data(), end);
  return std::string(width > text.size() ? width - text.size() : 0, '0') + text;
}

std::string escaped(std::uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  if (code == '\r') return "\\r";
  return code < 0x80 ? "\\x" + hexadecimal(code, 2) : "\\u{" + hexadecimal(code, 4) + "}";
}

std::string shown(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    if (bytes == 0) {
      out += "\\x" + hexadecimal(static_cast<unsigned char>(text.front()), 2);
    } else if (is_control(code) && !(keep_lines && code == '\n')) {
      out += escaped(code);
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out;
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const auto follows = [&](std::size_t i, std::uint32_t least = 0x80, std::uint32_t most = 0xBF) {
    return byte(i) >= least && byte(i) <= most;
  };
  const auto low = [&](std::size_t i) { return byte(i) & 0x3FU; };
  const std::uint32_t first = byte(0);
  if (first < 0x80U) return {1, first};
  if (first >= 0xC2U && first <= 0xDFU && follows(1)) return {2, (first & 0x1FU) << 6 | low(1)};
  // No overlong form, no surrogate, nothing beyond U+10FFFF.
  if (first >= 0xE0U && first <= 0xEFU &&
      follows(1, first == 0xE0U ? 0xA0 : 0x80, first == 0xEDU ? 0x9F : 0xBF) && follows(2)) {
    return {3, (first & 0x0FU) << 12 | low(1) << 6 | low(2)};
  }
  if (first >= 0xF0U && first <= 0xF4U &&
      follows(1, first == 0xF0U ? 0x90 : 0x80, first == 0xF4U ? 0x8F : 0xBF) && follows(2) &&
      follows(3)) {
    return {4, (first & 0x07U) << 18 | low(1) << 12 | low(2) << 6 | low(3)};
  }
  return {};
}

bool is_control(std::uint32_t code) {
  if (code >= 0x20U && code < 0x7FU) return false;
  return std::any_of(kControls.begin(), kControls.end(), [code](const Range& range) {
    return code >= range.first && code <= range.second;
  });
}

std::string visible(std::string_view text) { return shown(text, false); }

std::string visible_lines(std::string_view text) { return shown(text, true); }

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return std::string(text.substr(0, most)) + "…";
}

std::size_t first_not_text(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto [length, code] = first_character(bytes.substr(at));
    const bool control =
        (code < 0x20U && code != '\n' && code != '\r' && code != '\t') || code == 0x7FU;
    if (length == 0 || control) return at;
    at += length;
  }
  return std::string_view::npos;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=,:+-@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace weft
