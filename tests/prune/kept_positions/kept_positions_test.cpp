// weft_kept_positions beside lists: positions of queries written in words of a few, as a selection
// leaves them, read one by one, and by the walker in the order of a line.
#include <Vkept_16.h>
#include <Vkept_4.h>
#include <Vkept_look.h>
#include <gtest/gtest.h>

#include <bit>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t slots, std::size_t keys, std::size_t places, std::size_t look = 2>
struct Variant {
  using Model = M;
  static constexpr std::size_t kSlots = slots;
  static constexpr std::size_t kKeys = keys;
  static constexpr std::size_t kPlaces = places;
  static constexpr std::size_t kLook = look;  // rows that stand there at once
};

enum Bin : std::size_t { kWhole, kSome, kSkipsAWord, kManyTaken, kTwoQueries, kOneLeft };

template <class V>
class KeptPositions : public testing::Test {
 protected:
  static constexpr std::size_t kKeyBits = std::bit_width(V::kKeys - 1);
  static constexpr std::size_t kCountBits = std::bit_width(V::kKeys);

  struct Query {
    std::size_t slot = 0;
    bool whole = false;
    std::vector<std::size_t> positions;  // one at least
  };

  KeptPositions() : seed_(seed_or(76)), random_(seed_), dut_(seed_) {}

  Query make(std::size_t slot) {
    Query query{slot, random_() % 4 == 0, {}};
    const std::size_t seen = 1 + random_() % V::kKeys;
    const std::uint64_t share = 1 + random_() % 8;
    for (std::size_t position = 0; position < seen; ++position)
      if (query.whole || random_() % 8 < share) query.positions.push_back(position);
    if (query.positions.empty()) query.positions.push_back(random_() % seen);
    bins_.hit(query.whole ? kWhole : kSome);
    return query;
  }

  void idle() { dut_->write_valid_i = dut_->line_valid_i = dut_->sent_i = dut_->line_taken_i = 0; }
  void cycle() {
    dut_.settle();
    dut_.tick();
    idle();
  }

  // In words, each of the positions that one of V::kPlaces neighbours has, those of none left out.
  void write(const Query& query) {
    if (query.whole) return;
    std::size_t word = 0;
    for (std::size_t first = 0; first < V::kKeys; first += V::kPlaces) {
      std::vector<std::size_t> here;
      for (const std::size_t p : query.positions)
        if (p >= first && p < first + V::kPlaces) here.push_back(p);
      bins_.hit(kSkipsAWord, here.empty() && first < query.positions.back());
      if (here.empty()) continue;
      dut_->write_valid_i = 1;
      set_port_bits(dut_->write_slot_i, 0, 8, query.slot);
      set_port_bits(dut_->write_word_i, 0, 8, word++);
      for (std::size_t place = 0; place < V::kPlaces; ++place)
        set_port_bits(dut_->write_positions_i, place * kKeyBits, kKeyBits,
                      place < here.size() ? here[place] : random_() % V::kKeys);
      set_port_bits(dut_->write_count_i, 0, 8, here.size());
      cycle();
    }
  }

  void read_one_by_one(const Query& query) {
    for (std::size_t n = 0; n < query.positions.size();) {
      set_port_bits(dut_->slot_i, 0, 8, query.slot);
      dut_->whole_i = query.whole;
      set_port_bits(dut_->number_i, 0, 8, n);
      dut_->sent_i = random_() % 3 != 0;
      dut_.settle();
      ASSERT_EQ(port_bits(dut_->position_o, 0, kKeyBits), query.positions[n]) << n;
      if (dut_->sent_i != 0) ++n;
      dut_.tick();
      idle();
    }
  }

  void put_in_line(const Query& query) {
    dut_->line_valid_i = 1;
    set_port_bits(dut_->line_slot_i, 0, 8, query.slot);
    dut_->line_whole_i = query.whole;
    set_port_bits(dut_->line_rows_i, 0, 8, query.positions.size());
    for (std::size_t n = 0; n < query.positions.size(); ++n)
      line_.push_back({query.positions[n], n, query.positions.size() - n});
    cycle();
  }

  // The rows that stand in line, until none is left.
  void walk() {
    while (!line_.empty()) {
      dut_.settle();
      for (std::size_t r = 0; r < std::min<std::size_t>(V::kLook, line_.size()); ++r) {
        ASSERT_EQ(port_bits(dut_->line_positions_o, r * kKeyBits, kKeyBits), line_[r].position);
        ASSERT_EQ(port_bits(dut_->line_numbers_o, r * kCountBits, kCountBits), line_[r].number);
        ASSERT_EQ(port_bits(dut_->line_left_o, r * kCountBits, kCountBits), line_[r].left);
        ++compared_;
      }
      const std::size_t taken = std::min<std::size_t>(random_() % (V::kLook + 1), line_.size());
      dut_->line_taken_i = static_cast<std::uint8_t>(taken);
      bins_.hit(kManyTaken, taken == V::kLook);
      bins_.hit(kTwoQueries, !line_.empty() && taken > line_[0].left);
      bins_.hit(kOneLeft, line_.size() == 1);
      line_.erase(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(taken));
      cycle();
    }
  }

  void run(std::size_t rounds) {
    SCOPED_TRACE(seed_text(seed_));
    pulse_reset(dut_);
    idle();
    for (std::size_t round = 0; round < rounds; ++round) {
      std::vector<Query> queries;
      for (std::size_t slot = 0; slot < V::kSlots; ++slot) queries.push_back(make(slot));
      for (const Query& query : queries) write(query);
      std::shuffle(queries.begin(), queries.end(), random_);
      for (const Query& query : queries) read_one_by_one(query);
      const std::size_t at_once = 1 + random_() % V::kSlots;
      for (std::size_t q = 0; q < queries.size(); ++q) {
        put_in_line(queries[q]);
        if ((q + 1) % at_once == 0) walk();
        if (HasFatalFailure()) return;
      }
      walk();
    }
    bins_.expect_all_hit();
    EXPECT_GT(compared_, 1000u);
  }

  struct Row {
    std::size_t position = 0, number = 0, left = 0;
  };
  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::deque<Row> line_;
  std::uint64_t compared_ = 0;
  Bins bins_{
      {"kept whole", "not", "a word left out", "all rows taken", "of two queries", "one row left"}};
};

using Variants = testing::Types<Variant<Vkept_16, 16, 128, 16>, Variant<Vkept_4, 4, 16, 4>,
                                Variant<Vkept_look, 16, 128, 16, 5>>;
TYPED_TEST_SUITE(KeptPositions, Variants);

TYPED_TEST(KeptPositions, AsTheyWereWritten) { this->run(40); }

}  // namespace
}  // namespace weft::test
