// Limits of the readers as they are set, and which files are opened at all.
#include "models/common/limits.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "models/common/input_file.hpp"
#include "models/common/text.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;

TEST(Limits, AreSetByName) {
  const ReadLimits set = parse_limits("yaml.nodes=1K,csv.rows=7", "test");
  EXPECT_EQ(set.yaml_nodes.value, 1024u);
  EXPECT_EQ(set.csv_rows.value, 7u);
  EXPECT_EQ(set.json_nodes.value, ReadLimits{}.json_nodes.value);
  EXPECT_EQ(parse_limits("", "test").yaml_nodes.value, ReadLimits{}.yaml_nodes.value);
}

TEST(Limits, EachHasANameOfItsOwnAndADefaultWithinItsRange) {
  ReadLimits limits;
  std::vector<std::string_view> names;
  for (Limit ReadLimits::*member : all_limits()) {
    const Limit& limit = limits.*member;
    EXPECT_LE(limit.value, limit.most) << limit.name;
    EXPECT_GT(limit.value, 0u) << limit.name;
    names.push_back(limit.name);
    EXPECT_EQ((parse_limits(std::string(limit.name) + "=1", "test").*member).value, 1u)
        << limit.name;
  }
  EXPECT_EQ(sizeof(ReadLimits), names.size() * sizeof(Limit)) << "all_limits() lists every one";
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(LimitsFaults, AreRefusedByName) {
  const auto refusal = [](const std::string& text) {
    try {
      parse_limits(text, "WEFT_LIMITS");
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_NE(refusal("yaml.node=1").find("did you mean 'yaml.nodes'?"), std::string::npos);
  for (const char* value : {"0", "-1", "x", "", "1.5", "1e300", "257"})
    EXPECT_NE(refusal(std::string("yaml.depth=") + value).find("from 1 to 256"), std::string::npos)
        << value;
  EXPECT_NE(refusal("yaml.depth").find("NAME=N"), std::string::npos);
}

class InputFileFaults : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("weft-input-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string refusal(const fs::path& path) {
    try {
      read_text(path, ReadLimits{}.yaml_bytes);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }

  fs::path folder_;
};

TEST_F(InputFileFaults, WhatIsNoRegularFileIsRefusedAtOnce) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const fs::path name = folder_ / "s";
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  fs::create_symlink("/dev/zero", folder_ / "zero");
  EXPECT_NE(refusal(pipe).find("must be a regular file, not a pipe"), std::string::npos);
  EXPECT_NE(refusal(name).find("not a socket"), std::string::npos);
  EXPECT_NE(refusal(folder_ / "zero").find("not a device"), std::string::npos);
  EXPECT_NE(refusal(folder_).find("not a folder"), std::string::npos);
  EXPECT_NE(refusal(folder_ / "none").find("no such file"), std::string::npos);
  ::close(socket);
}

TEST_F(InputFileFaults, AFileIsReadWhole) {
  std::string bytes(3'000'000, 'a');
  bytes[2'999'999] = 'z';
  std::ofstream(folder_ / "f", std::ios::binary) << "\xEF\xBB\xBF" << bytes;
  fs::create_symlink(folder_ / "f", folder_ / "link");
  EXPECT_EQ(read_text(folder_ / "link", ReadLimits{}.yaml_bytes), bytes)
      << "without its byte order mark";
  EXPECT_EQ(InputFile(folder_ / "f").read(1'000'000, 2), "aa");
  EXPECT_EQ(InputFile(folder_ / "f").read(3'000'002, 9), "z");
  EXPECT_FALSE(read_text("/proc/self/status", ReadLimits{}.yaml_bytes).empty())
      << "says that it is empty";
}

TEST_F(InputFileFaults, ASparseFileIsRefusedByItsSize) {
  std::ofstream(folder_ / "f");
  fs::resize_file(folder_ / "f", std::uintmax_t{1} << 40);
  EXPECT_NE(refusal(folder_ / "f").find("the limit yaml.bytes is 4194304"), std::string::npos);
}

TEST(Text, IsToldFromWhatIsNone) {
  EXPECT_EQ(shortened("µµµµ", 4), "µµ…");
  EXPECT_EQ(shortened("µµµµ", 5), "µµ…") << "whole characters";
  EXPECT_EQ(shortened("µµ", 4), "µµ");
  EXPECT_EQ(first_not_text("a\tb\r\n–"), std::string_view::npos);
  EXPECT_EQ(first_not_text("ab\x1b"), 2u);
  EXPECT_EQ(first_not_text("ab\xE9z"), 2u);
}

}  // namespace
}  // namespace weft
