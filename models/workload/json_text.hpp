// JSON from users, read strictly: no key twice, limited depth, every failure a ConfigError.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "models/common/error.hpp"

namespace weft::workload {

inline constexpr int kDeepestJson = 32;

// `field` names the text in messages, for a text that is part of a file ("header"); it may be empty.
nlohmann::json parse_json(std::string_view text, const std::string& file, const std::string& field);

}  // namespace weft::workload
