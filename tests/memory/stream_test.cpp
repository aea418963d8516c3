// Streams against the checksums that the page's Python and another driver agreed on.
#include "models/memory/stream.hpp"

#include <gtest/gtest.h>

#include "models/common/error.hpp"
#include "models/memory/access_trace.hpp"
#include "tests/memory/written_file.hpp"

namespace weft::memory {
namespace {

TEST(Stream, FirstDraws) {
  Draws draws(1);
  for (const std::uint64_t want :
       {1817669548ULL, 2187888307ULL, 2784682393ULL, 1644385741ULL, 3416422068ULL})
    EXPECT_EQ(draws.next(), want);
}

TEST(Stream, ChecksumsOfThePage) {
  struct Case {
    const char* pattern;
    std::int64_t bytes, requests;
    std::size_t size;
    const char* checksum;
  };
  const std::vector<Case> cases{
      {"seq_read", 32, 32768, 32768, "35c994a7228b0383"},
      {"rw_random", 32, 32768, 32768, "9f1b747d728f242f"},
      {"random_row", 32, 32768, 32768, "b41c83d2136655e3"},
      {"random_row", 48, 32768, 32768, "57557ae9dcae8583"},
      {"random_row", 64, 32768, 32768, "984c09d18e6d2203"},
      {"random_row", 96, 32768, 32766, "0ebb0a636a4ee18b"},
      {"random_row", 128, 32768, 32768, "75a15feb88095083"},
      {"random_row", 256, 32768, 32768, "42665fdd69723583"},
      {"gather_20", 96, 615, 615, "1870009fbea22cb1"},
      {"gather_50", 96, 1536, 1536, "226338d026e53d03"},
      {"gather_80", 96, 2457, 2457, "8c02eecd2ab76199"},
      {"gather_50", 96, 24576, 24576, "4fb88e5a09725b63"},
      {"gather_50", 96, 26111, 24576, "4fb88e5a09725b63"},  // no whole matrix more
      {"gather_50", 48, 907, 907, "233343084f49c121"},
  };
  for (const Case& one : cases) {
    const auto stream = make_stream({one.pattern, one.bytes, one.requests, 1});
    EXPECT_EQ(stream.size(), one.size) << one.pattern << one.bytes;
    EXPECT_EQ(stream_checksum(stream), one.checksum) << one.pattern << one.bytes;
  }
}

TEST(Stream, PatternsByTheirRule) {
  const auto copy = make_stream({"rw_copy", 32, 4, 1});
  EXPECT_EQ(copy, (std::vector<Access>{
                      {0, false}, {1 << 29, true}, {32, false}, {(1 << 29) + 32, true}}));
  const auto turns = make_stream({"rw_alternate", 32, 3, 1});
  EXPECT_EQ(turns, (std::vector<Access>{{0, false}, {32, true}, {64, false}}));
  for (const Access& one : make_stream({"random_write", 32, 1000, 7})) {
    EXPECT_TRUE(one.write);
    EXPECT_LT(one.address, std::uint64_t{1} << 30);
  }
  EXPECT_EQ(make_stream({"gather_100", 32, 1024, 1}).size(), 1024U);
}

std::string refused(const StreamRequest& request) {
  try {
    make_stream(request);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Stream, WhatCannotBeIsRefused) {
  for (const char* pattern : {"seq", "gather_", "gather_0", "gather_101", "gather_05", "gather_5x"})
    EXPECT_NE(refused({pattern, 32, 1024, 1}).find("--pattern"), std::string::npos) << pattern;
  EXPECT_NE(refused({"gather_50", 96, 1535, 1}).find("at least 1536"), std::string::npos);
  EXPECT_NE(refused({"random_row", 96, 2, 1}).find("at least 3"), std::string::npos);
}

TEST(Trace, InEveryFormThatItTakes) {
  const std::vector<Access> want{{64, false}, {96, true}, {0, false}};
  for (const char* text :
       {"64,R\n96,W\n0,R\n", "R 0x40\nW 0x60\nR 0x0\n", "# mine\n0x41 read\n\n97\twrite # odd\n0\n",
        "address,write\n64,0\n96,1\n0,0\n", "done_cycle,write,address\n7,0,64\n9,1,96\n9,0,0",
        "address op\r\n64 r\r\n96 w\r\n0 r\r\n"})
    EXPECT_EQ(read_trace(test::WrittenFile("stream_test.trace", text).path(), 32, 1 << 20), want)
        << text;
}

TEST(Trace, FaultsByLine) {
  const auto fault = [](const std::string& text) -> std::string {
    try {
      read_trace(test::WrittenFile("stream_test.trace", text).path(), 32, 1 << 20);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(fault("64 R\nfoo W\n").find(":2: 'foo W'"), std::string::npos)
      << fault("64 R\nfoo W\n");
  EXPECT_NE(fault("64 X\n").find(":1"), std::string::npos);
  EXPECT_NE(fault("0 R\n1048576 R\n").find("below the 1048576 bytes"), std::string::npos);
  EXPECT_NE(fault("-5 R\n").find(":1"), std::string::npos);
  EXPECT_NE(fault("1 2 3\n").find(":1"), std::string::npos);
  EXPECT_NE(fault("# nothing\n").find("no access"), std::string::npos);
}

}  // namespace
}  // namespace weft::memory
