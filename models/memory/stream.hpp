// Streams of accesses by rule: those that the reference was measured with, one entry for each 32
// bytes, and the same for parts of longer accesses. The same seed gives the same stream in any
// language: docs/units/memory/hbm.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft::memory {

struct Access {
  std::uint64_t address = 0;
  bool write = false;
  bool operator==(const Access&) const = default;
};

constexpr std::int64_t kStreamAccess = 32;                     // bytes
constexpr std::int64_t kStreamRegion = std::int64_t{1} << 30;  // every random address lies below

// A draw of a linear congruential generator.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : x_(seed) {}
  std::uint64_t next() {
    x_ = x_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return x_ >> 32;
  }
  // Uniform in [0, n); n < 2³².
  std::uint64_t pick(std::uint64_t n) { return (next() * n) >> 32; }

 private:
  std::uint64_t x_;
};

struct StreamRequest {
  std::string pattern;  // seq_read, seq_write, rw_alternate, rw_copy, rw_random, random_write,
                        // random_row, gather_P with P from 1 to 100
  std::int64_t bytes_per_row = kStreamAccess;  // of random_row and gather_P
  std::int64_t requests = 0;  // accesses at most; gathers take whole matrices of 1024 rows
  std::uint64_t seed = 1;
  std::int64_t access_bytes = kStreamAccess;  // of the part
};

// ConfigError names the option: --pattern, --bytes-per-row or --requests.
std::vector<Access> make_stream(const StreamRequest& request);

// Order-sensitive, to compare two generators; 16 hexadecimal digits.
std::string stream_checksum(const std::vector<Access>& stream);

}  // namespace weft::memory
