#include "models/common/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "models/common/error.hpp"

namespace weft::json {
namespace {

TEST(Writer, LaysOutObjectsAndListsInTheOrderOfTheCalls) {
  Writer writer;
  writer.begin_object();
  writer.field("b", 1);
  writer.field("a", "x");
  writer.key("list");
  writer.begin_array();
  writer.value(true);
  writer.null();
  writer.end_array();
  writer.key("empty");
  writer.begin_object();
  writer.end_object();
  writer.end_object();
  EXPECT_EQ(writer.take(),
            "{\n  \"b\": 1,\n  \"a\": \"x\",\n  \"list\": [\n    true,\n    null\n  ],\n  "
            "\"empty\": {}\n}\n");
}

TEST(Writer, CompactLayoutIsOneLine) {
  Writer writer(Layout::compact);
  writer.begin_array();
  writer.begin_object();
  writer.field("a", std::uint64_t{18446744073709551615ULL});
  writer.field("b", std::int64_t{-5});
  writer.end_object();
  writer.value(0.5);
  writer.end_array();
  EXPECT_EQ(writer.take(), "[{\"a\":18446744073709551615,\"b\":-5},0.5]");
}

std::string in_json(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

TEST(Writer, EscapesSoThatAnotherReaderGetsTheSameText) {
  std::string every_ascii;
  for (char c = 1; c < 127; ++c) every_ascii += c;
  for (const std::string& text :
       {every_ascii, std::string("π → ∞ 😀"), std::string("nul\0in", 6), std::string("\x7F")}) {
    EXPECT_EQ(nlohmann::json::parse(in_json(text)).get<std::string>(), text);
  }
}

TEST(Writer, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(in_json("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  for (const char* bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xF0\x80\x80\x80"}) {
    EXPECT_TRUE(nlohmann::json::accept(in_json(bad))) << bad;
    EXPECT_NE(in_json(bad).find("\xEF\xBF\xBD"), std::string::npos);
  }
}

// What JSON would let pass and a terminal obeys is escaped, and reads back as it was.
TEST(Writer, ControlsBeyondAsciiAreEscaped) {
  EXPECT_EQ(in_json("\xC2\x9B\xE2\x80\xAE"), "\"\\u009b\\u202e\"");
  EXPECT_EQ(in_json("\xF3\xA0\x81\x81"), "\"\\udb40\\udc41\"");
  for (const std::string text : {"\xC2\x9B", "\xE2\x81\xA6", "\xF3\xA0\x81\x81", "\xEF\xBB\xBF"})
    EXPECT_EQ(nlohmann::json::parse("[" + in_json(text) + "]")[0].get<std::string>(), text);
}

std::string number(double value) {
  Writer writer(Layout::compact);
  writer.value(value);
  return writer.take();
}

TEST(Writer, DoublesSurviveTheRoundTripAndStayShort) {
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(940e6), "9.4e+08");
  EXPECT_EQ(number(0), "0");
  std::mt19937_64 random(7);
  int compared = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(nlohmann::json::parse(number(value)).get<double>(), value);
    ++compared;
  }
  EXPECT_GT(compared, 19'000);
}

TEST(Writer, NotANumberAndInfinityAreNull) {
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "null");
}

TEST(Writer, MisuseIsAContractError) {
  Writer without_key;
  without_key.begin_object();
  EXPECT_THROW(without_key.value(1), ContractError);
  Writer crossed;
  crossed.begin_object();
  EXPECT_THROW(crossed.end_array(), ContractError);
  Writer unfinished;
  unfinished.begin_array();
  EXPECT_THROW(static_cast<void>(unfinished.take()), ContractError);
  Writer two;
  two.value(1);
  EXPECT_THROW(two.value(2), ContractError);
  Writer key_in_list;
  key_in_list.begin_array();
  EXPECT_THROW(key_in_list.key("a"), ContractError);
}

}  // namespace
}  // namespace weft::json
