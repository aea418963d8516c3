#include "models/memory/access_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "models/common/input_file.hpp"
#include "models/common/limits.hpp"

namespace weft::memory {
namespace {

constexpr const char* kForm =
    "must be an address (decimal or 0x…) and R or W, such as '0x40 R' or '64,write'";

std::vector<std::string> words_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string> words;
  std::string word;
  for (const char c : line) {
    if (c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\r') {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::optional<std::uint64_t> address_of(const std::string& word) {
  const bool hex = word.starts_with("0x") || word.starts_with("0X");
  const char* begin = word.data() + (hex ? 2 : 0);
  const char* end = word.data() + word.size();
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value, hex ? 16 : 10);
  if (error != std::errc() || stop != end || begin == end) return std::nullopt;
  return value;
}

std::optional<bool> write_of(const std::string& word) {
  const std::string w = lower(word);
  if (w == "r" || w == "rd" || w == "read" || w == "0" || w == "false" || w == "ld" || w == "load")
    return false;
  if (w == "w" || w == "wr" || w == "write" || w == "1" || w == "true" || w == "st" || w == "store")
    return true;
  return std::nullopt;
}

// Where a line has its address and direction; `write` may not be there.
struct Columns {
  std::size_t address = 0;
  std::optional<std::size_t> write = 1;
  bool named = false;
};

std::optional<Columns> names_of(const std::vector<std::string>& words) {
  Columns found{0, std::nullopt, true};
  bool any = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string w = lower(words[i]);
    if (w == "address" || w == "addr") {
      found.address = i;
      any = true;
    } else if (w == "write" || w == "rw" || w == "op" || w == "type" || w == "kind" ||
               w == "is_write" || w == "command") {
      found.write = i;
    }
  }
  return any ? std::optional(found) : std::nullopt;
}

std::optional<Access> access_of(const std::vector<std::string>& words, const Columns& columns) {
  if (columns.named) {
    if (columns.address >= words.size()) return std::nullopt;
    const auto address = address_of(words[columns.address]);
    if (!address) return std::nullopt;
    if (!columns.write) return Access{*address, false};
    if (*columns.write >= words.size()) return std::nullopt;
    const auto write = write_of(words[*columns.write]);
    return write ? std::optional(Access{*address, *write}) : std::nullopt;
  }
  if (words.size() > 2) return std::nullopt;
  if (const auto address = address_of(words[0])) {
    if (words.size() == 1) return Access{*address, false};
    if (const auto write = write_of(words[1])) return Access{*address, *write};
  }
  if (words.size() == 2) {
    const auto write = write_of(words[0]);
    const auto address = address_of(words[1]);
    if (write && address) return Access{*address, *write};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Access> read_trace(const std::filesystem::path& file, std::int64_t access_bytes,
                               std::uint64_t capacity_bytes, const ReadLimits& limits) {
  return parse_accesses(read_text(file, limits.csv_bytes), file.string(), access_bytes,
                        capacity_bytes, limits);
}

std::vector<Access> parse_accesses(const std::string& text, const std::string& file,
                                   std::int64_t access_bytes, std::uint64_t capacity_bytes,
                                   const ReadLimits& limits) {
  limits.csv_bytes.hold(text.size(), {file});
  limits.csv_rows.hold(static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')),
                       {file});
  Problems problems;
  std::vector<Access> accesses;
  Columns columns;
  bool first = true;
  int line = 0;
  for (std::size_t at = 0; at < text.size() && !problems.full();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view whole = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++line;
    const std::vector<std::string> words = words_of(whole);
    if (words.empty()) continue;
    if (first) {
      first = false;
      if (const auto named = names_of(words)) {
        columns = *named;
        continue;
      }
    }
    const std::optional<Access> access = access_of(words, columns);
    const Location where{file, line, 0};
    if (!access) {
      problems.add({where, "", std::string(whole), kForm});
    } else if (access->address >= capacity_bytes) {
      problems.add({where, "address", fmt::format("{}", access->address),
                    fmt::format("must be below the {} bytes of all channels", capacity_bytes)});
    } else {
      const auto unit = static_cast<std::uint64_t>(access_bytes);
      accesses.push_back({access->address / unit * unit, access->write});
    }
  }
  problems.finish();
  if (accesses.empty())
    throw ConfigError(Problem{{file}, "", "", "has no access: a line for each"});
  return accesses;
}

}  // namespace weft::memory
