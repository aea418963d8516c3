// weft_row_fill against rows taken from bytes by hand: each is in the store in the cycle behind the
// last access that it takes, and what is no row's stays as it was. Of several channels accesses
// come back at once, and before older ones of other channels.
#include <Vrow_fill_1.h>
#include <Vrow_fill_16.h>
#include <Vrow_fill_2.h>
#include <Vrow_fill_4.h>
#include <Vrow_fill_64.h>
#include <Vrow_fill_8.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <deque>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"
#include "tests/memory/row_fill/fetched_rows.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t sources, std::size_t multipliers, std::size_t bits,
          std::size_t words, std::size_t access, std::size_t accesses, std::size_t issues = 1,
          std::size_t channels = 1>
struct Variant {
  using Model = M;
  static constexpr std::size_t kSources = sources;
  static constexpr std::size_t kMultipliers = multipliers;
  static constexpr std::size_t kBits = bits;
  static constexpr std::size_t kWords = words;
  static constexpr std::size_t kAccess = access;
  static constexpr std::size_t kAccesses = accesses;
  static constexpr std::size_t kIssues = issues;
  static constexpr std::size_t kChannels = channels;
};

enum Bin : std::size_t {
  kHead,
  kTail,
  kShared,
  kApart,
  kAround,
  kOverlap,
  kAtOnce,
  kFresh,
  kSameCycle,
  kSeveral,
  kAhead
};

template <class V>
class RowFill : public testing::Test {
 protected:
  static constexpr std::size_t kNibbles = V::kBits / 4;
  static constexpr std::size_t kLanes = V::kMultipliers * kNibbles;  // nibbles of a word
  static constexpr std::size_t kChunk = V::kMultipliers / 2;
  static constexpr std::size_t kNumberBits = std::bit_width(V::kAccesses - 1);
  static constexpr std::size_t kWordBits = std::bit_width(V::kWords - 1);
  static constexpr std::size_t kOffsetBits = V::kMultipliers > 32   ? 10
                                             : V::kMultipliers > 16 ? 9
                                                                    : 8;
  static constexpr std::size_t kRoomBits = 12;

  RowFill() : seed_(seed_or(97)), random_(seed_), dut_(seed_) {}

  struct Source {
    Plane plane;
    std::vector<FetchedRows> fetches;
    std::vector<FilledAccess> accesses;
    std::size_t issued = 0, filled = 0;  // of those filled, all before have come
    std::vector<bool> come = {};
    std::array<std::deque<std::size_t>, V::kChannels> under_way = {};
  };
  // A nibble of the store, and whether it is known: not while a fetch that has begun may write it.
  struct Nibble {
    std::uint8_t value = 0;
    bool known = false;
  };

  Source make(const Plane& plane, std::size_t fetches) {
    Source made{.plane = plane, .fetches = {}, .accesses = {}};
    for (std::size_t f = 0; plane.nibbles > 0 && f < fetches; ++f) {
      made.fetches.push_back(fetched_rows(random_, plane, V::kMultipliers, V::kWords, V::kAccess));
      // Of several channels two fetches under way must not write the same words.
      if (V::kChannels > 1 && f > 0) {
        const FetchedRows& before = made.fetches[f - 1];
        made.fetches[f].word = (before.word + before.rows.size() * before.parts) % V::kWords;
      }
      const auto accesses = accesses_of(made.fetches.back(), f, V::kAccess);
      made.accesses.insert(made.accesses.end(), accesses.begin(), accesses.end());
    }
    made.come.resize(made.accesses.size());
    return made;
  }

  Nibble& nibble(std::size_t word, std::size_t lane) { return words_[word % V::kWords][lane]; }

  // Sets row r of a fetch in the expected store, or makes it unknown.
  void set_row(const Source& source, const FetchedRows& fetch, std::size_t r, bool known) {
    const std::size_t elements = fetch.parts * V::kMultipliers;
    for (std::size_t e = 0; e < elements; ++e) {
      const std::uint64_t value = element_of(fetch, r, e, 4 * source.plane.nibbles);
      const std::size_t word = fetch.word + r * fetch.parts + e / V::kMultipliers;
      for (std::size_t n = 0; n < source.plane.nibbles; ++n) {
        const std::size_t lane = e % V::kMultipliers * kNibbles + source.plane.shift + n;
        nibble(word, lane) = {static_cast<std::uint8_t>(value >> (4 * n) & 15), known};
      }
    }
  }

  // An access that is issued in place `at` of its source's.
  void put_access(std::size_t at, const Source& source, std::size_t number, Bins& bins) {
    const FilledAccess& access = source.accesses[number];
    const FetchedRows& fetch = source.fetches[access.fetch];
    const auto offset = static_cast<std::int64_t>(access.address) -
                        static_cast<std::int64_t>(fetch.rows[access.row]);
    const std::size_t left = fetch.rows.size() - access.row;  // rows
    const std::size_t may = V::kChannels == 1 ? left : access.run;
    const std::size_t word = (fetch.word + access.row * fetch.parts) % V::kWords;
    set_port_bits(dut_->issue_word_i, at * kWordBits, kWordBits, word);
    set_port_bits(dut_->issue_offset_i, at * kOffsetBits, kOffsetBits,
                  static_cast<std::uint64_t>(offset));
    set_port_bits(dut_->issue_room_i, at * kRoomBits, kRoomBits, may * fetch.bytes / kChunk);
    const auto end = offset + static_cast<std::int64_t>(V::kAccess);
    // A chunk that is a whole access has nothing of another row.
    constexpr bool kOfOneRow = kChunk == V::kAccess;
    bins.hit(kHead, kOfOneRow || offset < 0);
    bins.hit(kTail, kOfOneRow || end > static_cast<std::int64_t>(left * fetch.bytes));
    const bool beyond = left > 1 && end > static_cast<std::int64_t>(fetch.bytes);
    bins.hit(kShared, kOfOneRow || (beyond && fetch.together));
    bins.hit(kApart, kOfOneRow || (beyond && !fetch.together));
    bins.hit(kAround, word + fetch.parts * left > V::kWords);
    bins.hit(kOverlap,
             source.filled < source.issued && source.accesses[source.filled].fetch != access.fetch);
  }

  // The next accesses of a source that are issued in this cycle: how many.
  std::size_t put_issues(std::size_t s, const Source& source, Bins& bins) {
    const std::size_t wanted = random_() % 3 != 0 ? 1 + random_() % V::kIssues : 0;
    std::size_t count = 0;
    while (count < wanted) {
      const std::size_t next = source.issued + count;
      if (next >= source.accesses.size() || next - source.filled >= V::kAccesses) break;
      const std::size_t oldest =
          source.filled < source.accesses.size() ? source.accesses[source.filled].fetch : 0;
      if (V::kChannels > 1 && source.accesses[next].fetch > oldest + 1) break;
      put_access(s * V::kIssues + count++, source, next, bins);
    }
    for (std::size_t k = 0; k < V::kIssues; ++k)
      set_port_bits(dut_->issue_valid_i, s * V::kIssues + k, 1, k < count);
    set_port_bits(dut_->issue_number_i, s * kNumberBits, kNumberBits,
                  count > 0 ? (start_[s] + source.issued) % V::kAccesses : random_());
    return count;
  }

  void put_fill(std::size_t c, std::size_t s, const Source& source, std::size_t number) {
    const FilledAccess& access = source.accesses[number];
    const FetchedRows& fetch = source.fetches[access.fetch];
    set_port_bits(dut_->fill_valid_i, c * V::kSources + s, 1, 1);
    set_port_bits(dut_->fill_number_i, c * kNumberBits, kNumberBits,
                  (start_[s] + number) % V::kAccesses);
    for (std::size_t i = 0; i < V::kAccess; ++i)
      set_port_bits(dut_->fill_data_i, (c * V::kAccess + i) * 8, 8,
                    fetch.memory[access.address + i]);
  }

  // What a fill leaves in the store: its fetch's rows are known as far as all before have come.
  void fill(Source& source, std::size_t number) {
    const std::size_t f = source.accesses[number].fetch;
    const FetchedRows& fetch = source.fetches[f];
    bool begins = true;
    std::size_t was = 0, is = 0;  // rows that are whole
    bool all = true, all_before = true;
    source.come[number] = true;
    for (std::size_t k = number; k-- > 0 && source.accesses[k].fetch == f;) {
      begins = begins && !source.come[k];
    }
    std::size_t k = number;
    while (k > 0 && source.accesses[k - 1].fetch == f) --k;
    for (; k < source.accesses.size() && source.accesses[k].fetch == f; ++k) {
      begins = begins && (k <= number || !source.come[k]);
      all_before = all_before && source.come[k] && k != number;
      all = all && source.come[k];
      if (all_before) was = std::max(was, source.accesses[k].whole);
      if (all) is = std::max(is, source.accesses[k].whole);
    }
    for (std::size_t r = 0; begins && r < fetch.rows.size(); ++r) set_row(source, fetch, r, false);
    for (std::size_t r = 0; r < is; ++r) set_row(source, fetch, r, true);
    for (std::size_t r = was; r < is; ++r) {
      for (std::size_t p = 0; p < fetch.parts; ++p)
        fresh_.push_back((fetch.word + r * fetch.parts + p) % V::kWords);
    }
    while (source.filled < source.come.size() && source.come[source.filled]) ++source.filled;
  }

  void expect_word(std::size_t word, const std::vector<Nibble>& expected) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (!expected[lane].known) continue;
      ASSERT_EQ(port_bits(dut_->read_data_o, lane * 4, 4), expected[lane].value)
          << "word " << word << " nibble " << lane;
      ++compared_;
    }
  }

  // One cycle: every source issues or not, of every channel one is filled or none, a word is read.
  void cycle(std::vector<Source>& sources, Bins& bins) {
    struct Fill {
      std::size_t source = 0, number = 0;
    };
    std::vector<Fill> fills;
    std::array<std::size_t, V::kSources> issues{};
    std::size_t issuing = 0;
    for (std::size_t s = 0; s < V::kSources; ++s) {
      issues[s] = put_issues(s, sources[s], bins);
      issuing += issues[s] > 0 ? 1 : 0;
    }
    dut_->fill_valid_i = 0;
    for (std::size_t c = 0; c < V::kChannels; ++c) {
      set_port_bits(dut_->fill_number_i, c * kNumberBits, kNumberBits, random_());
      const std::size_t s = random_() % V::kSources;
      std::deque<std::size_t>& waiting = sources[s].under_way[c];
      if (waiting.empty() || random_() % 4 == 0) continue;
      put_fill(c, s, sources[s], waiting.front());
      bins.hit(kAhead, V::kChannels == 1 || waiting.front() > sources[s].filled);
      fills.push_back({s, waiting.front()});
      waiting.pop_front();
    }
    bins.hit(kSeveral, V::kChannels == 1 || fills.size() > 1);
    const bool is_fresh = !fresh_.empty() && random_() % 4 != 0;
    const std::size_t word = is_fresh ? fresh_[random_() % fresh_.size()] : random_() % V::kWords;
    set_port_bits(dut_->read_address_i, 0, kWordBits, word);
    bins.hit(kAtOnce, issuing == V::kSources && !fills.empty());
    bins.hit(kFresh, is_fresh);
    dut_.settle();
    const std::vector<Nibble> expected = words_[word];
    fresh_.clear();
    for (const Fill& one : fills) fill(sources[one.source], one.number);
    for (std::size_t s = 0; s < V::kSources; ++s) {
      for (std::size_t k = 0; k < issues[s]; ++k) {
        const std::size_t number = sources[s].issued++;
        const std::size_t address = sources[s].accesses[number].address;
        sources[s].under_way[address / V::kAccess / 2 % V::kChannels].push_back(number);
      }
    }
    bins.hit(kSameCycle, std::find(fresh_.begin(), fresh_.end(), word) != fresh_.end());
    dut_.tick();
    set_port_bits(dut_->read_address_i, 0, kWordBits, random_());
    dut_.settle();
    expect_word(word, expected);
  }

  // All words, with nothing under way.
  void expect_store() {
    dut_->fill_valid_i = 0;
    dut_->issue_valid_i = 0;
    fresh_.clear();
    for (std::size_t word = 0; word < V::kWords; ++word) {
      set_port_bits(dut_->read_address_i, 0, kWordBits, word);
      dut_.settle();
      dut_.tick();
      dut_.settle();
      expect_word(word, words_[word]);
      if (HasFatalFailure()) return;
    }
  }

  void run(const std::vector<Plane>& planes, std::size_t fetches, Bins& bins) {
    std::vector<Source> sources;
    for (std::size_t s = 0; s < V::kSources; ++s) {
      sources.push_back(make(planes[s], fetches));
      set_port_bits(dut_->nibbles_i, s * 2, 2, planes[s].nibbles);
      set_port_bits(dut_->shift_i, s * 2, 2, planes[s].shift);
    }
    const auto goes_on = [&] {
      return std::any_of(sources.begin(), sources.end(),
                         [](const Source& s) { return s.filled < s.accesses.size(); });
    };
    while (goes_on()) {
      cycle(sources, bins);
      if (HasFatalFailure()) return;
    }
    for (std::size_t s = 0; s < V::kSources; ++s) start_[s] += sources[s].accesses.size();
    expect_store();
  }

  // Rows that begin the store: all of it becomes known.
  void fill_all() {
    std::vector<Source> sources(V::kSources);
    sources[0].plane = {kNibbles, 0};
    FetchedRows all{.memory = {}, .rows = {}, .bytes = kNibbles * kChunk, .parts = 1};
    all.memory.resize(V::kWords * all.bytes);
    for (std::uint8_t& byte : all.memory) byte = static_cast<std::uint8_t>(random_());
    for (std::size_t r = 0; r < V::kWords; ++r) all.rows.push_back(r * all.bytes);
    sources[0].fetches.push_back(all);
    sources[0].accesses = accesses_of(all, 0, V::kAccess);
    sources[0].come.resize(sources[0].accesses.size());
    start_.assign(V::kSources, 0);
    set_port_bits(dut_->nibbles_i, 0, 2, kNibbles);
    set_port_bits(dut_->shift_i, 0, 2, 0);
    Bins unused(std::vector<std::string>(kAhead + 1));
    while (sources[0].filled < sources[0].accesses.size()) {
      cycle(sources, unused);
      if (HasFatalFailure()) return;
    }
    start_[0] = sources[0].accesses.size();
    expect_store();
  }

  // Planes that share a store: of each source one, or none.
  static std::vector<std::vector<Plane>> splits() {
    std::vector<std::vector<Plane>> made;
    for (std::size_t n = 1; n <= kNibbles; ++n) {
      for (std::size_t shift = 0; shift + n <= kNibbles; ++shift) {
        if (V::kSources == 1) {
          made.push_back({{n, shift}});
        } else {
          made.push_back({{}, {n, shift}});
          made.push_back({{n, shift}, {}});
          if (shift > 0) made.push_back({{n, shift}, {shift, 0}});
        }
      }
    }
    return made;
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::vector<Nibble>> words_ =
      std::vector<std::vector<Nibble>>(V::kWords, std::vector<Nibble>(kLanes));
  std::vector<std::size_t> start_;  // accesses of each source before these
  std::vector<std::size_t> fresh_;  // words of the row that became whole in the cycle before
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<
    Variant<Vrow_fill_16, 2, 16, 12, 64, 32, 8>, Variant<Vrow_fill_8, 2, 8, 8, 64, 32, 16>,
    Variant<Vrow_fill_1, 1, 16, 12, 32, 16, 4>, Variant<Vrow_fill_2, 2, 32, 12, 128, 32, 32, 2, 2>,
    Variant<Vrow_fill_4, 2, 16, 12, 128, 32, 32, 3, 4>,
    Variant<Vrow_fill_64, 2, 64, 12, 128, 32, 32, 2, 2>>;
TYPED_TEST_SUITE(RowFill, Variants);

TYPED_TEST(RowFill, RowsOfEverySplitOfAnElement) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"an access that begins before its row", "one that ends behind the fetch",
             "one of two rows", "one of a row and what is not fetched", "around the end",
             "two fetches under way", "all sources and a fill at once",
             "a row read in the cycle behind its last access",
             "a row read in the cycle of its last access", "several accesses come at once",
             "an access comes before an older one"});
  this->fill_all();
  const std::size_t fetches = bench_count(20'000) / 100;
  for (const std::vector<Plane>& planes : this->splits()) {
    if (this->HasFatalFailure()) return;
    SCOPED_TRACE(std::to_string(planes.front().nibbles) + " nibbles, shift " +
                 std::to_string(planes.front().shift));
    this->run(planes, fetches, bins);
  }
  EXPECT_GT(this->compared_, 100'000u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
