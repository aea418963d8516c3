#include "models/common/error.hpp"

#include <algorithm>
#include <numeric>

#include "models/common/text.hpp"

namespace weft {
namespace {

constexpr std::size_t kMostShownBytes = 200;  // of a value or a name in a message
constexpr std::size_t kMostMessageBytes = 4000;
constexpr std::size_t kMostNames = 40;       // of what is allowed
constexpr std::size_t kMostCompared = 1000;  // names, for the nearest one
constexpr std::size_t kLongestCompared = 100;

std::string join(const std::vector<Problem>& problems, std::size_t more) {
  std::string all;
  const std::size_t listed = std::min(problems.size(), kMostListed);
  for (std::size_t i = 0; i < listed; ++i) {
    if (!all.empty()) all += '\n';
    all += problems[i].text();
  }
  more += problems.size() - listed;
  if (more > 0) all += "\nand " + std::to_string(more) + " more";
  return all;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

}  // namespace

std::string Location::text() const {
  std::string text = file;
  if (line > 0) text += (text.empty() ? "line " : ":") + std::to_string(line);
  if (line > 0 && column > 0) text += ":" + std::to_string(column);
  return text;
}

std::string Problem::text() const {
  std::string text = visible(where.text());
  if (!text.empty()) text += ": ";
  if (!field.empty()) text += visible(shortened(field, kMostShownBytes));
  if (!value.empty())
    text += (field.empty() ? "'" : " = '") + visible(shortened(value, kMostShownBytes)) + "'";
  if (!field.empty() || !value.empty()) text += ": ";
  return text + visible(shortened(message, kMostMessageBytes));
}

ConfigError::ConfigError(Problem problem) : ConfigError(std::vector<Problem>{std::move(problem)}) {}

ConfigError::ConfigError(std::vector<Problem> problems, std::size_t more)
    : std::runtime_error(join(problems, more)), problems_(std::move(problems)), more_(more) {}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  if (name.size() > kLongestCompared || known.size() > kMostCompared) return best;
  std::size_t least = std::max<std::size_t>(2, name.size() / 2);
  for (const std::string& candidate : known) {
    if (std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size()) >= least)
      continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string one_of(const std::vector<std::string>& names) {
  std::string text;
  const std::size_t listed = std::min(names.size(), kMostNames);
  for (std::size_t i = 0; i < listed; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += "'" + shortened(names[i], kMostShownBytes) + "'";
  }
  if (listed < names.size())
    text += " or one of " + std::to_string(names.size() - listed) + " more";
  return text;
}

}  // namespace weft
