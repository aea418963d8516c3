#include "models/workload/spatten_csv.hpp"

#include <numeric>
#include <string>

#include "models/common/limits.hpp"
#include "models/workload/workload.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

using test::expect_refused;

const std::string kCsvHeader =
    "iteration_id,layer_id,head_id,embedding_length_D,sentence_length_L,key_fetch_num,"
    "quant_key_bit,quant_query_bit,auto_requant_thres,if_requant,auto_requant_incre,"
    "value_fetch_num,quant_value_bit,if_accumulate_importance,if_rescale_previous_importance,"
    "if_topk,topk\n";

class SpattenCsv : public test::InFolder {
 protected:
  PrunedRows read(const std::string& rows) const {
    return load_pruned_rows(write("rows.csv", kCsvHeader + rows));
  }
  void refused(const std::string& rows, std::initializer_list<std::string> parts) const {
    expect_refused([&] { static_cast<void>(read(rows)); }, parts);
  }
};

TEST_F(SpattenCsv, ReadsRowsAndCountsWhatTheyAskFor) {
  const PrunedRows rows = read(
      "0,0,0,64.0,10,10,6,16,0.05,True,4,3,6,True,False,False,-1\n"
      "0,0,1,64.0,10,8,-1,-1,-1,False,-1,8,-1,False,True,True,7\n"
      "configs/some model.yml,,,,,,,,,,,,,,,,\n");
  ASSERT_EQ(rows.rows.size(), 2u);
  // 10 keys of 64 · 6 bits are 480 bytes, and of 64 · 4 bits 320; three values 144.
  EXPECT_EQ(rows.rows[0].key_bytes(), 480 + 320);
  EXPECT_EQ(rows.rows[0].value_bytes(), 144);
  EXPECT_EQ(rows.rows[0].tokens_after, -1);
  // Full precision is 32 bits.
  EXPECT_EQ(rows.rows[1].key_bytes(), 8 * 256);
  EXPECT_EQ(rows.rows[1].tokens_after, 7);
  EXPECT_TRUE(rows.rows[1].rescales_importance);
}

TEST_F(SpattenCsv, LsbsThatAreNotFetchedAreNotCounted) {
  const PrunedRows rows = read("0,0,0,64.0,10,10,6,16,0.05,False,4,3,6,True,False,False,-1\n");
  EXPECT_EQ(rows.rows[0].key_bytes(), 480);
}

TEST_F(SpattenCsv, ACommentMayHaveAnyForm) {
  const std::string row = "0,0,0,64,5,5,12,12,-1,False,-1,5,12,False,False,False,-1\n";
  EXPECT_EQ(read(row + "a comment without commas").rows.size(), 1u);
  EXPECT_EQ(read(row + "a comment, with one\r\n\n").rows.size(), 1u);
  EXPECT_EQ(read(row).rows.size(), 1u);
}

TEST_F(SpattenCsv, AsAWorkloadItHasTheShapeOfARow) {
  const Workload made = load_workload(write(
      "rows.csv", kCsvHeader + "0,0,0,32,10,10,12,12,-1,False,-1,5,12,False,False,False,-1\n" +
                      "0,2,3,32,11,9,12,12,-1,False,-1,5,12,False,False,False,-1\n"));
  ASSERT_NE(made.pruned, nullptr);
  EXPECT_EQ(made.name, "rows");
  EXPECT_EQ(made.heads, 4);
  EXPECT_EQ(made.layers, 3);
  EXPECT_EQ(made.shape().seq_q, 1);
  EXPECT_EQ(made.shape().seq_kv, 11);
  EXPECT_EQ(made.shape().width_qk, 32);
}

TEST_F(SpattenCsv, RefusesWhatIsOutOfRangeWithLineAndColumn) {
  refused("0,0,0,64,5,6,12,12,-1,False,-1,5,12,False,False,False,-1\n",
          {"rows.csv:2", "key_fetch_num", "'6'", "0 to 5"});
  refused("0,0,0,64,5,5,12,12,-1,False,-1,6,12,False,False,False,-1\n",
          {"value_fetch_num", "0 to 5"});
  refused("0,0,0,64.5,5,5,12,12,-1,False,-1,5,12,False,False,False,-1\n",
          {"embedding_length_D", "'64.5'", "whole"});
  refused("0,0,0,64,5,5,33,12,-1,False,-1,5,12,False,False,False,-1\n",
          {"quant_key_bit", "1 to 32", "or -1"});
  refused("0,0,0,64,5,5,12,12,1.5,False,-1,5,12,False,False,False,-1\n", {"auto_requant_thres"});
  refused("0,0,0,64,5,5,12,12,-1,maybe,-1,5,12,False,False,False,-1\n",
          {"if_requant", "'maybe'", "'True'"});
  refused("0,0,0,64,5,5,30,12,0.1,True,4,5,12,False,False,False,-1\n", {"more than 32 bits"});
}

TEST_F(SpattenCsv, RefusesRowsThatContradictThemselves) {
  refused("0,0,0,64,5,5,12,12,-1,True,-1,5,12,False,False,False,-1\n",
          {"auto_requant_incre", "if_requant is True"});
  refused("0,0,0,64,5,5,12,12,-1,False,-1,5,12,False,False,True,-1\n", {"topk", "how many"});
  refused(
      "0,0,1,64,5,5,12,12,-1,False,-1,5,12,False,False,False,-1\n"
      "0,0,0,64,5,5,12,12,-1,False,-1,5,12,False,False,False,-1\n",
      {"rows.csv:3", "iteration, layer and head"});
  refused(
      "0,0,0,64,5,5,12,12,-1,False,-1,5,12,False,False,False,-1\n"
      "0,0,1,32,5,5,12,12,-1,False,-1,5,12,False,False,False,-1\n",
      {"rows.csv:3", "embedding_length_D", "64 of the first"});
  refused("", {"has no rows"});
}

TEST_F(SpattenCsv, RefusesAFileWithoutAColumn) {
  expect_refused(
      [&] {
        static_cast<void>(load_pruned_rows(write("rows.csv", "iteration_id,layer_id\n0,0\n")));
      },
      {"rows.csv:1", "head_id", "missing column"});
}

TEST_F(SpattenCsv, EveryFaultIsSaidAtOnce) {
  refused(
      "0,0,0,64,5,6,12,12,-1,False,-1,5,12,False,False,False,-1\n"
      "0,0,1,64,5,5,12,12,-1,False,-1,7,12,False,False,False,-1\n",
      {"rows.csv:2", "rows.csv:3"});
}

}  // namespace
}  // namespace weft::workload
