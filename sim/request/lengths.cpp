#include "sim/request/lengths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft::request {
namespace {

constexpr std::size_t kMostSequences = 4096;
constexpr std::int64_t kMostSteps = 1 << 16;

struct LengthOption {
  const char* name;
  std::string PointOptions::*text;
};
constexpr std::array<LengthOption, 3> kLengths{{{"--seq", &PointOptions::seq},
                                                {"--seq-q", &PointOptions::seq_q},
                                                {"--seq-kv", &PointOptions::seq_kv}}};

}  // namespace

std::int64_t steps_of(const PointOptions& o) {
  return o.steps.empty() ? 1 : whole_number("--steps", o.steps, 1, kMostSteps);
}

std::vector<PointOptions> sequences_of(const PointOptions& o) {
  std::size_t count = 1;
  const char* first = nullptr;
  for (const LengthOption& option : kLengths) {
    const std::string& text = o.*option.text;
    const std::size_t parts = text.empty() ? 1 : comma_list(text).size();
    if (parts == 1) continue;
    if (parts > kMostSequences)
      refuse(option.name, text.substr(0, 40) + "...",
             fmt::format("has {} lengths; at most {}", parts, kMostSequences));
    if (first != nullptr && parts != count)
      refuse(
          option.name, text,
          fmt::format("has {} lengths and {} has {}: one for each sequence", parts, first, count));
    count = parts;
    first = option.name;
  }
  if (first != nullptr && !o.batch.empty())
    refuse(
        "--batch", o.batch,
        fmt::format("{} has a length for each of {} sequences: leave the batch out", first, count));
  std::vector<PointOptions> all(count, o);
  for (const LengthOption& option : kLengths) {
    if ((o.*option.text).empty()) continue;
    const std::vector<std::string> parts = comma_list(o.*option.text);
    for (std::size_t i = 0; i < count; ++i) {
      std::string& text = all[i].*option.text;
      text = parts[parts.size() == 1 ? 0 : i];
      whole_number(option.name, text, 1, kMostTokens);
    }
  }
  if (count > 1) {
    for (PointOptions& one : all) one.batch.assign(1, '1');
  }
  return all;
}

bool is_program(const PointOptions& o) {
  return !o.steps.empty() || std::any_of(kLengths.begin(), kLengths.end(), [&](const auto& option) {
    return (o.*option.text).find(',') != std::string::npos;
  });
}

}  // namespace weft::request
