// The published files: what a user may add, and how faults are told.
#include <filesystem>
#include <fstream>
#include <functional>

#include "models/common/error.hpp"
#include "models/evaluation/published.hpp"
#include "tests/evaluation/support.hpp"

namespace weft::evaluation::test {
namespace {

class PublishedFiles : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }
  std::string copy_with(const std::string& name, const std::string& line) {
    std::ifstream in(published_file(name));
    std::ofstream(path_) << in.rdbuf() << line;
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  const std::string path_ =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".csv";
};
using PublishedFaults = PublishedFiles;

void expect_says(const std::function<void()>& read, const std::vector<std::string>& parts) {
  try {
    read();
    FAIL() << "no fault found";
  } catch (const ConfigError& error) {
    for (const std::string& part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << part << " in\n"
                                                                         << error.what();
  }
}

const std::string kAttentionHeader =
    "config,model,seq_len,latency_s,traffic_bytes,energy_pj,util_2d,util_1d,QK\n";

TEST_F(PublishedFiles, KeepsRowsOfOtherModels) {
  const auto rows = read_published_attention(
      copy_with("fusemax-attention.csv", "binding,GPT,2K,0.5,7,9,0.5,1,,,,,,\n"));
  ASSERT_EQ(rows.size(), 41u);
  EXPECT_EQ(rows.back().model, "GPT");
  EXPECT_EQ(rows.back().length, 2048);
  EXPECT_EQ(rows.back().line, 42);
  EXPECT_FALSE(rows.back().einsums.qk.has_value());
}

TEST_F(PublishedFiles, ColumnsInAnyOrderQuotedWithWindowsEnds) {
  const auto rows =
      read_published_linear(write("note,energy_pj,traffic_bytes,latency_s,seq_len,model,"
                                  "config\r\n\"a, b\",3,2,1,512,\"BERT\",flat\r\n\r\n"));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].config, Config::flat);
  EXPECT_EQ(rows[0].model, "BERT");
  EXPECT_EQ(rows[0].length, 512);
  EXPECT_EQ(rows[0].energy_pj, 3);
}

// A mapping of one's own for a model goes before that of another with the same width.
TEST_F(PublishedFiles, OwnMappingGoesFirst) {
  const auto published = read_flat_mappings(published_file("flat-mappings-cloud.csv"));
  EXPECT_EQ(published.size(), 24u);
  EXPECT_EQ(flat_mapping(published, published_model("TrXL"), 1024).model, "BERT");
  EXPECT_EQ(flat_mapping(published, published_model("XLM"), 1 << 20).model, "XLM");
  const auto own = read_flat_mappings(copy_with(
      "flat-mappings-cloud.csv",
      "cloud,TrXL,1K,64,1024,64,64,16,1024,1024,4096,offchip,offchip,onchip,onchip,offchip,"
      "offchip,output,output,row,512,1,0,1,1,1,1\n"));
  EXPECT_EQ(flat_mapping(own, published_model("TrXL"), 1024).rows, 512);
  EXPECT_EQ(flat_mapping(own, published_model("T5"), 1024).model, "BERT");
}

TEST_F(PublishedFaults, NotThere) {
  expect_says([] { read_published_pareto("no/such.csv"); }, {"no/such.csv", "cannot be read"});
}

TEST_F(PublishedFaults, Empty) {
  expect_says([&] { read_published_linear(write("")); }, {path_, "is empty"});
}

TEST_F(PublishedFaults, MissingColumns) {
  expect_says(
      [&] {
        read_published_linear(
            write("config,model,seq_len,latencys,traffic_bytes\nflat,BERT,1K,1,1\n"));
      },
      {path_ + ":1: latency_s: missing column; is it 'latencys'?",
       path_ + ":1: energy_pj: missing column"});
}

TEST_F(PublishedFaults, ColumnTwice) {
  expect_says([&] { read_published_linear(write("config,model,model\n")); },
              {path_ + ":1: model: this column stands here twice"});
}

// Every fault at once, each with its line.
TEST_F(PublishedFaults, Cells) {
  const std::string text = kAttentionHeader +
                           "flat,BERT,1K,fast,1,1,1,1,\n"
                           "flatt,BERT,1K,1,1,1,1,1,\n"
                           "flat,BERT,1G,1,1,1,1,1,x\n"
                           "flat,BERT,1K,1,1\n"
                           "flat,,1K,1,inf,0,-1,1e,\n"
                           "flat,a\\b,1K,1,1,1,1,1,\n";
  expect_says(
      [&] { read_published_attention(write(text)); },
      {path_ + ":2: latency_s = 'fast': must be a number",
       path_ + ":3: config = 'flatt': must be 'unfused'", "did you mean 'flat'?",
       path_ + ":4: seq_len = '1G': must be a whole number", path_ + ":4: QK = 'x'",
       path_ + ":5: 5 cells where there are 9 columns", path_ + ":6: model: must not be empty",
       path_ + ":6: traffic_bytes = 'inf'", path_ + ":6: energy_pj = '0': must be above 0",
       path_ + ":6: util_1d = '1e'", path_ + ":7: a backslash must be followed by"});
}

TEST_F(PublishedFaults, Mappings) {
  const std::string line =
      "cloud,TrXL,1K,64,1024,64,32,16,512,1024,4096,nochip,offchip,onchip,offchip,offchip,offchip,"
      "output,output,row,300,1,2,1,1,1,1\n";
  expect_says([&] { read_flat_mappings(copy_with("flat-mappings-cloud.csv", line)); },
              {path_ + ":26: Q_loc = 'nochip': must be 'offchip' or 'onchip'", ":26: A_loc",
               ":26: M = '512': must equal P", ":26: F = '32'", ":26: P1 = '300': must divide P",
               ":26: proportion_spilled = '2': must be from 0 to 1"});
}

}  // namespace
}  // namespace weft::evaluation::test
