#include "models/common/limits.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <vector>

#include "models/common/fields.hpp"

namespace weft {
namespace {

constexpr const char* kVariable = "WEFT_LIMITS";

Limit& limit_named(ReadLimits& limits, const std::string& name, const std::string& source) {
  std::vector<std::string> known;
  for (Limit ReadLimits::*member : all_limits()) {
    Limit& limit = limits.*member;
    if (limit.name == name) return limit;
    known.emplace_back(limit.name);
  }
  throw ConfigError(
      Problem{{source}, "", name, "no such limit; " + config::unknown_name(name, known)});
}

void set(ReadLimits& limits, const std::string& setting, const std::string& source) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos)
    throw ConfigError(Problem{{source}, "", setting, "must be NAME=N, such as yaml.nodes=1M"});
  Limit& limit = limit_named(limits, setting.substr(0, equals), source);
  const std::string text = setting.substr(equals + 1);
  const std::optional<double> number = config::number_of(text);
  if (!number || *number < 1 || *number > static_cast<double>(limit.most) ||
      *number != static_cast<double>(static_cast<std::uint64_t>(*number)))
    throw ConfigError(
        Problem{{source},
                std::string(limit.name),
                text,
                "must be " + config::allowed_text({1, static_cast<double>(limit.most)}, true)});
  limit.value = static_cast<std::uint64_t>(*number);
}

}  // namespace

void Limit::refuse(const Location& where) const {
  throw ConfigError(Problem{where, "", "", message()});
}

std::string Limit::message() const {
  const std::string raise = value < most
                                ? fmt::format("{}={}=N raises it, up to {}", kVariable, name, most)
                                : std::string("it cannot be raised");
  return fmt::format("more than {} {}: the limit {} is {}; {}", value, what, name, value, raise);
}

std::array<Limit ReadLimits::*, 25> all_limits() {
  return {&ReadLimits::yaml_bytes,          &ReadLimits::yaml_nodes,
          &ReadLimits::yaml_ahead,          &ReadLimits::yaml_depth,
          &ReadLimits::yaml_key_bytes,      &ReadLimits::yaml_expanded,
          &ReadLimits::yaml_expanded_bytes, &ReadLimits::json_bytes,
          &ReadLimits::json_nodes,          &ReadLimits::json_depth,
          &ReadLimits::safetensors_bytes,   &ReadLimits::safetensors_header,
          &ReadLimits::safetensors_nodes,   &ReadLimits::npy_bytes,
          &ReadLimits::npy_header,          &ReadLimits::npy_dimensions,
          &ReadLimits::csv_bytes,           &ReadLimits::csv_rows,
          &ReadLimits::csv_columns,         &ReadLimits::cascade_ranks,
          &ReadLimits::cascade_names,       &ReadLimits::cascade_einsums,
          &ReadLimits::cascade_terms,       &ReadLimits::cascade_einsum_bytes,
          &ReadLimits::cascade_depth};
}

ReadLimits parse_limits(std::string_view text, const std::string& source) {
  ReadLimits limits;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    set(limits, std::string(text.substr(0, comma)), source);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return limits;
}

const ReadLimits& environment_limits() {
  static const ReadLimits kLimits = [] {
    const char* text = std::getenv(kVariable);
    return text == nullptr ? ReadLimits{}
                           : parse_limits(text, std::string("environment variable ") + kVariable);
  }();
  return kLimits;
}

}  // namespace weft
