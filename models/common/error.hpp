// Two kinds of failure: what a user can mend (ConfigError) and a broken contract of ours
// (ContractError).
#pragma once

#include <concepts>
#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
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
  // One line: what a terminal would obey is escaped, wherever it came from, and a long value is
  // cut.
  std::string text() const;
};

// More problems than these are counted and not listed.
inline constexpr std::size_t kMostListed = 20;

// Bad input by the user; the command exits 2. `what()` lists the problems, one a line, and how many
// more there are.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(Problem problem);
  explicit ConfigError(std::vector<Problem> problems, std::size_t more = 0);
  const std::vector<Problem>& problems() const { return problems_; }
  std::size_t more() const { return more_; }

 private:
  std::vector<Problem> problems_;
  std::size_t more_;
};

// Problems as they are found: the first kMostListed are kept, the others counted at no cost.
class Problems {
 public:
  void add(Problem problem) {
    if (!full()) listed_.push_back(std::move(problem));
    ++count_;
  }
  // For a problem whose message is dear: `make` is called only where the problem will be listed.
  template <std::invocable Make>
  void add(Make&& make) {
    if (!full()) listed_.push_back(make());
    ++count_;
  }
  bool full() const { return listed_.size() >= kMostListed; }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  // Throws a ConfigError where there are any.
  void finish() const {
    if (count_ > 0) throw ConfigError(listed_, count_ - listed_.size());
  }

 private:
  std::vector<Problem> listed_;
  std::size_t count_ = 0;
};

// A broken contract inside Weft: never the user's fault.
class ContractError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Always on, in every build.
inline void check(bool holds, std::string_view message,
                  std::source_location at = std::source_location::current()) {
  if (!holds) [[unlikely]] {
    throw ContractError(std::string(at.file_name()) + ":" + std::to_string(at.line()) + ": " +
                        std::string(message));
  }
}

// The name in `known` nearest to `name` by edit distance, or "" when none is near enough to
// suggest, or they are too many or too long to be compared with.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

// "'a', 'b' or 'c'", for messages; of many, the first ones and how many more.
std::string one_of(const std::vector<std::string>& names);

}  // namespace weft
