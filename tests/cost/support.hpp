// What the tests of cost tables share: a folder of their own, a sound table as text, refusals.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "models/common/error.hpp"

namespace weft::cost::test {

inline const std::string kTables = WEFT_SOURCE_DIR "/configs/cost/";

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              ("weft-cost-" + std::to_string(::getpid()) + "-" + test->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }

  std::filesystem::path folder_;
};

// One number a line, so that a fault's line is known.
inline const std::string kSound = R"(description: a table
node: 45
voltage_v: 0.9
operations:
  macc:
    energy: {pj: 2, source: a book}
    area: {um2: 10, source: a book}
register_file:
  read: {pj: 0.5, source: a book}
  write: {pj: 0.25, source: a book}
  charged: every_element
  reads_per_macc: 3
  writes_per_macc: 3
  reads_per_operation: 2
  writes_per_operation: 1
buffer_energy:
  - {bytes: 1024, row_bytes: 8, read_pj: 4, write_pj: 8, source: the small one}
  - {bytes: 4096, row_bytes: 16, read_pj: 16, write_pj: 16, source: the large one}
buffer_area:
  - {bytes: 1024, row_bytes: 8, um2: 100, source: a book}
dram_per_bit: {pj: 3.9, source: a book}
)";

// The text with one part replaced; the part must be there.
inline std::string with(std::string text, const std::string& part, const std::string& by) {
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return at == std::string::npos ? text : text.replace(at, part.size(), by);
}

// The message of the ConfigError that `run` throws.
template <class Run>
std::string refusal(Run run) {
  try {
    run();
  } catch (const ConfigError& error) {
    return error.what();
  }
  ADD_FAILURE() << "not refused";
  return "";
}

}  // namespace weft::cost::test
