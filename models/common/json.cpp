#include "models/common/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "models/common/error.hpp"
#include "models/common/text.hpp"

namespace weft::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// A character that must be escaped, or that a terminal would obey where the document is printed.
void append_escaped(std::string& out, std::uint32_t code) {
  switch (code) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\t': out += "\\t"; return;
    case '\r': out += "\\r"; return;
    default: break;
  }
  if (code > 0xFFFFU) {
    out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + ((code - 0x10000U) >> 10),
                       0xDC00U + ((code - 0x10000U) & 0x3FFU));
  } else {
    out += fmt::format("\\u{:04x}", code);
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    if (bytes == 0) {
      out += kReplacement;
    } else if (code == '"' || code == '\\' || is_control(code)) {
      append_escaped(out, code);
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
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
  check(!levels_.empty() && levels_.back().close == '}' && !has_key_,
        "a key stands in a JSON object, before its value");
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
  check(!levels_.empty() && levels_.back().close == close && !has_key_,
        "the JSON object or list that ends is the last one begun");
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
