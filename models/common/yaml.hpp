// YAML at the edge: a value that remembers its file, line and dotted path, so that every message can name them.
#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/common/error.hpp"

namespace weft::config {

class Value {
 public:
  Value(YAML::Node node, std::shared_ptr<const std::string> file, std::string path)
      : node_(std::move(node)), file_(std::move(file)), path_(std::move(path)) {}

  Location where() const;
  const std::string& path() const { return path_; }
  bool is_map() const { return node_.IsMap(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_scalar() const { return node_.IsScalar(); }
  bool is_null() const { return node_.IsNull(); }
  // A quoted scalar is text even where it looks like a number.
  bool is_quoted() const { return node_.Tag() == "!"; }

  // The scalar as written; "a map", "a list" or "nothing" for the rest.
  std::string text() const;
  // Key and value in file order. The key's own place is the value's `where()` for messages about the key.
  std::vector<std::pair<Value, Value>> members() const;
  std::vector<Value> items() const;

  [[nodiscard]] Problem problem(std::string message) const { return {where(), path_, is_scalar() ? text() : "", std::move(message)}; }

 private:
  YAML::Node node_;
  std::shared_ptr<const std::string> file_;
  std::string path_;
};

// Reads and checks the document's form: readable, well-formed, not empty, no key twice. Throws ConfigError.
Value load_file(const std::filesystem::path& path);
Value load_text(const std::string& text, const std::string& file, const std::string& path = "");

}  // namespace weft::config
