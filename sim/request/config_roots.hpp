// Where configurations are found: the user's own folders, then those that are shipped.
#pragma once

#include <filesystem>
#include <vector>

namespace weft::request {

// The folders of $WEFT_CONFIGS in their order, then the first of `shipped` that is there.
// ConfigError where one of the former is no folder, or there is none at all.
std::vector<std::filesystem::path> config_roots(const std::vector<std::filesystem::path>& shipped);

}  // namespace weft::request
