// Two kinds of failure: what a user can mend (ConfigError) and a broken contract of ours (ContractError).
#pragma once

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// A place in a user's file. `line` and `column` count from 1; 0 is "not known".
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  // "file:line:column", leaving out what is not known.
  std::string text() const;
};

// One thing wrong with an input: where, which field, what was found, what is allowed.
struct Problem {
  Location where;
  std::string field;    // dotted path or name; may be empty
  std::string value;    // as written; may be empty
  std::string message;  // what is wrong and what is allowed
  // One line: what a terminal would obey is escaped, wherever it came from.
  std::string text() const;
};

// Bad input by the user; the command exits 2. `what()` lists every problem, one a line.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(Problem problem);
  explicit ConfigError(std::vector<Problem> problems);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

// A broken contract inside Weft: never the user's fault.
class ContractError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Always on, in every build.
inline void check(bool holds, std::string_view message, std::source_location at = std::source_location::current()) {
  if (!holds) [[unlikely]] {
    throw ContractError(std::string(at.file_name()) + ":" + std::to_string(at.line()) + ": " + std::string(message));
  }
}

// The name in `known` nearest to `name` by edit distance, or "" when none is near enough to suggest.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

// "'a', 'b' or 'c'", for messages.
std::string one_of(const std::vector<std::string>& names);

}  // namespace weft
