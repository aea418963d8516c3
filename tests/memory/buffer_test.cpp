#include "sim/memory/buffer.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "models/engine/schedule/port_table.hpp"
#include "tests/common/seed.hpp"

namespace weft::sim::memory {
namespace {

using weft::engine::PortTable;

// One stream as the table grants it, to be expanded cycle by cycle.
struct Granted {
  Cycle begin = 0;
  Cycle end = 0;
  int step = 0;
  int reads = 0;
  int writes = 0;
};

struct Table {
  std::int64_t banks;
  std::int64_t read_ports;
  std::int64_t write_ports;
};

std::int64_t bank_at(const Granted& stream, int index, Cycle t, std::int64_t banks) {
  return (stream.step * 5 + index * 3 + (t - stream.begin)) % banks;
}

// In cycle t: no more streams than ports, no bank met twice by reads or twice by writes.
bool sound_at(const std::vector<Granted>& streams, Cycle t, const Table& table) {
  for (const bool write : {false, true}) {
    std::set<std::int64_t> banks;
    std::int64_t running = 0;
    for (const Granted& s : streams) {
      if (t < s.begin || t >= s.end) continue;
      for (int i = 0; i < (write ? s.writes : s.reads); ++i) {
        ++running;
        if (!banks.insert(bank_at(s, i, t, table.banks)).second) return false;
      }
    }
    if (running > (write ? table.write_ports : table.read_ports)) return false;
  }
  return true;
}
bool sound(const std::vector<Granted>& streams, Cycle begin, Cycle end, const Table& table) {
  for (Cycle t = begin; t < end; ++t) {
    if (!sound_at(streams, t, table)) return false;
  }
  return true;
}

class Ports : public testing::TestWithParam<Table> {};

// Random streams, granted as the sequencer does it: at a cycle from which `earliest` no longer
// moves. Every cycle that was passed over would have broken a rule; no cycle taken does.
TEST_P(Ports, NoBankTwiceAndNoPortTooManyAtAnyCycle) {
  const Table table = GetParam();
  const std::uint64_t seed = weft::test::seed_or(29);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::int64_t granted = 0;
  std::int64_t put_off = 0;
  for (int trial = 0; trial < 30; ++trial) {
    PortTable ports({.bytes = 1,
                     .row_bytes = 1,
                     .banks = table.banks,
                     .read_ports = table.read_ports,
                     .write_ports = table.write_ports});
    std::vector<Granted> streams;
    Cycle now = 0;
    for (int i = 0; i < 60; ++i) {
      now += static_cast<Cycle>(random() % 12);
      Granted next{.step = static_cast<int>(random() % 14),
                   .reads = static_cast<int>(random() % (table.read_ports + 1)),
                   .writes = static_cast<int>(random() % (table.write_ports + 1))};
      const Cycle length = 1 + static_cast<Cycle>(random() % 40);
      Cycle at = now;
      for (Cycle later = ports.earliest(at, next.step, next.reads, next.writes); later != at;
           later = ports.earliest(at, next.step, next.reads, next.writes)) {
        ASSERT_GT(later, at);
        at = later;
      }
      for (Cycle t = now; t <= at; ++t) {
        std::vector<Granted> with = streams;
        next.begin = t;
        next.end = t + length;
        with.push_back(next);
        ASSERT_EQ(sound(with, t, t + length, table), t == at)
            << "trial " << trial << " stream " << i << " step " << next.step << " from " << now
            << " granted at " << at << ", looked at " << t;
      }
      ports.take(at, at + length, next.step, next.reads, next.writes);
      streams.push_back(next);
      ++granted;
      put_off += at > now ? 1 : 0;
      now = at;
      std::erase_if(streams, [&](const Granted& s) { return s.end <= now; });
    }
  }
  EXPECT_EQ(granted, 30 * 60);
  EXPECT_GT(put_off, 100);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Ports,
                         testing::Values(Table{32, 4, 2}, Table{16, 4, 2}, Table{8, 2, 1},
                                         Table{7, 2, 2}, Table{32, 6, 6}, Table{13, 1, 1}),
                         [](const auto& shape) {
                           return std::to_string(shape.param.banks) + "banks" +
                                  std::to_string(shape.param.read_ports) + "reads" +
                                  std::to_string(shape.param.write_ports) + "writes";
                         });

TEST(PortTable, IsSaturatedWhileOneKindOfPortHasNoneFree) {
  PortTable ports({.bytes = 1, .row_bytes = 1, .banks = 32, .read_ports = 2, .write_ports = 1});
  EXPECT_EQ(ports.saturated_until(0), 0);
  ports.take(0, 10, 0, 1, 0);
  EXPECT_EQ(ports.saturated_until(0), 0);
  ports.take(0, 20, 1, 1, 0);
  EXPECT_EQ(ports.saturated_until(0), 10);
  ports.take(4, 30, 2, 0, 1);
  EXPECT_EQ(ports.saturated_until(4), 30);
  EXPECT_EQ(ports.saturated_until(30), 30);
  EXPECT_THROW(ports.take(5, 6, 3, 0, 1), ContractError);
}

// The state of the ports says only what still matters, relative to now.
TEST(PortTable, AdvanceShiftsItsState) {
  PortTable ports({.bytes = 1, .row_bytes = 1, .banks = 8, .read_ports = 2, .write_ports = 1});
  ports.take(0, 10, 0, 1, 0);
  ports.take(3, 50, 1, 1, 1);
  const auto state = [&](Cycle now) {
    StateWords words(now);
    ports.state(words.now(), words);
    return words.take();
  };
  const auto before = state(12);
  ports.advance(77);
  EXPECT_EQ(state(89), before);
  EXPECT_NE(state(90), before);
  EXPECT_EQ(ports.earliest(89, 0, 2, 0), 50 + 77);
}

TEST(Buffer, CountsRowsAndTheUnionOfItsBusyCycles) {
  const std::uint64_t seed = weft::test::seed_or(31);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  Channel<BufferUse> uses;
  Buffer buffer(uses);
  std::set<Cycle> busy;
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  std::uint64_t waits = 0;
  for (Cycle now = 0; now < 3000; ++now) {
    buffer.step(now);
    if (random() % 5 != 0) continue;
    BufferUse use{.begin = now,
                  .end = now + static_cast<Cycle>(random() % 9),
                  .rows_read = static_cast<std::int64_t>(random() % 64),
                  .rows_written = static_cast<std::int64_t>(random() % 64),
                  .wait_cycles = static_cast<std::int64_t>(random() % 4)};
    for (Cycle t = use.begin; t < use.end; ++t) busy.insert(t);
    read += static_cast<std::uint64_t>(use.rows_read);
    written += static_cast<std::uint64_t>(use.rows_written);
    waits += static_cast<std::uint64_t>(use.wait_cycles);
    uses.push(now, use);
  }
  buffer.step(3000);
  using weft::engine::BufferCounter;
  EXPECT_EQ(buffer.counts()->busy_cycles, busy.size());
  EXPECT_EQ(buffer.counts()->counters[static_cast<std::size_t>(BufferCounter::rows_read)], read);
  EXPECT_EQ(buffer.counts()->counters[static_cast<std::size_t>(BufferCounter::rows_written)],
            written);
  EXPECT_EQ(buffer.counts()->counters[static_cast<std::size_t>(BufferCounter::port_wait_cycles)],
            waits);
  EXPECT_GT(waits, 0u);
}

}  // namespace
}  // namespace weft::sim::memory
