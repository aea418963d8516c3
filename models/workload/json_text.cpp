#include "models/workload/json_text.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "models/workload/file_bytes.hpp"

namespace weft::workload {
namespace {

// Line and column, from 1, of a byte.
Location place_of(std::string_view text, std::size_t byte, const std::string& file) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {file, static_cast<int>(line), static_cast<int>(std::max<std::size_t>(1, before.size() - start))};
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& file, const std::string& field) {
  using Json = nlohmann::json;
  // The parser would take a zero byte for the end of the text.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos)
    refuse(file, field, "", "not JSON from byte " + std::to_string(zero + 1) + " on");
  std::vector<std::set<std::string>> seen;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepestJson) {
      refuse(file, field, "", "nested too deep; at most " + std::to_string(kDeepestJson) + " levels are allowed");
    }
    if (event == Json::parse_event_t::object_start) seen.emplace_back();
    if (event == Json::parse_event_t::object_end) seen.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!seen.back().insert(key).second) refuse(file, field, key, "the same key stands twice");
    }
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    const std::string why = "not JSON from byte " + std::to_string(error.byte) + " on";
    if (!field.empty()) refuse(file, field, "", why);
    Problem problem;
    problem.where = place_of(text, error.byte, file);
    problem.message = why;
    throw ConfigError(std::move(problem));
  } catch (const Json::exception&) {
    refuse(file, field, "", "not JSON that can be held: a number is out of range");
  }
}

}  // namespace weft::workload
