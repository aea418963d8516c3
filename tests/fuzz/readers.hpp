// Every reader of a user's file, as a function of bytes: what the fuzzer and the replay of its
// corpus drive.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weft::fuzz {

struct Reader {
  std::string_view name;  // of its folder in tests/fuzz/corpus
  // Reads `bytes`. False where they were refused by a ConfigError whose message is plain text;
  // anything else that is thrown is a finding.
  bool (*read)(const std::string& bytes);
};

std::span<const Reader> readers();

}  // namespace weft::fuzz
