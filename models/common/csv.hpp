// Reads a CSV file of a user row by row: cells by their column's name, every fault with file, line
// and column's name. Cells may be quoted ("a, b"); \ escapes \, " and n. Columns may stand in any
// order, and further ones are ignored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/error.hpp"
#include "models/common/limits_default.hpp"

namespace weft::csv {

// A cell as it is written: quoted where it must be (RFC 4180).
std::string cell(std::string_view text);

// "4K" is 4·1024, "1M" 1024²; a plain number is itself. Empty where it is neither, below zero or
// above 2^62.
std::optional<std::int64_t> count_of(const std::string& text);

// Usage: while (reader.next()) { … reader.number("latency_s") … }, then finish().
class Reader {
 public:
  // ConfigError where the file cannot be read, is empty, or lacks one of the columns `required`.
  Reader(std::string file, const std::vector<std::string>& required,
         const ReadLimits& limits = environment_limits());
  // The same for a text, which messages call `file`.
  Reader(std::string text, std::string file, const std::vector<std::string>& required,
         const ReadLimits& limits);

  // Goes to the next row that has as many cells as there are columns; false after the last one.
  bool next();

  // The cell of the current row. A cell that is no such value is recorded as a fault, and stands
  // for 0 or the first choice.
  std::string text(const std::string& column);
  double number(const std::string& column);  // finite
  std::optional<double> optional_number(
      const std::string& column);  // absent where the cell is empty or the column missing
  std::int64_t count(const std::string& column);  // of one or more, see count_of
  std::size_t choice(const std::string& column, const std::vector<std::string>& names);

  // Records a fault of the current row, for what only the caller can tell.
  void fault(const std::string& column, const std::string& message);
  Location where() const { return {file_, line_, 0}; }

  std::size_t faults() const { return problems_.size(); }

  // Throws a ConfigError with every fault found; call it once all rows are read.
  void finish() const;

 private:
  const std::string& cell(const std::string& column) const;
  // The next line, without its end; absent after the last.
  std::optional<std::string> take_line();

  std::string file_;
  std::string text_;
  std::size_t at_ = 0;  // where the next line begins
  int line_ = 0;        // of the current row, from 1
  std::map<std::string, std::size_t> columns_;
  std::vector<std::string> cells_;
  Problems problems_;
};

}  // namespace weft::csv
