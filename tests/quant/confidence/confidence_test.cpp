// weft_confidence beside the SystemC unit: what each of its five ends takes, in the same cycles,
// under stalls of all of them; which rows are dropped is quant::needs_lower_bits'.
#include <Vconfidence_1.h>
#include <Vconfidence_8.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "models/numerics/bf16.hpp"
#include "models/quant/bit_split.hpp"
#include "sim/quant/confidence.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::QueryRow;
using sim::RowBeat;

template <class M, std::size_t lanes, std::size_t value_bits, std::size_t tag_bits>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kValueBits = value_bits;
  static constexpr std::size_t kTagBits = tag_bits;
};

constexpr float kThreshold = 0.1F;

struct Head {
  std::vector<std::int64_t> tokens{0};
  sim::Fetch lower;
};
struct Row {
  std::vector<std::int64_t> tokens;
  QueryRow row;
  Head* head = nullptr;
  bool fresh = false;
  bool split = false;
};

struct Threshold final : sim::RowKernels {
  void scores(QueryRow& /*row*/, std::int64_t /*first*/, std::int64_t /*count*/) override {}
  void softmax(QueryRow& /*row*/) override {}
  bool recomputes(const QueryRow& row) const override {
    return quant::needs_lower_bits(row.largest, kThreshold);
  }
  void output(QueryRow& /*row*/) override {}
};

enum End : std::size_t { kOut, kImportance, kDecided, kLower, kRecompute };
constexpr std::size_t kEnds = 5;

// What an end took: when, of which row, and of a beat its first value's place.
struct Taken {
  Cycle cycle = 0;
  std::int64_t number = 0;
  std::int64_t count = 0;
  bool operator==(const Taken&) const = default;
};
using Log = std::array<std::vector<Taken>, kEnds>;

enum Bin : std::size_t { kDropped, kAgain, kEmpty, kEqual, kOneSideHeld, kLowerHeld, kRowHeld };

template <class V>
class Confidence : public testing::Test {
 protected:
  Confidence() : seed_(seed_or(93)), random_(seed_), dut_(seed_) {}

  float largest(Bins& bins) {
    const std::size_t kind = random_() % 6;
    bins.hit(kEqual, kind == 0);
    if (kind == 0) return kThreshold;
    if (kind == 1) return std::nextafter(kThreshold, 0.0F);
    if (kind == 2) return 1.0F;
    return static_cast<float>(1 + random_() % 1000) / 4000;
  }

  void make_rows(std::size_t count, Bins& bins) {
    heads_.clear();
    rows_.clear();
    for (std::size_t r = 0; r < count; ++r) {
      const bool fresh = r == 0 || random_() % 5 == 0;
      if (fresh) heads_.push_back(std::make_unique<Head>());
      rows_.push_back(std::make_unique<Row>());
      Row& made = *rows_.back();
      made.head = heads_.back().get();
      made.fresh = fresh;
      made.head->lower.tokens = made.head->tokens;
      made.tokens.resize(random_() % 12 == 0 ? 0 : 1 + random_() % (V::kLanes * 4));
      made.row.number = static_cast<std::int64_t>(r);
      made.row.tokens = made.tokens;
      made.row.largest = largest(bins);
      made.row.lower = random_() % 4 == 0 ? nullptr : &made.head->lower;
      // One that comes back is no first of its head.
      made.row.pass = !fresh && random_() % 4 == 0 ? 1 : 0;
      made.split = made.row.lower != nullptr && made.row.pass == 0;
      for (std::size_t i = 0; i < made.tokens.size(); ++i)
        made.row.probabilities.push_back(
            static_cast<std::int32_t>(random_() & low_bits(V::kValueBits)));
    }
  }

  std::vector<RowBeat> beats() {
    std::vector<RowBeat> all;
    owners_.clear();
    for (auto& row : rows_) {
      const std::int64_t keys = row->row.keys_seen();
      std::int64_t first = 0;
      do {
        const std::int64_t count = std::min<std::int64_t>(V::kLanes, keys - first);
        all.push_back({&row->row, static_cast<std::int32_t>(first),
                       static_cast<std::int32_t>(count), first + count == keys});
        owners_.push_back(row.get());
        first += count;
      } while (first < keys);
    }
    return all;
  }

  bool pauses(Stalls stalls, std::size_t end, Cycle now) const {
    // Lower bits are asked for seldom, so their link fills in long pauses alone.
    const Cycle slowed = end == kLower ? now / 32 : now;
    return pauses_at(stalls, false, slowed, seed_ + 1000 * end);
  }

  template <class Message>
  sim::test::Take<Message>& sink(sim::Assembly& assembly, const char* name, Stalls stalls,
                                 End end) {
    auto& take = assembly.emplace<sim::test::Take<Message>>(std::string("take_") + name);
    assembly.join("unit", name, std::string("take_") + name, "in", 2);
    take.ready = [this, stalls, end](Cycle now) { return !pauses(stalls, end, now); };
    return take;
  }

  Log systemc(const std::vector<RowBeat>& all, const std::vector<std::int64_t>& cycles,
              Stalls stalls) {
    Threshold kernels;
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<RowBeat>>("feed");
    assembly.emplace<sim::quant::Confidence>("unit", &kernels);
    assembly.join("feed", "out", "unit", "in", 2);
    auto& out = sink<RowBeat>(assembly, "out", stalls, kOut);
    auto& importance = sink<RowBeat>(assembly, "importance", stalls, kImportance);
    auto& decided = sink<sim::RowToken>(assembly, "decided", stalls, kDecided);
    auto& lower = sink<sim::FetchPart>(assembly, "lower", stalls, kLower);
    auto& recompute = sink<sim::RowToken>(assembly, "recompute", stalls, kRecompute);
    for (std::size_t b = 0; b < all.size(); ++b) feed.messages.emplace_back(cycles[b], all[b]);
    sim::test::run_to_end(assembly);
    Log log;
    for (const auto& [cycle, beat] : out.taken)
      log[kOut].push_back({cycle, beat.row->number, beat.count});
    for (const auto& [cycle, beat] : importance.taken)
      log[kImportance].push_back({cycle, beat.row->number, beat.count});
    for (const auto& [cycle, token] : decided.taken)
      log[kDecided].push_back({cycle, token.row->number, 0});
    for (const auto& [cycle, part] : lower.taken) log[kLower].push_back({cycle, 0, 0});
    for (const auto& [cycle, token] : recompute.taken)
      log[kRecompute].push_back({cycle, token.row->number, 0});
    return log;
  }

  void put(const RowBeat& beat, const Row& row) {
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      const std::uint64_t value =
          lane < static_cast<std::size_t>(beat.count)
              ? static_cast<std::uint64_t>(
                    row.row.probabilities[static_cast<std::size_t>(beat.first) + lane])
              : random_();
      set_port_bits(dut_->in_values_i, lane * V::kValueBits, V::kValueBits, value);
    }
    set_port_bits(dut_->in_count_i, 0, 4, static_cast<std::uint64_t>(beat.count));
    dut_->in_last_i = beat.last;
    dut_->in_largest_i = numerics::bits_of(row.row.largest);
    dut_->in_split_i = row.split;
    dut_->in_fresh_i = row.fresh;
    set_port_bits(dut_->in_tag_i, 0, V::kTagBits, static_cast<std::uint64_t>(row.row.number));
  }

  // What is offered to `end` is the beat in hand.
  Taken got(End end, const RowBeat& beat) {
    const QueryRow& row = *beat.row;
    const bool of_beat = end == kOut || end == kImportance;
    EXPECT_EQ(dut_->beat_tag_o, row.number & static_cast<std::int64_t>(low_bits(V::kTagBits)));
    EXPECT_EQ(dut_->beat_last_o != 0, beat.last);
    for (std::int64_t i = 0; of_beat && i < beat.count; ++i) {
      EXPECT_EQ(
          port_bits(dut_->beat_values_o, static_cast<std::size_t>(i) * V::kValueBits,
                    V::kValueBits),
          static_cast<std::uint64_t>(row.probabilities[static_cast<std::size_t>(beat.first + i)]));
      ++compared_;
    }
    if (of_beat) {
      EXPECT_EQ(dut_->beat_count_o, beat.count);
    }
    return {0, end == kLower ? 0 : row.number, of_beat ? beat.count : 0};
  }

  Log rtl(const std::vector<RowBeat>& all, const std::vector<std::int64_t>& cycles, Stalls stalls,
          Bins& bins) {
    dut_.reset();
    dut_->threshold_i = numerics::bits_of(kThreshold);
    Link<std::size_t> in;
    std::array<Link<Taken>, kEnds> links;
    Log log;
    std::size_t fed = 0;
    std::size_t in_hand = 0;
    Cycle idle = 0;
    for (Cycle now = 0; idle < 100 && now < 10'000'000; ++now) {
      dut_->in_valid_i = in.valid();
      if (in.valid()) put(all[in.front()], *owners_[in.front()]);
      dut_->out_ready_i = links[kOut].ready();
      dut_->importance_ready_i = links[kImportance].ready();
      dut_->decided_ready_i = links[kDecided].ready();
      dut_->lower_ready_i = links[kLower].ready();
      dut_->recompute_ready_i = links[kRecompute].ready();
      dut_.settle();
      const std::array<bool, kEnds> valid{dut_->out_valid_o != 0, dut_->importance_valid_o != 0,
                                          dut_->decided_valid_o != 0, dut_->lower_valid_o != 0,
                                          dut_->recompute_valid_o != 0};
      bins.hit(kOneSideHeld, valid[kOut] != valid[kImportance]);
      bins.hit(kLowerHeld, valid[kLower] && !links[kLower].ready());
      bins.hit(kRowHeld, valid[kRecompute] && !valid[kLower]);
      const bool takes = in.valid() && dut_->in_ready_o;
      ++idle;
      for (std::size_t end = 0; end < kEnds; ++end) {
        Link<Taken>& link = links[end];
        const bool has_room = link.ready();
        if (link.valid() && !pauses(stalls, end, now)) {
          log[end].push_back(link.pop());
          log[end].back().cycle = now;
        }
        if (valid[end] && has_room) link.push(got(static_cast<End>(end), all[in_hand]));
        if (link.valid() || valid[end]) idle = 0;
      }
      if (takes) in_hand = in.pop();
      if (fed < all.size()) idle = 0;
      if (fed < all.size() && cycles[fed] <= now && in.ready()) in.push(fed++);
      in.tick();
      for (auto& link : links) link.tick();
      dut_.tick();
    }
    return log;
  }

  // Which rows went where, by what was drawn.
  void expect_decisions(const Log& log, Bins& bins) {
    std::vector<std::int64_t> dropped;
    std::vector<std::int64_t> decided;
    std::size_t asking = 0;
    const Head* last = nullptr;
    for (const auto& row : rows_) {
      const bool drops = row->split && !row->tokens.empty() && row->row.largest < kThreshold;
      (drops ? dropped : decided).push_back(row->row.number);
      bins.hit(kDropped, drops);
      bins.hit(kEmpty, row->tokens.empty());
      bins.hit(kAgain, drops && last == row->head);
      if (drops && last != row->head) ++asking;
      if (drops) last = row->head;
    }
    const auto numbers = [](const std::vector<Taken>& taken) {
      std::vector<std::int64_t> all;
      for (const Taken& one : taken) all.push_back(one.number);
      return all;
    };
    EXPECT_EQ(numbers(log[kRecompute]), dropped);
    EXPECT_EQ(numbers(log[kDecided]), decided);
    EXPECT_EQ(log[kLower].size(), asking);
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::unique_ptr<Head>> heads_;
  std::vector<std::unique_ptr<Row>> rows_;
  std::vector<const Row*> owners_;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vconfidence_8, 8, 12, 6>, Variant<Vconfidence_1, 1, 5, 12>>;
TYPED_TEST_SUITE(Confidence, Variants);

TYPED_TEST(Confidence, EveryEndInTheCycleOfSystemC) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"a row dropped", "another of its head", "an empty row", "at the threshold",
             "one of two has taken a beat", "lower bits find no room", "a row finds no room"});
  for (const Stalls stalls : kAllStalls) {
    SCOPED_TRACE(name_of(stalls));
    this->make_rows(600, bins);
    const std::vector<RowBeat> all = this->beats();
    const auto cycles = source_cycles(stalls, all.size(), this->seed_);
    const Log rtl = this->rtl(all, cycles, stalls, bins);
    const Log systemc = this->systemc(all, cycles, stalls);
    for (std::size_t end = 0; end < kEnds; ++end) {
      SCOPED_TRACE("end " + std::to_string(end));
      ASSERT_EQ(rtl[end].size(), systemc[end].size());
      for (std::size_t i = 0; i < rtl[end].size(); ++i) {
        ASSERT_EQ(rtl[end][i].cycle, systemc[end][i].cycle) << i;
        ASSERT_EQ(rtl[end][i].number, systemc[end][i].number) << i;
        ASSERT_EQ(rtl[end][i].count, systemc[end][i].count) << i;
      }
    }
    this->expect_decisions(rtl, bins);
    if (this->HasFailure()) return;
  }
  EXPECT_GT(this->compared_, 1000u);
  bins.expect_all_hit();
}

TYPED_TEST(Confidence, AResetDropsABeatAndForgetsWhoAsked) {
  this->dut_.reset();
  this->dut_->threshold_i = numerics::bits_of(kThreshold);
  const auto row = [this](bool fresh) {
    this->dut_->in_valid_i = 1;
    this->dut_->in_count_i = 1;
    this->dut_->in_last_i = 1;
    this->dut_->in_largest_i = numerics::bits_of(0.05F);
    this->dut_->in_split_i = 1;
    this->dut_->in_fresh_i = fresh;
    this->dut_->lower_ready_i = 1;
    this->dut_->recompute_ready_i = 0;
    this->dut_.settle();
    this->dut_.tick();
    this->dut_->in_valid_i = 0;
    this->dut_.settle();
  };
  row(true);
  ASSERT_EQ(this->dut_->lower_valid_o, 1);
  this->dut_.tick();  // asked
  this->dut_.settle();
  ASSERT_EQ(this->dut_->lower_valid_o, 0);
  ASSERT_EQ(this->dut_->recompute_valid_o, 1);
  this->dut_->rst_ni = 0;
  this->dut_.settle();  // no clock edge
  EXPECT_EQ(this->dut_->recompute_valid_o, 0);
  EXPECT_EQ(this->dut_->in_ready_o, 1);
  this->dut_.tick();
  this->dut_->rst_ni = 1;
  row(false);
  EXPECT_EQ(this->dut_->lower_valid_o, 1);
}

}  // namespace
}  // namespace weft::test
