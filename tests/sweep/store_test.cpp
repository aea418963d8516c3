// Stores: points once, whole after a kill, of this version; rows on their way between processes.
#include "models/sweep/store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "models/common/sha256.hpp"

namespace weft::sweep {
namespace {

namespace fs = std::filesystem;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : folder_(fs::temp_directory_path() / ("weft-store-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
  }
  ~StoreTest() override { fs::remove_all(folder_); }
  std::string file() const { return (folder_ / Store::kFile).string(); }
  // What another program does with the file.
  void sql(const char* text) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  std::string said(Store::Mode mode = Store::Mode::create) const {
    try {
      const Store store(folder_, mode);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "nothing";
  }

  fs::path folder_;
};

Row row_number(int number) {
  Row row;
  row.key = key_of(sha256_hex(std::to_string(number)));
  row.design = "flat";
  row.workload = "bert-base";
  row.settings = number % 2 == 0 ? "" : "arch.clock_hz=1e9";
  row.status = static_cast<engine::Status>(number % 4);
  row.shape = {.batch = number, .heads = 12, .kv_heads = 12, .seq_q = 5, .seq_kv = 7};
  if (row.status == engine::Status::ok) {
    row.cycles = static_cast<std::uint64_t>(number) * 1000;
    row.seconds = 0.1 * number;
    row.utilisation_2d = 0.5;
    row.bound_by = "dram";
  } else {
    row.reason = "reason, \"quoted\" " + std::to_string(number % 8);
  }
  return row;
}

TEST_F(StoreTest, APointIsStoredOnceAndFound) {
  Store store(folder_, Store::Mode::create);
  std::vector<Row> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(row_number(i));
  store.add(rows);
  store.add(rows);
  EXPECT_EQ(store.statuses().size(), 100u);
  Row other = row_number(4);
  other.cycles = 1;
  store.add({&other, 1});  // the first stays
  const auto found = store.find(other.key);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->cycles, 4000u);
  EXPECT_EQ(found->status, engine::Status::ok);
  EXPECT_FALSE(store.find(row_number(100).key).has_value());
  EXPECT_EQ(store.find(row_number(5).key)->reason, "reason, \"quoted\" 5");
  EXPECT_EQ(*store.csv_row(row_number(5).key),
            "ef2d127de37b942baad06145e54b0c61,flat,bert-base,arch.clock_hz=1e9,analytic,infeasible,"
            "\"reason, \"\"quoted\"\" 5\",5,12,12,5,7,1,1,0,,,,,,,,,,\n");
  const auto reasons = store.reasons();
  ASSERT_FALSE(reasons.empty());
  EXPECT_EQ(reasons.front().count, 13u);
  store.forget_failed();
  EXPECT_EQ(store.statuses().size(), 50u);
}

TEST_F(StoreTest, TwoProcessesWriteOneStore) {
  std::vector<pid_t> processes;
  for (int p = 0; p < 4; ++p) {
    const pid_t process = ::fork();
    if (process == 0) {
      try {
        Store store(folder_, Store::Mode::create);
        for (int i = 0; i < 50; ++i) {
          const std::vector<Row> rows{row_number(10 * p + i), row_number(10 * p + i + 1)};
          store.add(rows);
        }
      } catch (const std::exception& error) {
        std::fputs(error.what(), stderr);
        ::_exit(1);
      }
      ::_exit(0);
    }
    processes.push_back(process);
  }
  for (const pid_t process : processes) {
    int status = 0;
    ::waitpid(process, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(Store(folder_, Store::Mode::existing).statuses().size(), 81u);
}

// Rows are there or not, whenever the writer is killed, and what was there stays.
TEST_F(StoreTest, AKilledWriterLeavesItWhole) {
  std::size_t before = 0;
  for (int round = 0; round < 10; ++round) {
    const pid_t process = ::fork();
    if (process == 0) {
      Store store(folder_, Store::Mode::create);
      for (int i = 0;; ++i) {
        const std::vector<Row> rows{row_number(100000 * round + 2 * i),
                                    row_number(100000 * round + 2 * i + 1)};
        store.add(rows);
      }
    }
    ::usleep(static_cast<useconds_t>(20000 + 7000 * round));
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
    const std::size_t now = Store(folder_, Store::Mode::create).statuses().size();
    EXPECT_GE(now, before);
    EXPECT_EQ(now % 2, 0u);
    before = now;
  }
  EXPECT_GT(before, 0u);
}

TEST_F(StoreTest, WhatIsNoStoreOfThisVersionIsRefused) {
  EXPECT_NE(said(Store::Mode::existing).find("holds no store"), std::string::npos);
  { const Store store(folder_, Store::Mode::create); }
  sql("PRAGMA user_version = 7");
  EXPECT_NE(said().find("schema 7, and this one reads 2"), std::string::npos) << said();
  sql("PRAGMA application_id = 5");
  EXPECT_NE(said().find("no store of a sweep"), std::string::npos) << said();
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  std::ofstream(file()) << std::string(8192, 'x');
  EXPECT_NE(said().find("is not a store"), std::string::npos) << said();
}

TEST_F(StoreTest, TheLastSweepIsRemembered) {
  Store store(folder_, Store::Mode::create);
  EXPECT_THROW(static_cast<void>(store.recorded()), ConfigError);
  store.record({"a", "a.yaml", "/", "name: a", ""});
  store.record({"b", "b.yaml", "/tmp", "name: b", "systemc"});
  EXPECT_EQ(store.recorded().name, "b");
  EXPECT_EQ(store.recorded().fidelity, "systemc");
}

TEST(Row, TravelsInBytes) {
  Row row = row_number(4);
  row.json = compressed(std::string(5000, 'a') + "b");
  EXPECT_LT(row.json.size(), 100u);
  const Row back = unpacked(packed(row));
  EXPECT_EQ(back.key, row.key);
  EXPECT_EQ(back.cycles, row.cycles);
  EXPECT_EQ(back.shape, row.shape);
  EXPECT_EQ(back.utilisation_2d, row.utilisation_2d);
  EXPECT_EQ(back.bound_by, row.bound_by);
  EXPECT_EQ(uncompressed(back.json), std::string(5000, 'a') + "b");
}

TEST(Row, DamagedJsonIsRefused) {
  const std::string whole = compressed("a result, a result, a result");
  EXPECT_THROW(static_cast<void>(uncompressed("ab")), ConfigError);
  for (std::size_t at = 4; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
    EXPECT_THROW(static_cast<void>(uncompressed(damaged)), ConfigError) << at;
  }
}

}  // namespace
}  // namespace weft::sweep
