#include "models/workload/letters.hpp"

#include <array>
#include <string_view>

namespace weft::workload {
namespace {

constexpr std::uint32_t kLatinBegin = 0xC0;
constexpr std::uint32_t kLatinEnd = 0x180;
// Lower case without accents, of U+00C0 to U+017F.
constexpr std::u32string_view kLatin =
    U"aaaaaaæceeeeiiiiðnooooo×øuuuuyþßaaaaaaæceeeeiiiiðnooooo÷øuuuuyþyaaaaaaccccccccddđđ"
    U"eeeeeeeeeegggggggghhħħiiiiiiiiiıĳĳjjkkĸllllllŀŀłłnnnnnnŉŋŋooooooœœrrrrrrssssssss"
    U"ttttŧŧuuuuuuuuuuuuwwyyyzzzzzzſ";
static_assert(kLatin.size() == kLatinEnd - kLatinBegin);

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
template <std::size_t N>
constexpr bool within(const std::array<Range, N>& ranges, std::uint32_t code) {
  for (const Range& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

constexpr std::array<Range, 8> kSpaces{{{0x09, 0x0D},
                                        {0x1C, 0x20},
                                        {0x85, 0x85},
                                        {0xA0, 0xA0},
                                        {0x2000, 0x200A},
                                        {0x2028, 0x2029},
                                        {0x202F, 0x202F},
                                        {0x205F, 0x205F}}};
// Controls, marks of direction and of no width, combining accents, what stood for bad bytes.
constexpr std::array<Range, 9> kDropped{{{0x00, 0x1F},
                                         {0x7F, 0x9F},
                                         {0xAD, 0xAD},
                                         {0x0300, 0x036F},
                                         {0x200B, 0x200F},
                                         {0x202A, 0x202E},
                                         {0x2060, 0x206F},
                                         {0xFEFF, 0xFEFF},
                                         {0xFFFD, 0xFFFD}}};
constexpr std::array<Range, 2> kSignsWithinWords{{{0x2044, 0x2044}, {0x2052, 0x2052}}};
// Punctuation, symbols of ASCII, ideographs.
constexpr std::array<Range, 20> kAlone{
    {{33, 47},           {58, 64},           {91, 96},         {123, 126},
     {0xA1, 0xA1},       {0xA7, 0xA7},       {0xAB, 0xAB},     {0xB6, 0xB7},
     {0xBB, 0xBB},       {0xBF, 0xBF},       {0x2010, 0x2027}, {0x2030, 0x205E},
     {0x3001, 0x3002},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF}, {0x20000, 0x2A6DF},
     {0x2A700, 0x2B81F}, {0x2B820, 0x2CEAF}, {0xF900, 0xFAFF}, {0x2F800, 0x2FA1F}}};
// As they are: digits and lower case, signs of Latin-1, currencies, Greek and Cyrillic.
constexpr std::array<Range, 6> kAsTheyAre{
    {{'0', '9'}, {'a', 'z'}, {0xA2, 0xBE}, {0x03B1, 0x03C9}, {0x0430, 0x044F}, {0x20A0, 0x20BF}}};

std::string utf8(std::uint32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

// Lower case of what has another; й and ё are и and е with accents.
std::uint32_t lowered(std::uint32_t code) {
  if (code >= 'A' && code <= 'Z') return code + 0x20;
  if (code >= kLatinBegin && code < kLatinEnd) return kLatin[code - kLatinBegin];
  if (code == 0x0419 || code == 0x0439) return 0x0438;
  if (code == 0x0401 || code == 0x0451) return 0x0435;
  if (code >= 0x0410 && code <= 0x042F) return code + 0x20;
  // A capital sigma's lower case depends on where it stands.
  if (code >= 0x0391 && code <= 0x03A9 && code != 0x03A2 && code != 0x03A3) return code + 0x20;
  return 0;
}

}  // namespace

Letter letter_of(std::uint32_t code) {
  if (within(kSpaces, code) || code == 0x3000) return {LetterKind::space, ""};
  if (within(kDropped, code)) return {LetterKind::dropped, ""};
  if (within(kSignsWithinWords, code)) return {LetterKind::in_word, utf8(code)};
  if (within(kAlone, code)) return {LetterKind::alone, utf8(code)};
  if (const std::uint32_t lower = lowered(code); lower != 0)
    return {LetterKind::in_word, utf8(lower)};
  if (within(kAsTheyAre, code)) return {LetterKind::in_word, utf8(code)};
  return {LetterKind::unknown, ""};
}

}  // namespace weft::workload
