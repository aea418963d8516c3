// weft_row_store beside the SystemC store, an array of some parts behind either: every beat in its
// cycle, under pauses of queries, rows and array; and each part at the address that was read for it
// in the cycle before.
#include <Vrow_store_1.h>
#include <Vrow_store_2.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>

#include "tests/common/ports.hpp"
#include "tests/common/seed.hpp"
#include "tests/memory/row_store/stored_rows.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::RowBeat;
using sim::memory::StoreOf;

template <class M, std::size_t queues, std::size_t tag_bits, std::size_t rows, std::size_t parts,
          std::size_t address_bits>
struct Variant {
  using Model = M;
  static constexpr std::size_t kQueues = queues;
  static constexpr std::size_t kTagBits = tag_bits;
  static constexpr std::size_t kRows = rows;
  static constexpr std::size_t kParts = parts;
  static constexpr std::uint64_t kAddresses = std::uint64_t{1} << address_bits;
};

// What was read for the next cycle.
struct Read {
  std::uint64_t address = 0;
  std::size_t tag = 0, row = 0, part = 0;
};

enum Bin : std::size_t { kEmpty, kFirstQueue, kRowWaits, kArrayWaits, kLinkFull, kGoesOn, kApart };

template <class V>
class RowStore : public testing::Test {
 protected:
  RowStore() : seed_(seed_or(99)), random_(seed_), dut_(seed_) {}

  // Of those that a queue holds, are read or are on their way to the array none have the same.
  static std::size_t tag_of(std::size_t queue, std::size_t index) {
    return queue * (std::size_t{1} << (V::kTagBits - 1)) + index % (std::size_t{1} << 3);
  }

  struct Sides {
    std::vector<Link<std::size_t>> queries;  // tags
    std::vector<Link<sim::FetchPart>> arrivals;
    std::vector<std::size_t> queries_fed, arrivals_fed;
    std::vector<std::vector<std::int64_t>> query_cycles, arrival_cycles;
    std::array<StoredQuery*, std::size_t{1} << V::kTagBits> by_tag{};
  };

  Sides sides(const StoredLayer& layer, Stalls stalls) {
    Sides made;
    for (std::size_t q = 0; q < V::kQueues; ++q) {
      made.queries.emplace_back(kQueryDepth);
      made.query_cycles.push_back(source_cycles(stalls, layer.queues[q].size(), seed_ + q));
    }
    for (std::size_t s = 0; s < 2; ++s) {
      made.arrivals.emplace_back(2);
      made.arrival_cycles.push_back(
          source_cycles(stalls, layer.arrivals[s].size(), seed_ + 10 + s));
    }
    made.queries_fed.assign(V::kQueues, 0);
    made.arrivals_fed.assign(2, 0);
    return made;
  }

  static std::int64_t there(const StoredQuery& query) {
    const StoredHead& head = *query.head;
    return query.row.pass == 0 ? head.rows.resident
                               : std::min(head.rows.resident, head.lower.resident);
  }

  // Queries at their queues, and what the query in hand asks for within the cycle.
  void put(Sides& sides, Bins& bins) {
    for (Link<sim::FetchPart>& arrivals : sides.arrivals) {
      if (!arrivals.valid()) continue;
      const sim::FetchPart part = arrivals.pop();
      part.fetch->resident += part.count;
    }
    for (std::size_t q = 0; q < V::kQueues; ++q) {
      const bool valid = sides.queries[q].valid();
      set_port_bits(dut_->row_valid_i, q, 1, valid);
      set_port_bits(dut_->row_tag_i, q * V::kTagBits, V::kTagBits,
                    valid ? sides.queries[q].front() : random_());
    }
    dut_.settle();
    const StoredQuery* hand = sides.by_tag[dut_->hand_tag_o];
    const std::size_t number = dut_->beat_number_o;
    const auto row = static_cast<std::uint8_t>(
        hand != nullptr && number < hand->reads.size() ? hand->reads[number] : 0);
    dut_->hand_rows_i = static_cast<std::uint8_t>(hand != nullptr ? hand->reads.size() : 0);
    dut_->hand_base_i = static_cast<std::uint8_t>(hand != nullptr ? hand->head->base : 0);
    dut_->hand_there_i = static_cast<std::uint8_t>(hand != nullptr ? there(*hand) : 0);
    dut_->beat_row_i = row;
    dut_->beat_along_i = row;
    dut_.settle();
    bins.hit(kRowWaits, hand != nullptr && row >= dut_->hand_there_i && !hand->reads.empty());
    bins.hit(kApart, number > 0 && row > number);
  }

  // Behind the cycle: what was taken of the queues, and what comes to them.
  void advance(StoredLayer& layer, Sides& sides, Cycle now, Bins& bins) {
    for (std::size_t q = 0; q < V::kQueues; ++q) {
      const bool takes = sides.queries[q].valid() && port_bits(dut_->row_ready_o, q, 1) != 0;
      bins.hit(kFirstQueue, takes && q == 0 && sides.queries.back().valid());
      if (takes) sides.queries[q].pop();
      std::size_t& fed = sides.queries_fed[q];
      if (fed < layer.queues[q].size() && 4 * sides.query_cycles[q][fed] <= now &&
          sides.queries[q].ready()) {
        sides.by_tag[tag_of(q, fed)] = layer.queues[q][fed];
        sides.queries[q].push(tag_of(q, fed));
        ++fed;
      }
      sides.queries[q].tick();
    }
    for (std::size_t s = 0; s < 2; ++s) {
      std::size_t& fed = sides.arrivals_fed[s];
      if (fed < layer.arrivals[s].size() && 3 * sides.arrival_cycles[s][fed] <= now &&
          sides.arrivals[s].ready())
        sides.arrivals[s].push(layer.arrivals[s][fed++]);
      sides.arrivals[s].tick();
    }
  }

  // A part at the array, beside the beat that it is of.
  void expect_part(const Sides& sides, const RowBeat& beat, std::size_t part, std::size_t parts,
                   const Read& read) {
    const StoredQuery& query = *sides.by_tag[dut_->out_tag_o];
    ASSERT_EQ(&query.row, beat.row);
    EXPECT_EQ(dut_->out_begins_o, part == 0 && beat.first == 0);
    EXPECT_EQ(dut_->out_some_o, beat.count == 1);
    EXPECT_EQ(dut_->out_last_o, beat.last);
    EXPECT_EQ(read.tag, dut_->out_tag_o);
    EXPECT_EQ(read.part, part);
    ++compared_;
    if (beat.count == 0) return;
    const auto row = static_cast<std::size_t>(query.reads[static_cast<std::size_t>(beat.first)]);
    EXPECT_EQ(read.row, row);
    EXPECT_EQ(read.address, (query.head->base + row * parts + part) % V::kAddresses);
  }

  void rtl(StoredLayer& layer, const std::vector<std::pair<Cycle, RowBeat>>& right,
           std::size_t parts, Stalls stalls, Bins& bins) {
    layer.begin_anew();
    dut_.reset();
    Sides sides = this->sides(layer, stalls);
    dut_->parts_i = static_cast<std::uint8_t>(parts - 1);
    Read read;
    std::size_t beat = 0, part = 0;
    for (Cycle now = 0; beat < right.size() && now < 100'000; ++now) {
      dut_->out_ready_i = part > 0 || !pauses_at(stalls, false, now, seed_);
      put(sides, bins);
      const bool takes = dut_->out_valid_o && dut_->out_ready_i;
      bins.hit(kArrayWaits, dut_->out_valid_o && !dut_->out_ready_i);
      bins.hit(kLinkFull, dut_->out_valid_o && !dut_->out_ready_i && !dut_->beat_sent_o);
      bins.hit(kGoesOn, part > 0 || V::kParts == 1);
      if (dut_->out_valid_o) expect_part(sides, right[beat].second, part, parts, read);
      if (HasFatalFailure()) return;
      if (takes && part == 0) {
        ASSERT_EQ(now, right[beat].first) << "beat " << beat;
      }
      bins.hit(kEmpty, takes && right[beat].second.count == 0);
      if (takes && ++part == parts) {
        part = 0;
        ++beat;
      }
      read = {dut_->read_address_o, dut_->read_tag_o, dut_->read_along_o, dut_->read_part_o};
      advance(layer, sides, now, bins);
      dut_.tick();
    }
    EXPECT_EQ(beat, right.size());
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vrow_store_2, 2, 5, 24, 4, 7>, Variant<Vrow_store_1, 1, 4, 9, 1, 5>>;
TYPED_TEST_SUITE(RowStore, Variants);

TYPED_TEST(RowStore, EveryBeatInTheCycleOfSystemC) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"a query that reads nothing", "the first queue before another",
             "a row that is not there yet", "the array waits with a beat", "the link full",
             "a part behind the first", "rows apart"});
  for (const StoreOf of : {StoreOf::keys, StoreOf::values}) {
    for (std::size_t parts = 1; parts <= TypeParam::kParts; ++parts) {
      for (const Stalls stalls : kAllStalls) {
        SCOPED_TRACE(std::string(of == StoreOf::keys ? "keys, " : "values, ") +
                     std::to_string(parts) + " parts, " + name_of(stalls));
        StoredLayer layer = stored_layer(this->random_, of, TypeParam::kQueues, TypeParam::kRows,
                                         TypeParam::kAddresses);
        const auto right =
            stored_beats(layer, of, static_cast<std::int64_t>(parts), stalls, this->seed_);
        this->rtl(layer, right, parts, stalls, bins);
        if (this->HasFailure()) return;
      }
    }
  }
  EXPECT_GT(this->compared_, 1000u);
  bins.expect_all_hit();
}

TYPED_TEST(RowStore, AResetDropsTheQueryInHandAndItsBeats) {
  auto& dut = this->dut_;
  dut.reset();
  dut->parts_i = static_cast<std::uint8_t>(TypeParam::kParts - 1);
  dut->row_valid_i = 1;
  dut->row_tag_i = 0;
  dut->hand_rows_i = 5;
  dut->hand_there_i = 5;
  dut->hand_base_i = 0;
  dut->beat_row_i = dut->beat_along_i = 0;
  dut->out_ready_i = 1;
  for (int cycle = 0; cycle < 3; ++cycle) {  // amid a beat, where it has parts
    dut.settle();
    dut.tick();
  }
  dut.settle();
  ASSERT_EQ(dut->out_valid_o, 1);
  EXPECT_NE(dut->beat_number_o, 0);
  EXPECT_EQ(dut->row_ready_o, 0);
  dut->row_valid_i = 0;
  dut->rst_ni = 0;
  dut.settle();  // no clock edge
  EXPECT_EQ(dut->out_valid_o, 0);
  EXPECT_EQ(dut->beat_number_o, 0);
  EXPECT_EQ(port_bits(dut->row_ready_o, 0, 1), 1);
  EXPECT_EQ(dut->beat_sent_o, 0);
}

}  // namespace
}  // namespace weft::test
