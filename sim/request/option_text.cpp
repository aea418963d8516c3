#include "sim/request/option_text.hpp"

#include <algorithm>

namespace weft::request {

std::vector<std::string> comma_list(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, comma - begin));
    if (comma == text.size()) return parts;
    begin = comma + 1;
  }
}

}  // namespace weft::request
