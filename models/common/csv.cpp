#include "models/common/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/tokenizer.hpp>
#include <charconv>
#include <cmath>

#include "models/common/input_file.hpp"

namespace weft::csv {
namespace {

// The cells of a line; absent where a backslash escapes nothing.
std::optional<std::vector<std::string>> split(const std::string& line) {
  using Separator = boost::escaped_list_separator<char>;
  try {
    const boost::tokenizer<Separator> tokens(line, Separator());
    return std::vector<std::string>(tokens.begin(), tokens.end());
  } catch (const boost::escaped_list_error&) {
    return std::nullopt;
  }
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace

std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::optional<std::int64_t> count_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const bool kilo = text.back() == 'K';
  const bool mega = text.back() == 'M';
  const std::int64_t unit = kilo ? 1 << 10 : mega ? 1 << 20 : 1;
  std::int64_t value = 0;
  const char* last = text.data() + text.size() - (kilo || mega ? 1 : 0);
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last || value < 0 || value > (std::int64_t{1} << 62) / unit)
    return std::nullopt;
  return value * unit;
}

Reader::Reader(std::string file, const std::vector<std::string>& required, const ReadLimits& limits)
    : Reader(read_text(file, limits.csv_bytes), file, required, limits) {}

Reader::Reader(std::string text, std::string file, const std::vector<std::string>& required,
               const ReadLimits& limits)
    : file_(std::move(file)), text_(std::move(text)) {
  limits.csv_bytes.hold(text_.size(), {file_});
  limits.csv_rows.hold(static_cast<std::uint64_t>(std::count(text_.begin(), text_.end(), '\n')),
                       {file_});
  const auto first = take_line();
  if (!first)
    throw ConfigError(Problem{{file_}, "", "", "is empty; its first line names the columns"});
  const auto header = split(*first);
  if (!header)
    throw ConfigError(Problem{where(), "", "", "a backslash must be followed by \\, \" or n"});
  limits.csv_columns.hold(header->size(), where());
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < header->size(); ++i) {
    if (!columns_.emplace((*header)[i], i).second)
      problems.push_back({where(), (*header)[i], "", "this column stands here twice"});
  }
  for (const std::string& column : required) {
    if (columns_.count(column) != 0) continue;
    const std::string near = nearest_name(column, *header);
    problems.push_back(
        {where(), column, "",
         near.empty() ? "missing column" : fmt::format("missing column; is it '{}'?", near)});
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
}

std::optional<std::string> Reader::take_line() {
  if (at_ >= text_.size()) return std::nullopt;
  const std::size_t end = std::min(text_.find('\n', at_), text_.size());
  std::string line = text_.substr(at_, end - at_);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  at_ = end + 1;
  ++line_;
  return line;
}

bool Reader::next() {
  while (const auto line = take_line()) {
    if (line->empty()) continue;
    auto cells = split(*line);
    if (!cells) {
      problems_.add({where(), "", "", "a backslash must be followed by \\, \" or n"});
    } else if (cells->size() != columns_.size()) {
      problems_.add([&] {
        return Problem{
            where(), "", "",
            fmt::format("{} cells where there are {} columns", cells->size(), columns_.size())};
      });
    } else {
      cells_ = std::move(*cells);
      return true;
    }
  }
  return false;
}

const std::string& Reader::cell(const std::string& column) const {
  const auto found = columns_.find(column);
  check(found != columns_.end() && !cells_.empty(),
        "a column that was not required, or no current row");
  return cells_[found->second];
}

void Reader::fault(const std::string& column, const std::string& message) {
  problems_.add({where(), column, cell(column), message});
}

std::string Reader::text(const std::string& column) {
  const std::string& held = cell(column);
  if (held.empty()) fault(column, "must not be empty");
  return held;
}

double Reader::number(const std::string& column) {
  const auto value = number_of(cell(column));
  if (!value) fault(column, "must be a number");
  return value.value_or(0);
}

std::optional<double> Reader::optional_number(const std::string& column) {
  if (columns_.count(column) == 0 || cell(column).empty()) return std::nullopt;
  return number(column);
}

std::int64_t Reader::count(const std::string& column) {
  const auto value = count_of(cell(column));
  if (!value || *value == 0)
    fault(column, "must be a whole number of 1 or more, or one of K (1024) or M (1024²)");
  return value.value_or(1);
}

std::size_t Reader::choice(const std::string& column, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), cell(column));
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::string near = nearest_name(cell(column), names);
  fault(column, "must be " + one_of(names) +
                    (near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  return 0;
}

void Reader::finish() const { problems_.finish(); }

}  // namespace weft::csv
