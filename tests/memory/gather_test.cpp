// Lists of rows as requests: which bytes of memory they touch, by hand and by the streams of a
// cycle-level reference.
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "sim/memory/fetcher.hpp"

namespace weft::sim::memory {
namespace {

struct Asked {
  std::uint64_t address;
  std::int64_t bytes;
  friend bool operator==(const Asked&, const Asked&) = default;
};

// What a fetcher asks for one transfer, of a memory that answers at once.
struct GatherBench {
  explicit GatherBench(const Takes& takes)
      : fetcher({.takes = takes, .outstanding = 8}, {transfers, completions, requests, responses}) {
  }
  void move(const Transfer& transfer) {
    transfers.push(now, transfer);
    while (!completions.ready(now)) {
      fetcher.step(now);
      while (requests.ready(now)) {
        const Request request = requests.pop(now);
        asked.push_back({request.address, request.bytes});
        responses.push(now, {request.write, request.tag});
      }
      ++now;
      if (now > 100'000) throw ContractError("never complete");
    }
    completions.pop(now);
  }
  std::int64_t bytes() const {
    return std::accumulate(asked.begin(), asked.end(), std::int64_t{0},
                           [](std::int64_t sum, const Asked& a) { return sum + a.bytes; });
  }

  Channel<Transfer> transfers{4};
  Channel<Completion> completions{4};
  Channel<Request> requests{8};
  Channel<Response> responses{8};
  Fetcher fetcher;
  Cycle now = 0;
  std::vector<Asked> asked;
};

// 48 bytes every 64, in units of 32: each row takes the 64 that it lies in.
TEST(Gather, RowsApartTakeWholeUnits) {
  const std::vector<std::int64_t> rows{0, 2, 3, 7};
  GatherBench bench({.unit_bytes = 32, .most_bytes = 64});
  bench.move({.bytes = 48, .address = 1024, .rows = rows, .pitch_bytes = 64});
  EXPECT_EQ(bench.asked,
            (std::vector<Asked>{{1024, 64}, {1024 + 128, 64}, {1024 + 192, 64}, {1024 + 448, 64}}));
  EXPECT_EQ(bench.fetcher.bytes_beyond_need(), 4u * (64 - 48));
}

// 48 bytes every 48: row 1 begins in the unit that row 0 ends in, which is there already; row 2
// crosses a multiple of the most that is taken; row 4 stands alone.
TEST(Gather, AUnitThatTwoRowsShareIsFetchedOnce) {
  const std::vector<std::int64_t> rows{0, 1, 2, 4};
  GatherBench bench({.unit_bytes = 32, .most_bytes = 64});
  bench.move({.bytes = 48, .address = 0, .rows = rows, .pitch_bytes = 48});
  EXPECT_EQ(bench.asked, (std::vector<Asked>{{0, 64}, {64, 32}, {96, 32}, {128, 32}, {192, 64}}));
  EXPECT_EQ(bench.bytes(), 224);
  EXPECT_EQ(bench.fetcher.bytes_beyond_need(), 224u - 4 * 48);
}

// Rows of 8 bytes, four to a unit: three of a unit cost one request, and the next unit another.
TEST(Gather, RowsWithinOneUnitNeedNoRequestOfTheirOwn) {
  const std::vector<std::int64_t> rows{1, 2, 3, 4};
  GatherBench bench({.unit_bytes = 32, .most_bytes = 256});
  bench.move({.bytes = 8, .address = 64, .rows = rows, .pitch_bytes = 8});
  EXPECT_EQ(bench.asked, (std::vector<Asked>{{64, 32}, {96, 32}}));
  EXPECT_EQ(bench.fetcher.bytes_beyond_need(), 64u - 32);
}

// Out of order a unit is fetched again where another was in between.
TEST(Gather, RowsComeInTheOrderOfTheList) {
  const std::vector<std::int64_t> rows{9, 0, 8};
  GatherBench bench({.unit_bytes = 32, .most_bytes = 256});
  bench.move({.bytes = 16, .write = true, .address = 0, .rows = rows, .pitch_bytes = 16});
  EXPECT_EQ(bench.asked, (std::vector<Asked>{{128, 32}, {0, 32}, {128, 32}}));
  EXPECT_EQ(bench.fetcher.bytes_beyond_need(), 96u - 48);
}

// A memory that takes any byte is asked for no other, but never across a multiple of its most.
TEST(Gather, AMemoryThatTakesAnyByteGivesNoMore) {
  const std::vector<std::int64_t> rows{0, 1, 5};
  GatherBench bench({.unit_bytes = 1, .most_bytes = 64});
  bench.move({.bytes = 50, .address = 10, .rows = rows, .pitch_bytes = 50});
  EXPECT_EQ(bench.asked, (std::vector<Asked>{{10, 50}, {60, 4}, {64, 46}, {260, 50}}));
  EXPECT_EQ(bench.bytes(), 150);
  EXPECT_EQ(bench.fetcher.bytes_beyond_need(), 0u);
}

// A run is one row: its first and last unit may hold what is not its own.
TEST(Gather, ARunTakesWholeUnitsAtItsEnds) {
  GatherBench bench({.unit_bytes = 32, .most_bytes = 128});
  bench.move({.bytes = 300, .address = 100});  // 96 to 416
  EXPECT_EQ(bench.asked, (std::vector<Asked>{{96, 32}, {128, 128}, {256, 128}, {384, 32}}));
  EXPECT_EQ(bench.fetcher.bytes_beyond_need(), 320u - 300);
}

TEST(Gather, WhatCannotBeAGatherIsRefused) {
  const std::vector<std::int64_t> rows{0, 1};
  const auto refused = [&](const Transfer& transfer) {
    GatherBench bench({.unit_bytes = 32, .most_bytes = 64});
    EXPECT_THROW(bench.move(transfer), ContractError);
  };
  refused({.bytes = 48, .rows = rows, .pitch_bytes = 32});
  refused({.bytes = 0});
}

// The gathers that a cycle-level reference (Ramulator 2.1) was driven with: of each matrix of 1024
// rows exactly `kept`, drawn by a linear congruence, ascending; transactions of 32 bytes, one that
// repeats the one before dropped. Count and checksum are published with its results.
struct Reference {
  std::int64_t kept;
  std::int64_t row_bytes;
  std::int64_t matrices;
  std::size_t transactions;
  std::uint64_t checksum;
};

class ReferenceStream : public testing::TestWithParam<Reference> {};

TEST_P(ReferenceStream, IsWhatAFetcherAsksFor) {
  const Reference reference = GetParam();
  std::uint64_t x = 1;
  const auto pick = [&](std::uint64_t n) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int64_t>(((x >> 32) * n) >> 32);
  };
  std::vector<std::int64_t> rows;
  for (std::int64_t m = 0; m < reference.matrices; ++m) {
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < 1024; ++i) {
      if (pick(static_cast<std::uint64_t>(1024 - i)) >= reference.kept - kept) continue;
      ++kept;
      rows.push_back(m * 1024 + i);
    }
    ASSERT_EQ(kept, reference.kept);
  }
  GatherBench bench({.unit_bytes = 32, .most_bytes = 32});
  bench.move({.bytes = reference.row_bytes, .rows = rows, .pitch_bytes = reference.row_bytes});
  EXPECT_EQ(bench.asked.size(), reference.transactions);
  std::uint64_t hash = 1469598103934665603u;
  for (const Asked& asked : bench.asked) {
    EXPECT_EQ(asked.bytes, 32);
    hash = (hash ^ asked.address) * 1099511628211u;
  }
  EXPECT_EQ(hash, reference.checksum);
  EXPECT_EQ(
      bench.fetcher.bytes_beyond_need(),
      32 * reference.transactions - rows.size() * static_cast<std::uint64_t>(reference.row_bytes));
}

INSTANTIATE_TEST_SUITE_P(Streams, ReferenceStream,
                         testing::Values(Reference{205, 96, 1, 615, 0x1870009fbea22cb1},
                                         Reference{512, 96, 1, 1536, 0x226338d026e53d03},
                                         Reference{819, 96, 1, 2457, 0x8c02eecd2ab76199},
                                         Reference{512, 96, 16, 24576, 0x4fb88e5a09725b63},
                                         Reference{512, 48, 1, 907, 0x233343084f49c121}),
                         [](const auto& tested) {
                           const Reference& r = tested.param;
                           return std::to_string(r.kept) + "rows" + std::to_string(r.row_bytes) +
                                  "bytes" + std::to_string(r.matrices);
                         });

}  // namespace
}  // namespace weft::sim::memory
