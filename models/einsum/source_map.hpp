// From an offset in a YAML scalar's value to the line and column in the file, through quotes,
// escapes and folding.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/common/error.hpp"

namespace weft::einsum {

// A whole file and where its lines begin.
class SourceText {
 public:
  explicit SourceText(const std::string& text);
  const std::string& text() const { return text_; }
  // Of a place in it, the offset; the text's end for one behind it.
  std::size_t offset(int line, int column) const;

 private:
  const std::string& text_;
  std::vector<std::size_t> lines_;
};

class SourceMap {
 public:
  // `where` is the scalar's place in the source, `value` what YAML makes of it.
  SourceMap(const SourceText& source, const Location& where, const std::string& value);
  // `offset` counts bytes of the value; one past its end is allowed.
  Location at(std::size_t offset) const;

 private:
  std::string file_;
  std::vector<std::pair<int, int>> places_;  // line and column, by offset
};

}  // namespace weft::einsum
