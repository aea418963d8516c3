// CSV files of users: cells by column, and every fault with its place.
#include "models/common/csv.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace weft::csv {
namespace {

class Csv : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  const std::string path_ = testing::TempDir() + "csv_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() + ".csv";
};
using CsvFaults = Csv;

TEST_F(Csv, CellsByColumn) {
  Reader reader(write("b,a,further\r\n\"x, \"\"y\"\"\",2.5e3,\r\n\r\nz,-1,7"), {"a", "b"});
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.text("b"), "x, y");  // a doubled quote closes and opens again
  EXPECT_EQ(reader.number("a"), 2500);
  EXPECT_FALSE(reader.optional_number("further").has_value());
  EXPECT_FALSE(reader.optional_number("no such").has_value());
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.where().line, 4);
  EXPECT_EQ(reader.optional_number("further"), 7);
  EXPECT_EQ(reader.choice("b", {"y", "z"}), 1u);
  EXPECT_FALSE(reader.next());
  EXPECT_NO_THROW(reader.finish());
}

TEST_F(Csv, MisuseIsABrokenContract) {
  Reader reader(write("a\n1\n"), {"a"});
  EXPECT_THROW(reader.number("a"), ContractError);  // no row yet
  ASSERT_TRUE(reader.next());
  EXPECT_THROW(reader.number("b"), ContractError);
}

TEST_F(CsvFaults, AllAtOnce) {
  Reader reader(write("a,b\n1\nx,nan\n0,\\q\n"), {"a", "b"});
  while (reader.next()) {
    reader.count("a");
    reader.number("b");
  }
  EXPECT_EQ(reader.faults(), 4u);
  try {
    reader.finish();
    FAIL() << "no fault found";
  } catch (const ConfigError& error) {
    ASSERT_EQ(error.problems().size(), 4u);
    EXPECT_EQ(error.problems()[0].text(), path_ + ":2: 1 cells where there are 2 columns");
    EXPECT_EQ(error.problems()[1].where.line, 3);
    EXPECT_EQ(error.problems()[2].text(), path_ + ":3: b = 'nan': must be a number");
    EXPECT_EQ(error.problems()[3].where.line, 4);
  }
}

TEST_F(CsvFaults, Header) {
  EXPECT_THROW(Reader("no/such.csv", {}), ConfigError);
  EXPECT_THROW(Reader(write(""), {}), ConfigError);
  EXPECT_THROW(Reader(write("a,a\n"), {"a"}), ConfigError);
  EXPECT_THROW(Reader(write("\\q\n"), {}), ConfigError);
  EXPECT_THROW(Reader(write("b\n"), {"a"}), ConfigError);
  EXPECT_THROW(Reader(testing::TempDir(), {}), ConfigError);  // a folder
}

TEST(CsvCounts, Units) {
  EXPECT_EQ(count_of("512"), 512);
  EXPECT_EQ(count_of("64K"), 65536);
  EXPECT_EQ(count_of("1M"), 1 << 20);
  for (const char* bad :
       {"", "K", "-1", "1.5", "1k", "1 K", "9999999999999999999", "9007199254740992M"}) {
    EXPECT_FALSE(count_of(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace weft::csv
