// JSON from users, read strictly and within limits: no key twice, every failure a ConfigError, time
// linear in its size.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "models/common/error.hpp"
#include "models/common/limits.hpp"

namespace weft::workload {

struct JsonLimits {
  Limit bytes;
  Limit nodes;  // keys and values
  Limit depth;
};

// Those of a file of its own.
JsonLimits json_limits(const ReadLimits& limits);

// `field` names the text in messages, for a text that is part of a file ("header"); it may be
// empty.
nlohmann::json parse_json(std::string_view text, const std::string& file, const std::string& field,
                          const JsonLimits& limits);

}  // namespace weft::workload
