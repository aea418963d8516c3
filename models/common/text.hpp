// Text of others (names of files, keys, tensors, options) made safe to print: a terminal obeys what
// it is shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

// One character of UTF-8 at the start of `text`: its bytes and code point; no bytes where they are
// not well-formed (Unicode, table 3-7). `text` is not empty.
struct Utf8Character {
  std::size_t bytes = 0;
  std::uint32_t code = 0;
};
Utf8Character first_character(std::string_view text);

// What a terminal acts upon or does not show: C0 (new line and tab too), DEL, C1, marks of
// direction and of no width, line and paragraph separators, tags and characters of private use for
// them.
bool is_control(std::uint32_t code);

// The same text with every such character as \n, \t, \r, \x1b or \u{202e}, and bytes that are not
// UTF-8 as \xff.
std::string visible(std::string_view text);
// For texts of several lines: new lines stay.
std::string visible_lines(std::string_view text);

// At most `most` bytes of it, whole characters, and "…" where something was left out.
std::string shortened(std::string_view text, std::size_t most);

// The place of the first byte that no text file has: one that is not UTF-8, or a control character
// of ASCII other than tab and line breaks. npos where there is none.
std::size_t first_not_text(std::string_view bytes);

// Whether it is digits alone, and at least one.
bool all_digits(std::string_view text);

// For a POSIX shell: quoted where it must be.
std::string shell_word(const std::string& text);

}  // namespace weft
