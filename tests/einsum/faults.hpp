// A cascade with a fault, and the message that names it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "models/einsum/load.hpp"

namespace weft::einsum::test {

inline std::vector<Problem> problems_of(const std::string& yaml) {
  try {
    parse_cascade(yaml, "bad.yaml");
  } catch (const ConfigError& error) {
    return error.problems();
  }
  return {};
}

inline std::string all_text(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += problem.text() + "\n";
  return text.empty() ? "no problem" : text;
}

struct Case {
  std::string name;
  std::string yaml;  // the fault's place is marked by `@`, which is taken out
  std::vector<std::string> says;
};

inline void expect_fault(const Case& fault) {
  std::string yaml = fault.yaml;
  std::vector<std::pair<int, int>> places;
  for (std::size_t mark = yaml.find('@'); mark != std::string::npos; mark = yaml.find('@')) {
    const std::string before = yaml.substr(0, mark);
    const int line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    places.emplace_back(line,
                        static_cast<int>(mark - (line == 1 ? 0 : before.rfind('\n') + 1)) + 1);
    yaml.erase(mark, 1);
  }
  ASSERT_FALSE(places.empty());
  const std::vector<Problem> problems = problems_of(yaml);
  ASSERT_FALSE(problems.empty()) << yaml;
  const Problem& first = problems.front();
  EXPECT_EQ(first.where.file, "bad.yaml");
  EXPECT_TRUE(std::find(places.begin(), places.end(),
                        std::pair{first.where.line, first.where.column}) != places.end())
      << all_text(problems) << "expected " << places[0].first << ":" << places[0].second << " in\n"
      << yaml;
  for (const std::string& text : fault.says)
    EXPECT_NE(first.text().find(text), std::string::npos)
        << "no \"" << text << "\" in: " << first.text();
}

}  // namespace weft::einsum::test
