// A document with one scalar of it set, for documents whose keys are not all known where `--set` is
// carried out.
#pragma once

#include <string>
#include <string_view>

#include "models/common/yaml.hpp"

namespace weft::config {

// The document with `text`, a YAML scalar, at the dotted path `rest`: in place of the scalar there,
// or as a new key of a map that is there. `path` is what messages call it, and the place of what is
// set is the setting. ConfigError names the path, the value and what is allowed.
Value with_scalar(const Value& document, std::string_view path, std::string_view rest,
                  const std::string& text);

// "path = text" a line, in the order of the file.
void canonical(const Value& value, const std::string& path, std::string& out);

}  // namespace weft::config
