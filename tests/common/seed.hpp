// The seed of random tests: WEFT_SEED where it is set, else the test's own. Show it in every
// failure (SCOPED_TRACE).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace weft::test {

inline std::uint64_t seed_or(std::uint64_t own) {
  const char* given = std::getenv("WEFT_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : own;
}

inline std::string seed_text(std::uint64_t seed) { return "WEFT_SEED=" + std::to_string(seed); }

}  // namespace weft::test
