#include "models/memory/stream.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "models/common/count.hpp"
#include "models/common/error.hpp"

namespace weft::memory {
namespace {

constexpr std::int64_t kMatrixRows = 1024;
constexpr const char* kPatterns =
    "must be seq_read, seq_write, rw_alternate, rw_copy, rw_random, random_write, random_row, or "
    "gather_P with P percent of the rows from 1 to 100";

[[noreturn]] void refuse(const char* option, const std::string& value, std::string message) {
  throw ConfigError(Problem{{}, option, value, std::move(message)});
}

// Percent of "gather_P".
std::optional<std::int64_t> gather_share(const std::string& pattern) {
  constexpr std::string_view kPrefix = "gather_";
  if (!pattern.starts_with(kPrefix)) return std::nullopt;
  int percent = 0;
  const char* begin = pattern.data() + kPrefix.size();
  const char* end = pattern.data() + pattern.size();
  const auto [stop, error] = std::from_chars(begin, end, percent);
  if (error != std::errc() || stop != end || percent < 1 || percent > 100 || *begin == '0')
    return std::nullopt;
  return percent;
}

class Maker {
 public:
  explicit Maker(const StreamRequest& request) : asked_(request), draws_(request.seed) {
    stream_.reserve(static_cast<std::size_t>(request.requests));
  }

  std::vector<Access> make() {
    const std::string& p = asked_.pattern;
    const auto every = [&](auto&& access) {
      for (std::int64_t k = 0; k < asked_.requests; ++k) stream_.push_back(access(k));
    };
    if (p == "seq_read") {
      every([&](std::int64_t k) { return at(k, false); });
    } else if (p == "seq_write") {
      every([&](std::int64_t k) { return at(k, true); });
    } else if (p == "rw_alternate") {
      every([&](std::int64_t k) { return at(k, (k & 1) != 0); });
    } else if (p == "rw_copy") {
      const std::int64_t half = kStreamRegion / 2 / asked_.access_bytes;
      every([&](std::int64_t k) { return at(k / 2 + (k & 1) * half, (k & 1) != 0); });
    } else if (p == "rw_random") {
      every([&](std::int64_t) {
        const std::int64_t block = any_block();
        return at(block, draws_.pick(2) != 0);
      });
    } else if (p == "random_write") {
      every([&](std::int64_t) { return at(any_block(), true); });
    } else if (p == "random_row") {
      random_rows();
    } else if (const auto percent = gather_share(p)) {
      gathers((kMatrixRows * *percent + 50) / 100);
    } else {
      refuse("--pattern", p, kPatterns);
    }
    return std::move(stream_);
  }

 private:
  Access at(std::int64_t block, bool write) const {
    return {static_cast<std::uint64_t>(block * asked_.access_bytes), write};
  }
  std::int64_t any_block() {
    return static_cast<std::int64_t>(draws_.pick(kStreamRegion / asked_.access_bytes));
  }
  // The blocks that the row from `start` touches; in a gather one equal to the last is dropped.
  void row_at(std::int64_t start, bool drop_repeat) {
    const std::int64_t last = (start + asked_.bytes_per_row - 1) / asked_.access_bytes;
    for (std::int64_t block = start / asked_.access_bytes; block <= last; ++block) {
      const Access access = at(block, false);
      if (!(drop_repeat && !stream_.empty() && stream_.back().address == access.address))
        stream_.push_back(access);
    }
  }

  void random_rows() {
    const std::int64_t bytes = asked_.bytes_per_row;
    const std::int64_t rows = asked_.requests / ceil_div(bytes, asked_.access_bytes);
    if (rows == 0)
      refuse("--requests", std::to_string(asked_.requests),
             fmt::format("must be at least {}: a row of {} bytes",
                         ceil_div(bytes, asked_.access_bytes), bytes));
    for (std::int64_t i = 0; i < rows; ++i)
      row_at(static_cast<std::int64_t>(
                 draws_.pick(static_cast<std::uint64_t>(kStreamRegion / bytes))) *
                 bytes,
             false);
  }

  // Whole matrices, one after another in memory, `keep` rows of each in ascending order.
  void gathers(std::int64_t keep) {
    for (std::int64_t m = 0;; ++m) {
      const std::size_t before = stream_.size();
      std::int64_t kept = 0;
      for (std::int64_t i = 0; i < kMatrixRows; ++i) {
        if (static_cast<std::int64_t>(draws_.pick(static_cast<std::uint64_t>(kMatrixRows - i))) >=
            keep - kept)
          continue;
        ++kept;
        row_at((m * kMatrixRows + i) * asked_.bytes_per_row, true);
      }
      if (static_cast<std::int64_t>(stream_.size()) > asked_.requests) {
        if (before == 0)
          refuse("--requests", std::to_string(asked_.requests),
                 fmt::format("must be at least {}: gathers take whole matrices", stream_.size()));
        stream_.resize(before);
        return;
      }
      if (static_cast<std::int64_t>(stream_.size()) == asked_.requests) return;
    }
  }

  const StreamRequest& asked_;
  Draws draws_;
  std::vector<Access> stream_;
};

}  // namespace

std::vector<Access> make_stream(const StreamRequest& request) {
  check(request.requests > 0 && request.bytes_per_row > 0, "a stream has accesses and rows bytes");
  return Maker(request).make();
}

std::string stream_checksum(const std::vector<Access>& stream) {
  std::uint64_t h = 1469598103934665603ULL;
  for (const Access& a : stream) h = (h ^ (a.address | (a.write ? 1U : 0U))) * 1099511628211ULL;
  return fmt::format("{:016x}", h);
}

}  // namespace weft::memory
