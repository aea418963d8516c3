#include "models/einsum/source_map.hpp"

#include <algorithm>

namespace weft::einsum {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Walks the file's text and counts lines and columns.
class Cursor {
 public:
  Cursor(const SourceText& source, const Location& where)
      : text_(source.text()),
        at_(source.offset(where.line, where.column)),
        line_(where.line),
        column_(where.column) {}

  bool done() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  std::pair<int, int> place() const { return {line_, column_}; }
  void skip() {
    if (done()) return;
    const bool newline = text_[at_++] == '\n';
    line_ += newline ? 1 : 0;
    column_ = newline ? 1 : column_ + 1;
  }
  void skip_blanks() {
    while (!done() && is_blank(peek())) skip();
  }
  void skip_line() {
    while (!done() && peek() != '\n') skip();
  }

 private:
  const std::string& text_;
  std::size_t at_;
  int line_;
  int column_;
};

// Steps over an anchor or a tag, an opening quote, or a block scalar's first line; returns the
// quote, if any.
char open_scalar(Cursor& cursor) {
  while (cursor.peek() == '&' || cursor.peek() == '!') {
    while (!cursor.done() && !is_blank(cursor.peek())) cursor.skip();
    cursor.skip_blanks();
  }
  const char first = cursor.peek();
  if (first == '|' || first == '>') {
    cursor.skip_line();
    cursor.skip_blanks();
    return '\0';
  }
  if (first != '"' && first != '\'') return '\0';
  cursor.skip();
  return first;
}

}  // namespace

SourceText::SourceText(const std::string& text) : text_(text), lines_{0} {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') lines_.push_back(at + 1);
  }
}

std::size_t SourceText::offset(int line, int column) const {
  if (static_cast<std::size_t>(line) > lines_.size()) return text_.size();
  return std::min(text_.size(), lines_[static_cast<std::size_t>(std::max(1, line)) - 1] +
                                    static_cast<std::size_t>(std::max(0, column - 1)));
}

SourceMap::SourceMap(const SourceText& source, const Location& where, const std::string& value)
    : file_(where.file) {
  Cursor cursor(source, where);
  const char quote = open_scalar(cursor);
  for (const char c : value) {
    if (is_blank(c) && is_blank(cursor.peek())) {
      places_.push_back(cursor.place());
      const bool folded = cursor.peek() == '\n' || cursor.peek() == '\r' || c == '\n';
      cursor.skip();
      if (folded) cursor.skip_blanks();
      continue;
    }
    places_.push_back(cursor.place());
    if ((quote == '"' && cursor.peek() == '\\') || (quote == '\'' && c == '\'')) cursor.skip();
    cursor.skip();
  }
  places_.push_back(cursor.place());
}

Location SourceMap::at(std::size_t offset) const {
  const auto [line, column] = places_[std::min(offset, places_.size() - 1)];
  return {file_, line, column};
}

}  // namespace weft::einsum
