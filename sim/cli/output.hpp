// Where results go: files that are complete or absent, or standard output, which a closed pipe ends
// quietly.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/descriptor.hpp"

namespace weft::cli {

// Writes to standard output in full; a reader that has gone is no error, one that does not read is
// waited for until `stop`, when Stopped is thrown. ConfigError where the device refuses.
void print(std::string_view text, const std::stop_token& stop = {});
// The same for people: what a terminal would obey is escaped, but for the ends of lines.
void say(std::string_view text, const std::stop_token& stop = {});

// The files a command was asked for, checked before the work begins and written after it has
// succeeded.
class Outputs {
 public:
  // `option` ("--json") is named in messages; "-" is standard output where `takes_stdout`. An empty
  // path is no output.
  void expect(const std::string& option, const std::string& path, bool takes_stdout);
  // A folder, made where its parent is there, and the files that go into it.
  void expect_folder(const std::string& option, const std::string& folder,
                     const std::vector<std::string>& names);
  bool uses_stdout() const { return !stdout_option_.empty(); }
  // Waits until every pipe among the files has a reader, before any of them is written; Stopped is
  // thrown at `stop`.
  void await_readers(const std::stop_token& stop);

 private:
  std::string stdout_option_;
  std::vector<std::pair<std::string, std::filesystem::path>> files_;
  std::vector<Descriptor> pipes_;  // held open until the end: a reader sees one writer
};

// To the file at once, or to standard output for "-"; nothing for an empty path. Stopped is thrown
// where a pipe makes it wait beyond `stop`.
void write_output(const std::string& path, std::string_view text, const std::stop_token& stop = {});

// Columns padded to their widest cell, the first to the left, numbers to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  // A cell is one line: what a terminal would obey is escaped.
  void add(const std::vector<std::string>& row);
  // `left` columns of text stand to the left.
  std::string text(std::size_t left = 1) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Sources by number, for what stands below tables.
class Footnotes {
 public:
  // "[2]": the number of a source, the same one for the same text.
  std::string mark(const std::string& source);
  // A line each.
  std::string text() const;

 private:
  std::vector<std::string> sources_;
};

// For people: 1,234,567; 1.23 ms; 4.56 GB; 98.7 %.
std::string grouped(std::uint64_t number);
std::string time_text(double seconds);
std::string bytes_text(double bytes);
std::string percent_text(double share);
std::string percent_text(const std::optional<double>& share);  // "-" without one

}  // namespace weft::cli
