#include "models/common/text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "models/common/error.hpp"

namespace weft {
namespace {

TEST(Text, WhatATerminalObeysIsEscaped) {
  EXPECT_EQ(visible("\x1B[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(visible("a\nb\tc\rd\x7F"), "a\\nb\\tc\\rd\\x7f");
  EXPECT_EQ(visible(std::string("nul\0", 4)), "nul\\x00");
  EXPECT_EQ(visible("\xC2\x9B"
                    "2J"),
            "\\u{009b}2J")
      << "the C1 control CSI";
  EXPECT_EQ(visible("\xE2\x80\xAE"
                    "txt"),
            "\\u{202e}txt")
      << "right-to-left override";
  EXPECT_EQ(visible("\xE2\x81\xA6\xE2\x81\xA9"), "\\u{2066}\\u{2069}") << "isolates";
  EXPECT_EQ(visible("\xE2\x80\xA8"), "\\u{2028}") << "line separator";
  EXPECT_EQ(visible("\xF3\xA0\x81\x81"), "\\u{e0041}") << "a tag";
}

TEST(Text, WhatIsNotUtf8IsShownByItsBytes) {
  EXPECT_EQ(visible("a\x9B[2J"), "a\\x9b[2J") << "CSI as a byte of Latin-1";
  EXPECT_EQ(visible("\xC0\x80"), "\\xc0\\x80") << "overlong";
  EXPECT_EQ(visible("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(visible("\xE2\x82"), "\\xe2\\x82") << "cut short";
  EXPECT_EQ(visible("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond the last code point";
}

TEST(Text, WordsOfAnyLanguageStayAsTheyAre) {
  for (const char* text : {"plain ASCII ~", "µs, π → ∞", "Größe", "日本語", "עברית", "😀"})
    EXPECT_EQ(visible(text), text);
}

TEST(Text, LinesStayWhereTheyAreAskedFor) {
  EXPECT_EQ(visible_lines("a\n\x1B"
                          "b\n"),
            "a\n\\x1bb\n");
}

TEST(Text, NoPartOfAProblemReachesATerminal) {
  const ConfigError error(Problem{
      {"fi\x1Ble\n.yaml", 3, 1}, "fie\xC2\x9Bld", "va\x07lue", "allowed: 'na\xE2\x80\xAEme\n'"});
  EXPECT_STREQ(error.what(),
               "fi\\x1ble\\n.yaml:3:1: fie\\u{009b}ld = 'va\\x07lue': allowed: 'na\\u{202e}me\\n'");
  EXPECT_EQ(error.problems().front().value, "va\x07lue") << "what was written is kept";
}

}  // namespace
}  // namespace weft
