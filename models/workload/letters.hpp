// What an uncased tokenizer makes of a character: lower case without accents, a space, a word of
// its own, or nothing. Known are ASCII, the Latin letters up to U+017F, Greek and Cyrillic without
// accents, spaces, general punctuation, currency signs and ideographs; of what else there is, lower
// case and accents are not told without a table of Unicode.
#pragma once

#include <cstdint>
#include <string>

namespace weft::workload {

enum class LetterKind : std::uint8_t { in_word, alone, space, dropped, unknown };

struct Letter {
  LetterKind kind = LetterKind::in_word;
  std::string text;  // in UTF-8; of in_word and alone
};

Letter letter_of(std::uint32_t code);

}  // namespace weft::workload
