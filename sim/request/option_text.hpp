// Texts of options: refused, and taken apart.
#pragma once

#include <string>
#include <vector>

#include "models/common/error.hpp"

namespace weft::request {

// ConfigError about an option and its value.
[[noreturn]] inline void refuse(const std::string& option, const std::string& value,
                                const std::string& why) {
  throw ConfigError(Problem{{option, 0, 0}, "", value, why});
}

// What stands between the commas of "512,2K,7", be it nothing.
std::vector<std::string> comma_list(const std::string& text);

}  // namespace weft::request
