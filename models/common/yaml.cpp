#include "models/common/yaml.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

namespace weft::config {
namespace {

void refuse_twice(const Value& value, int depth = 0) {
  if (depth > 64) throw ConfigError(value.problem("nested more than 64 deep"));
  if (value.is_map()) {
    std::set<std::string> seen;
    for (const auto& [key, member] : value.members()) {
      if (!key.is_scalar()) throw ConfigError(key.problem("a key must be a plain name"));
      if (!seen.insert(key.text()).second) throw ConfigError(Problem{key.where(), key.text(), "", "the same key stands twice"});
      refuse_twice(member, depth + 1);
    }
  } else if (value.is_list()) {
    for (const Value& item : value.items()) refuse_twice(item, depth + 1);
  }
}

}  // namespace

Location Value::where() const {
  const YAML::Mark mark = node_.Mark();
  return {*file_, mark.line + 1, mark.column + 1};
}

std::string Value::text() const {
  if (node_.IsScalar()) return node_.Scalar();
  if (node_.IsMap()) return "a map";
  return node_.IsSequence() ? "a list" : "nothing";
}

std::vector<std::pair<Value, Value>> Value::members() const {
  std::vector<std::pair<Value, Value>> all;
  for (const auto& member : node_) {
    const std::string name = member.first.IsScalar() ? member.first.Scalar() : "?";
    const std::string path = path_.empty() ? name : path_ + "." + name;
    all.emplace_back(Value(member.first, file_, path), Value(member.second, file_, path));
  }
  return all;
}

std::vector<Value> Value::items() const {
  std::vector<Value> all;
  for (const auto& item : node_) all.emplace_back(item, file_, path_ + "[" + std::to_string(all.size()) + "]");
  return all;
}

Value load_text(const std::string& text, const std::string& file, const std::string& path) {
  try {
    Value value(YAML::Load(text), std::make_shared<const std::string>(file), path);
    if (value.is_null()) throw ConfigError(Problem{{file, 0, 0}, path, "", "empty: nothing to read"});
    refuse_twice(value);
    return value;
  } catch (const YAML::Exception& error) {
    throw ConfigError(Problem{{file, error.mark.line + 1, error.mark.column + 1}, path, "", "not YAML: " + error.msg});
  }
}

Value load_file(const std::filesystem::path& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) throw ConfigError(Problem{{path.string(), 0, 0}, "", "", "a folder, not a YAML file"});
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    throw ConfigError(Problem{{path.string(), 0, 0}, "", "", "cannot be read, or is empty"});
  }
  return load_text(text.str(), path.string());
}

}  // namespace weft::config
