// YAML as the emitters of 1.1 and 1.2 write it: read alike, or refused with the cause. What each
// document means is by the YAML specifications (1.1 and its types for merge, bool, int and
// float; 1.2.2 core schema).
#include "models/common/yaml.hpp"

#include <gtest/gtest.h>

#include <map>

#include "models/common/fields.hpp"
#include "models/common/limits.hpp"

namespace weft::config {
namespace {

// "a=1 b.c=2 l[0]=x": every leaf of a document, quoted ones as 'x'.
void append_leaves(const Value& value, std::string& out) {
  if (value.is_map()) {
    for (const auto& [key, member] : value.members()) append_leaves(member, out);
  } else if (value.is_list()) {
    for (const Value& item : value.items()) append_leaves(item, out);
  } else {
    const std::string text = value.is_null()     ? "~"
                             : value.is_quoted() ? "'" + value.text() + "'"
                                                 : value.text();
    out += (out.empty() ? "" : " ") + value.path() + "=" + text;
  }
}

std::string leaves(const std::string& text) {
  std::string out;
  append_leaves(load_text(text, "t.yaml"), out);
  return out;
}

// What is said of a document that is refused: one problem.
std::string refusal(const std::string& text, const ReadLimits& limits = {}) {
  try {
    load_text(text, "t.yaml", "", limits);
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems().size(), 1u) << error.what();
    return error.what();
  }
  return "accepted";
}

TEST(Yaml, AnchorsAndMergeKeys) {
  EXPECT_EQ(leaves("a: &x 7\nb: *x\nc: [*x, {d: *x}]\n"), "a=7 b=7 c[0]=7 c[1].d=7");
  EXPECT_EQ(leaves("a: &one 1\nb: &one 2\nc: *one\n"), "a=1 b=2 c=2")
      << "the latest anchor of a name";
  EXPECT_EQ(leaves("base: &b {x: 1, y: 2}\nm:\n  <<: *b\n  y: 3\n"),
            "base.x=1 base.y=2 m.y=3 m.x=1")
      << "a map's own keys stand";
  EXPECT_EQ(leaves("m: {y: 3, <<: [{x: 1, z: 0}, {x: 2, w: 5}]}\n"), "m.y=3 m.x=1 m.z=0 m.w=5")
      << "earlier maps go first";
  EXPECT_EQ(leaves("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n"),
            "a.x=1 b.y=2 b.x=1 c.y=2 c.x=1");
  EXPECT_EQ(leaves("m: {'<<': 1}\n"), "m.<<=1") << "in quotes it is a key like any other";
}

TEST(Yaml, DirectivesTagsAndMarks) {
  EXPECT_EQ(leaves("%YAML 1.1\n---\na: 1\n...\n"), "a=1");
  EXPECT_EQ(leaves("%YAML 1.2\n---\na: 1\n"), "a=1");
  EXPECT_EQ(leaves("---\n---\na: 1\n---\n"), "a=1") << "documents without content";
  EXPECT_EQ(
      leaves(
          "a: !!float 3\nb: !!str 45\nc: !!int '3'\nd: !!null ''\ne: !!seq [1]\nf: !!map {g: 2}\n"),
      "a=3 b='45' c=3 d=~ e[0]=1 f.g=2");
  EXPECT_EQ(leaves("a: 1\r\nb:\r\n  - x\r\n"), "a=1 b[0]=x");
  EXPECT_EQ(leaves("a: ~\nb: null\nc: NULL\nd:\ne: 'null'\n"), "a=~ b=~ c=~ d=~ e='null'");
}

TEST(Yaml, PlacesAreThoseOfTheText) {
  const Value root = load_text("a: &x\n  - 1\nb: *x\n", "t.yaml");
  EXPECT_EQ(root.members()[1].first.where().text(), "t.yaml:3:1");
  EXPECT_EQ(root.members()[1].second.items()[0].where().text(), "t.yaml:2:5")
      << "where the aliased value is written";
  EXPECT_EQ(root.members()[1].second.items()[0].path(), "b[0]");
}

struct All {
  double number = 0;
  std::int64_t whole = 0;
  bool flag = false;
  std::string text;
};
auto fields(Tag<All>) {
  return field_table(optional("number", &All::number, {-1e300, 1e300}, "n"),
                     optional("whole", &All::whole, {-1e15, 1e15}, "w"),
                     optional("flag", &All::flag, "f"), optional("text", &All::text, "t"));
}

All read_all(const std::string& text) {
  All all;
  Reader reader;
  read(load_text(text, "t.yaml"), all, reader);
  reader.finish();
  return all;
}

std::string read_refusal(const std::string& text) {
  try {
    read_all(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Yaml, NumbersOfBothVersions) {
  const std::map<std::string, double> numbers{{"1_000", 1000},
                                              {"0x1F", 31},
                                              {"0o17", 15},
                                              {"0b101", 5},
                                              {"1e3", 1000},
                                              {"1.0e+3", 1000},
                                              {"+12", 12},
                                              {"-0x10", -16},
                                              {"1_0.5", 10.5},
                                              {"0.5", 0.5},
                                              {"685.230_15e+03", 685230.15},
                                              {"0", 0},
                                              {"00.5", 0.5},
                                              {"4K", 4096},
                                              {"-0", 0}};
  for (const auto& [text, value] : numbers)
    EXPECT_EQ(read_all("number: " + text + "\n").number, value) << text;
  EXPECT_EQ(read_all("whole: !!int '3'\n").whole, 3);
}

TEST(Yaml, BooleansOfBothVersions) {
  for (const char* text : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
    EXPECT_TRUE(read_all(std::string("flag: ") + text).flag) << text;
  for (const char* text : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
    EXPECT_FALSE(read_all(std::string("flag: ") + text).flag) << text;
  EXPECT_EQ(read_all("text: no\n").text, "no") << "text stays text";
}

TEST(YamlFaults, WhereTheVersionsDifferNothingIsGuessed) {
  for (const char* text : {"017", "-08", "0_7"})
    EXPECT_NE(
        read_refusal(std::string("whole: ") + text).find("octal in YAML 1.1 and decimal in 1.2"),
        std::string::npos)
        << text;
  for (const char* text : {"1:30", "1:30:00.5", "-190:20:30"})
    EXPECT_NE(read_refusal(std::string("number: ") + text).find("base 60"), std::string::npos)
        << text;
  for (const char* text : {"'3'", "\"3\"", "!!str 3"})
    EXPECT_NE(read_refusal(std::string("whole: ") + text).find("in quotes it is text"),
              std::string::npos)
        << text;
  for (const char* text :
       {".inf", "-.INF", ".nan", "1__0x", "_1", "1_", "0x", "0xG", "0o8", "0b2", "1,000", "~", "y"})
    EXPECT_NE(read_refusal(std::string("number: ") + text).find("number = "), std::string::npos)
        << text;
  for (const char* text : {"'true'", "y", "1", "tRUE", "~"})
    EXPECT_NE(read_refusal(std::string("flag: ") + text).find("must be true or false"),
              std::string::npos)
        << text;
}

TEST(YamlFaults, WhatIsRefusedSaysWhyInOneMessage) {
  const std::map<std::string, std::string> documents{
      {"a: 1\n---\nb: 2\n", "t.yaml:3:1: a second document begins here"},
      {"a: 1\n--- 5\n", "a second document begins here"},
      {"a: 1\na: 2\n", "t.yaml:2:1: a: the same key stands twice"},
      {"a: 1\n\"a\": 2\n", "the same key stands twice"},
      {"{<<: {x: 1}, <<: {y: 2}}\n", "<<: the same key stands twice"},
      {"a: !Container {x: 1}\n", "!Container'"},
      {"- !Component\n", "a tag that means nothing here"},
      {"a: !!python/tuple [1, 2]\n", "python/tuple"},
      {"a: !!int [1]\n", "a tag that means nothing here"},
      {"a: !!binary aGk=\n", "a tag that means nothing here"},
      {"a: &x [*x]\n", "an alias within what it names"},
      {"a: *x\n", "not YAML"},
      {"a: {<<: 5}\n", "a merge key takes a map"},
      {"a: {<<: [5]}\n", "a merge key takes a map"},
      {"? [a, b]\n: c\n", "a key must be a plain name"},
      {"~: c\n", "a key must be a plain name"},
      {"%YAML 2.0\n---\na: 1\n", "not YAML"},
      {"\xFF\xFE"
       "a",
       "UTF-16"},
      {"a: \"\x01\"\n", "not text in UTF-8"},
      {"a: b\nc: \xE9\n", "t.yaml:2: '\\xe9': not text in UTF-8"},
      {"]", "t.yaml"},
      {"# nothing\n---\n...\n", "empty"},
  };
  for (const auto& [text, says] : documents)
    EXPECT_NE(refusal(text).find(says), std::string::npos) << text << "\n" << refusal(text);
}

TEST(YamlFaults, EveryBudgetIsCheckedBeforeTheWork) {
  const auto expect = [](const std::string& setting, const std::string& text) {
    const ReadLimits tight = parse_limits(setting, "test");
    const std::string name = setting.substr(0, setting.find('='));
    EXPECT_NE(refusal(text, tight).find("the limit " + name + " is "), std::string::npos)
        << setting << ": " << refusal(text, tight);
    EXPECT_NO_THROW(load_text(text, "t.yaml")) << "the default takes it";
  };
  expect("yaml.bytes=5", "a: 123\n");
  expect("yaml.nodes=4", "a: [1, 2, 3]\n");
  expect("yaml.ahead=3000", "a: 1\nb: [" + std::string(8000, ' ') + "]\n");
  expect("yaml.depth=2", "a: {b: {c: 1}}\n");
  expect("yaml.depth=3",
         "a: &x {b: {c: 1}}\nd: {e: *x}\n");  // only as deep with the alias written out
  expect("yaml.key_bytes=3", "abcd: 1\n");
  expect("yaml.expanded=12", "a: &x [1, 2, 3]\nb: [*x, *x]\n");
  expect("yaml.expanded=9", "a: &x {b: 1}\nc: {<<: *x}\nd: {<<: *x}\n");
  const std::string maps = "l: &l [{b: 1}, {b: 2}, {b: 3}]\n";
  expect(
      "yaml.expanded=30",
      maps +
          "c: {<<: *l}\nd: {<<: *l}\ne: {<<: *l}\nf: {<<: *l}\n");  // 28, and 36 looked at to merge
  expect("yaml.expanded_bytes=20", "a: &x 0123456789\nb: *x\n");
}

TEST(YamlFaults, ManyProblemsAreCountedAndFewListed) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "unknown" + std::to_string(i) + ": 1\n";
  const std::string said = read_refusal(text);
  EXPECT_NE(said.find("unknown19: unknown key"), std::string::npos);
  EXPECT_EQ(said.find("unknown20"), std::string::npos);
  EXPECT_NE(said.find("\nand 30 more"), std::string::npos) << said;
}

TEST(YamlFaults, NothingIsEchoedThatATerminalObeys) {
  const std::string said = read_refusal("\"\\e[31mred\\u009b\": 1\nwhole: \"\\e]0;x\\a\"\n");
  EXPECT_NE(said.find("\\x1b[31mred\\u{009b}"), std::string::npos) << said;
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
  EXPECT_EQ(said.find('\x07'), std::string::npos);
}

TEST(YamlFaults, ALongValueIsCut) {
  EXPECT_LT(read_refusal("whole: " + std::string(100'000, 'x')).size(), 600u);
}

}  // namespace
}  // namespace weft::config
