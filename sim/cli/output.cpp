#include "sim/cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "models/common/atomic_file.hpp"
#include "models/common/error.hpp"
#include "models/common/text.hpp"
#include "sim/request/option_text.hpp"

namespace weft::cli {

using namespace request;
namespace {

namespace fs = std::filesystem;

// Characters of UTF-8 text, for padding.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string scaled(double value, const std::vector<std::pair<double, const char*>>& units) {
  for (const auto& [scale, name] : units) {
    if (value >= scale) return fmt::format("{:.4g} {}", value / scale, name);
  }
  return fmt::format("{:.4g} {}", value / units.back().first, units.back().second);
}

}  // namespace

void print(std::string_view text, const std::stop_token& stop) {
  const int error = write_all(STDOUT_FILENO, text, stop);
  if (error != 0 && error != EPIPE)
    throw ConfigError(Problem{{"standard output", 0, 0},
                              "",
                              "",
                              "cannot be written: " + std::generic_category().message(error)});
}

void Outputs::expect(const std::string& option, const std::string& path, bool takes_stdout) {
  if (path.empty()) return;
  const int own = own_descriptor(path);
  if (path == "-" || own == STDOUT_FILENO) {
    if (path == "-" && !takes_stdout) refuse(option, path, "must name a file");
    if (!stdout_option_.empty())
      refuse(option, path,
             "only one output can go to standard output, and " + stdout_option_ + " does");
    stdout_option_ = option;
    return;
  }
  if (own >= 0) return;
  std::error_code code;
  const fs::path folder =
      fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
  if (fs::is_directory(path, code)) refuse(option, path, "is a folder; it must name a file");
  if (!fs::is_directory(folder, code))
    refuse(option, path, "there is no folder " + folder.string());
  const bool replaced = fs::exists(path, code);
  const bool in_place = replaced && !fs::is_regular_file(path, code);
  if ((!in_place && ::access(folder.c_str(), W_OK) != 0) ||
      (replaced && ::access(path.c_str(), W_OK) != 0)) {
    refuse(option, path, "cannot be written: " + std::generic_category().message(errno));
  }
  if (fs::is_socket(path, code)) refuse(option, path, "is a socket; it must name a file or a pipe");
  if (fs::is_block_file(path, code))
    refuse(option, path, "is a disk; it must name a file or a pipe");
  const fs::path whole = fs::weakly_canonical(path, code);
  for (const auto& [other, taken] : files_) {
    if (taken == whole && !in_place) refuse(option, path, "the same file as " + other);
  }
  files_.emplace_back(option, whole);
}

void Outputs::expect_folder(const std::string& option, const std::string& folder,
                            const std::vector<std::string>& names) {
  if (folder.empty()) return;
  if (folder == "-") refuse(option, folder, "must name a folder");
  std::error_code code;
  fs::path whole = fs::absolute(folder, code).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  if (fs::is_directory(whole, code)) {
    for (const std::string& name : names) expect(option, (fs::path(folder) / name).string(), false);
    return;
  }
  if (fs::exists(whole, code)) refuse(option, folder, "is a file; it must name a folder");
  const fs::path parent = whole.parent_path();
  if (!fs::is_directory(parent, code))
    refuse(option, folder, "there is no folder " + parent.string());
  if (::access(parent.c_str(), W_OK) != 0)
    refuse(option, folder, "cannot be made: " + std::generic_category().message(errno));
}

void Outputs::await_readers(const std::stop_token& stop) {
  std::error_code code;
  for (const auto& [option, path] : files_) {
    if (fs::is_fifo(path, code)) pipes_.push_back(open_in_place(path.string(), stop));
  }
}

void write_output(const std::string& path, std::string_view text, const std::stop_token& stop) {
  if (path.empty()) return;
  if (path == "-") return print(text, stop);
  write_file_atomically(path, text, stop);
}

void say(std::string_view text, const std::stop_token& stop) { print(visible_lines(text), stop); }

void Table::add(const std::vector<std::string>& row) {
  std::vector<std::string>& shown = rows_.emplace_back();
  for (const std::string& cell : row) shown.push_back(visible(cell));
}

std::string Table::text(std::size_t left) const {
  std::vector<std::vector<std::string>> rows = rows_;
  for (std::string& title : rows.front()) title = visible(title);
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - width(row[c]), ' ');
      line += (c == 0 ? "" : "  ") + (c < left ? row[c] + padding : padding + row[c]);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string Footnotes::mark(const std::string& source) {
  const auto found = std::find(sources_.begin(), sources_.end(), source);
  const auto number = found - sources_.begin() + 1;
  if (found == sources_.end()) sources_.push_back(source);
  return fmt::format("[{}]", number);
}

std::string Footnotes::text() const {
  std::string out;
  for (std::size_t i = 0; i < sources_.size(); ++i)
    out += fmt::format("  [{}] {}\n", i + 1, visible(sources_[i]));
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string time_text(double seconds) {
  return scaled(seconds, {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}});
}

std::string bytes_text(double bytes) {
  return scaled(bytes, {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}});
}

std::string percent_text(const std::optional<double>& share) {
  return share ? percent_text(*share) : "-";
}

std::string percent_text(double share) { return fmt::format("{:.2f} %", 100 * share); }

}  // namespace weft::cli
