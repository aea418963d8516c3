#include "sim/rtl/value_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weft::sim::rtl {

Values values_of(std::string_view lines) {
  Values all;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (const std::size_t equals = line.find(" = "); equals != std::string_view::npos)
      all.emplace(line.substr(0, equals), line.substr(equals + 3));
  }
  return all;
}

namespace {

// What may stand beside a value that the RTL does not have.
std::string no_such_value(std::string_view path, const Values& expected) {
  const std::string_view group = path.substr(0, path.rfind('.'));
  std::vector<std::string> names;
  const auto take = [&](std::string_view name) {
    if (name.size() > group.size() + 1 && name.starts_with(group) && name[group.size()] == '.' &&
        name.find('.', group.size() + 1) == std::string_view::npos)
      names.emplace_back(name.substr(group.size() + 1));
  };
  for (const auto& [name, value] : expected) take(name);
  for (const std::string_view name : kFreeMemory) take(name);
  std::sort(names.begin(), names.end());
  return "the RTL has no such value: leave it out" +
         (names.empty() ? "" : fmt::format("; allowed in {}: {}", group, one_of(names)));
}

}  // namespace

std::vector<Problem> differences(const Values& found, const Values& expected) {
  std::vector<Problem> all;
  for (const auto& [path, value] : found) {
    const auto other = expected.find(path);
    if (other == expected.end()) {
      all.push_back({{}, path, value, no_such_value(path, expected)});
    } else if (other->second != value) {
      all.push_back({{}, path, value, fmt::format("the RTL has {}", other->second)});
    }
  }
  for (const auto& [path, value] : expected) {
    if (!found.contains(path))
      all.push_back({{}, path, "", fmt::format("missing; the RTL has {}", value)});
  }
  return all;
}

void erase(Values& values, std::span<const std::string_view> paths) {
  for (const std::string_view path : paths) {
    if (const auto found = values.find(path); found != values.end()) values.erase(found);
  }
}

}  // namespace weft::sim::rtl
