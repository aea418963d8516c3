#include "models/common/fields.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace weft::config {

Location origin_of(const Origins& origins, std::string_view path) {
  while (true) {
    if (const auto found = origins.find(path); found != origins.end()) return found->second;
    const auto cut = path.find_last_of(".[");
    if (cut == std::string_view::npos) break;
    path = path.substr(0, cut);
  }
  const auto root = origins.find(std::string_view{});
  return root != origins.end() ? Location{root->second.file, 0, 0} : Location{};
}

std::optional<double> number_of(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  if (suffix.empty()) return number;
  constexpr std::array<std::pair<std::string_view, int>, 9> kSuffixes{{{"K", 10},
                                                                       {"M", 20},
                                                                       {"G", 30},
                                                                       {"KiB", 10},
                                                                       {"MiB", 20},
                                                                       {"GiB", 30},
                                                                       {"k", 10},
                                                                       {"Ki", 10},
                                                                       {"Mi", 20}}};
  for (const auto& [name, power] : kSuffixes) {
    if (suffix == name) return std::ldexp(number, power);
  }
  return std::nullopt;
}

std::string dotted(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '[') {
      out += '.';
    } else if (path[i] != ']') {
      out += path[i];
    }
  }
  return out;
}

std::string number_text(double value) { return fmt::format("{}", value); }

std::string allowed_text(Range range, bool whole) {
  return fmt::format("a {} from {} to {}", whole ? "whole number" : "number",
                     number_text(range.least), number_text(range.most));
}

std::string unknown_name(std::string_view name, const std::vector<std::string>& known) {
  const std::string near = nearest_name(name, known);
  return (near.empty() ? "" : "did you mean '" + near + "'? ") + "Allowed: " + one_of(known);
}

}  // namespace weft::config
