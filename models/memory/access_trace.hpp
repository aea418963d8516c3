// A file of accesses, one a line: an address, decimal or hexadecimal (0x…), and whether it reads or
// writes (R, read, 0 or W, write, 1; a line without it reads), with a comma or blanks between.
// Either may stand first. A first line of names ("address,write") says where each is, and further
// columns are then left out: what `weft memory --completions` wrote is a trace. # begins a comment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/common/limits_default.hpp"
#include "models/memory/stream.hpp"

namespace weft::memory {

// Addresses are rounded down to whole accesses of `access_bytes`. ConfigError names file and line
// of what is no access, or is at `capacity_bytes` or beyond.
std::vector<Access> read_trace(const std::filesystem::path& file, std::int64_t access_bytes,
                               std::uint64_t capacity_bytes,
                               const ReadLimits& limits = environment_limits());
// The same of a text, which messages call `file`.
std::vector<Access> parse_accesses(const std::string& text, const std::string& file,
                                   std::int64_t access_bytes, std::uint64_t capacity_bytes,
                                   const ReadLimits& limits);

}  // namespace weft::memory
