// From an offset in a YAML scalar's value to the line and column in the file, through quotes, escapes and folding.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/common/error.hpp"

namespace weft::einsum {

class SourceMap {
 public:
  // `source` is the whole file, `where` the scalar's place in it, `value` what YAML makes of it.
  SourceMap(const std::string& source, const Location& where, const std::string& value);
  // `offset` counts bytes of the value; one past its end is allowed.
  Location at(std::size_t offset) const;

 private:
  std::string file_;
  std::vector<std::pair<int, int>> places_;  // line and column, by offset
};

}  // namespace weft::einsum
