#include "models/common/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "models/common/error.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() / ("weft-atomic-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}));
  }
  void expect_refused(const fs::path& path) const {
    try {
      write_file_atomically(path, "x");
      FAIL() << "written: " << path;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
    }
  }

  fs::path folder_;
};

TEST_F(AtomicFile, WritesAllBytesAndLeavesNothingBeside) {
  const std::string bytes("a\0b\n\xff", 5);
  write_file_atomically(folder_ / "f", bytes);
  EXPECT_EQ(content(folder_ / "f"), bytes);
  write_file_atomically(folder_ / "f", "");
  EXPECT_EQ(content(folder_ / "f"), "");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFile, RefusalsNameThePathAndLeaveNothing) {
  expect_refused(folder_ / "missing" / "f");
  expect_refused(folder_);
  expect_refused(folder_ / "");
  expect_refused(folder_ / std::string(300, 'n'));
  fs::create_symlink(folder_ / "nowhere" / "f", folder_ / "dangling");
  expect_refused(folder_ / "dangling");
  EXPECT_EQ(entries(), 1u) << "only the dangling link";
}

TEST_F(AtomicFile, KeepsPermissionsAndFollowsLinks) {
  write_file_atomically(folder_ / "f", "old");
  fs::permissions(folder_ / "f", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("f", folder_ / "link");
  write_file_atomically(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content(folder_ / "f"), "new");
  EXPECT_EQ(fs::status(folder_ / "f").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(AtomicFile, DeviceIsWrittenInPlace) {
  write_file_atomically("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_FALSE(fs::is_regular_file("/dev/null"));
}

TEST_F(AtomicFile, PipeIsWrittenInPlace) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = content(pipe); });
  write_file_atomically(pipe, "through");
  reader.join();
  EXPECT_EQ(got, "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(AtomicFile, ReaderNeverSeesAPart) {
  const fs::path path = folder_ / "f";
  const std::string first(200'000, 'a');
  const std::string second(300'000, 'b');
  write_file_atomically(path, first);
  std::atomic<bool> done{false};
  int reads = 0;
  int parts = 0;
  std::thread reader([&] {
    do {
      const std::string seen = content(path);
      ++reads;
      parts += seen != first && seen != second ? 1 : 0;
    } while (!done.load());
  });
  for (int i = 0; i < 200; ++i) write_file_atomically(path, i % 2 == 0 ? second : first);
  done = true;
  reader.join();
  EXPECT_GT(reads, 0);
  EXPECT_EQ(parts, 0);
}

}  // namespace
}  // namespace weft
