#include "models/common/json.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "models/common/error.hpp"

namespace weft::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes of the well-formed UTF-8 sequence at the start of `text` (Unicode, table 3-7), or 0.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return continues(1) ? 2 : 0;
  if (first >= 0xE0U && first <= 0xEFU) {
    const unsigned second = byte(1);
    if ((first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU)) return 0;
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const unsigned second = byte(1);
    if ((first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU)) return 0;
    return continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\t': out += "\\t"; return;
    case '\r': out += "\\r"; return;
    default: break;
  }
  if (static_cast<unsigned char>(c) < 0x20U || c == '\x7F') {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  } else {
    out += c;
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      out += kReplacement;
    } else if (length == 1) {
      append_ascii(out, text.front());
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void Writer::new_line() {
  if (layout_ == Layout::compact) return;
  out_ += '\n';
  out_.append(2 * levels_.size(), ' ');
}

void Writer::before_value() {
  if (levels_.empty()) {
    check(out_.empty(), "a JSON document holds one value");
    return;
  }
  if (levels_.back().close == '}') {
    check(has_key_, "a value of a JSON object needs its key");
    has_key_ = false;
    return;
  }
  if (!std::exchange(levels_.back().empty, false)) out_ += ',';
  new_line();
}

void Writer::key(std::string_view name) {
  check(!levels_.empty() && levels_.back().close == '}' && !has_key_, "a key stands in a JSON object, before its value");
  if (!std::exchange(levels_.back().empty, false)) out_ += ',';
  new_line();
  append_quoted(out_, name);
  out_ += layout_ == Layout::pretty ? ": " : ":";
  has_key_ = true;
}

void Writer::begin(char open) {
  before_value();
  out_ += open;
  levels_.push_back({open == '{' ? '}' : ']', true});
}

void Writer::end(char close) {
  check(!levels_.empty() && levels_.back().close == close && !has_key_, "the JSON object or list that ends is the last one begun");
  const bool empty = levels_.back().empty;
  levels_.pop_back();
  if (!empty) new_line();
  out_ += close;
}

void Writer::raw(std::string_view text) {
  before_value();
  out_ += text;
}

void Writer::value(std::string_view text) {
  before_value();
  append_quoted(out_, text);
}

void Writer::value(double number) {
  if (!std::isfinite(number)) return null();
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  check(error == std::errc{}, "32 characters hold any double");
  raw({digits.data(), end});
}

std::string Writer::take() {
  check(levels_.empty() && !out_.empty(), "a JSON document is taken when its value has ended");
  if (layout_ == Layout::pretty) out_ += '\n';
  return std::exchange(out_, {});
}

}  // namespace weft::json
