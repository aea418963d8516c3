// weft_pruner beside prune::Survivors, over layers and steps: who is alive, in order, and what each
// is worth; every selection answered in the cycle of the SystemC engine of lists.
#include <Vpruner_16.h>
#include <Vpruner_4.h>
#include <gtest/gtest.h>

#include <bit>
#include <deque>

#include "models/numerics/bf16.hpp"
#include "models/prune/survivors.hpp"
#include "sim/select/list_top_k.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::select::ListSelection;

template <class M, std::size_t lanes, std::size_t id_bits, std::size_t value_bits, std::size_t rows>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kIdBits = id_bits;
  static constexpr std::size_t kValueBits = value_bits;
  static constexpr std::size_t kMost = lanes * rows;
};

enum Bin : std::size_t { kAll, kNone, kProtected, kOnlyProtected, kEmpty, kFull, kTies };

template <class V>
class Pruner : public testing::Test {
 protected:
  static constexpr std::size_t kCountBits = std::bit_width(V::kMost);

  Pruner()
      : seed_(seed_or(96)),
        random_(seed_),
        dut_(seed_),
        bins_({"all stay", "none stays", "some are protected", "no more than those stay",
               "nobody alive", "as many alive as there is room for", "several equal ones stay"}) {}

  void idle() {
    dut_->clear_i = 0;
    dut_->append_valid_i = 0;
    dut_->add_valid_i = 0;
    dut_->in_valid_i = 0;
    dut_->read_valid_i = 0;
  }
  // A cycle, with what is at the output taken into its link, and out of that where it is not
  // paused.
  void cycle() {
    dut_->out_ready_i = out_.ready();
    dut_.settle();
    if (out_.valid() && !pauses_at(stalls_, false, now_, seed_)) {
      out_.pop();
      answers_.push_back(now_);
    }
    if (dut_->out_valid_o && out_.ready()) out_.push(0);
    const bool asked = dut_->gain_valid_o != 0;
    const std::size_t row = dut_->gain_row_o;
    out_.tick();
    dut_.tick();
    ++now_;
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      const std::size_t i = row * V::kLanes + lane;
      set_port_bits(dut_->gain_values_i, lane * V::kValueBits, V::kValueBits,
                    asked && i < gains_.size() ? gains_[i] : random_());
    }
  }
  void wait() {
    idle();
    for (dut_.settle(); dut_->busy_o != 0 || out_.valid() || dut_->out_valid_o != 0;
         dut_.settle()) {
      ASSERT_LT(now_, 10'000'000);
      cycle();
    }
  }

  void clear() {
    wait();
    dut_->clear_i = 1;
    cycle();
    idle();
  }
  // Ids first to first + count - 1, of no importance, in places here and there.
  void append(std::size_t first, std::size_t count) {
    wait();
    for (std::size_t done = 0; done < count;) {
      dut_->append_valid_i = 1;
      for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
        const bool keeps = done < count && random_() % 4 != 0;
        set_port_bits(dut_->append_keep_i, lane, 1, keeps);
        set_port_bits(dut_->append_ids_i, lane * V::kIdBits, V::kIdBits,
                      keeps ? first + done : random_());
        set_port_bits(dut_->append_values_i, lane * V::kValueBits, V::kValueBits,
                      keeps ? 0 : random_());
        done += keeps ? 1 : 0;
      }
      cycle();
    }
    idle();
  }
  void add(std::vector<std::uint64_t> gains, bool replaces) {
    wait();
    gains_ = std::move(gains);
    dut_->add_valid_i = 1;
    dut_->add_replaces_i = replaces;
    cycle();
    wait();
    gains_.clear();
  }
  // As a link's other end would: what is pushed in this cycle is taken in the next.
  void prune(std::int64_t kept, std::size_t protect, std::uint64_t seed,
             std::vector<std::int64_t> rounds, std::int64_t items) {
    wait();
    rounds_.push_back(std::move(rounds));
    fed_.push_back({now_, {static_cast<std::int64_t>(fed_.size()), items, rounds_.back()}});
    cycle();
    dut_->in_valid_i = 1;
    set_port_bits(dut_->in_kept_i, 0, kCountBits, static_cast<std::uint64_t>(kept));
    set_port_bits(dut_->in_protected_i, 0, kCountBits, protect);
    dut_->in_seed_i = seed;
    dut_->in_word_i = static_cast<std::uint32_t>(select::seed_of(seed, 0) >> 32);
    dut_.settle();
    ASSERT_EQ(dut_->in_ready_o, 1);
    cycle();
    wait();
  }
  template <class T, class Bits>
  void expect_alive(const prune::Survivors<T>& model, std::int64_t layer, Bits bits) {
    wait();
    const std::vector<std::int64_t> alive = model.alive(layer);
    ASSERT_EQ(port_bits(dut_->count_o, 0, kCountBits), alive.size());
    for (std::size_t i = 0; i < alive.size(); i += V::kLanes) {
      dut_->read_valid_i = 1;
      dut_->read_row_i = static_cast<std::uint8_t>(i / V::kLanes);
      cycle();
      idle();
      dut_.settle();
      for (std::size_t lane = 0; lane < V::kLanes && i + lane < alive.size(); ++lane) {
        ASSERT_EQ(port_bits(dut_->read_ids_o, lane * V::kIdBits, V::kIdBits),
                  static_cast<std::uint64_t>(alive[i + lane]))
            << "place " << i + lane;
        ASSERT_EQ(port_bits(dut_->read_values_o, lane * V::kValueBits, V::kValueBits),
                  bits(model.importance(alive[i + lane])))
            << "of " << alive[i + lane];
        ++compared_;
      }
    }
  }

  // A sentence through its layers, and then a token more in each of some steps.
  template <class T, class Gain, class Bits>
  void run(std::size_t tokens, bool replaces, Gain gain, Bits bits) {
    const std::int64_t layers = 5;
    prune::Survivors<T> model(static_cast<std::int64_t>(tokens), layers);
    clear();
    append(0, tokens);
    bins_.hit(kFull, tokens == V::kMost);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      if (layer > 0 && random_() % 3 == 0 && model.alive(layer - 1).size() < V::kMost) {
        append(static_cast<std::size_t>(model.count()), 1);
        model.append();
      }
      const std::vector<std::int64_t> before = model.alive(layer);
      std::vector<std::uint64_t> gains;
      for (const std::int64_t id : before) {
        const T gained = gain(random_);
        gains.push_back(bits(gained));
        model.set_importance(id, replaces ? gained : model.importance(id) + gained);
      }
      add(gains, replaces);
      const std::size_t alive = before.size();
      const std::uint64_t drawn = random_() % 8;
      const auto kept = static_cast<std::int64_t>(drawn == 0   ? alive
                                                  : drawn == 1 ? 0
                                                               : random_() % (alive + 1));
      const std::int64_t recent = random_() % 2 == 0 ? 0 : static_cast<std::int64_t>(random_() % 7);
      std::size_t protect = 0;
      for (const std::int64_t id : before) protect += id >= model.count() - recent ? 1 : 0;
      const std::uint64_t seed = random_();
      const auto selection = model.prune(layer, kept, seed, recent);
      std::vector<std::int64_t> rounds;
      for (const auto& round : selection.rounds) rounds.push_back(round.elements);
      const std::size_t stay = std::min(protect, static_cast<std::size_t>(kept));
      bins_.hit(kAll, alive > 0 && static_cast<std::size_t>(kept) == alive);
      bins_.hit(kNone, alive > 0 && kept == 0);
      bins_.hit(kProtected, stay > 0 && stay < static_cast<std::size_t>(kept));
      bins_.hit(kOnlyProtected, kept > 0 && stay == static_cast<std::size_t>(kept));
      bins_.hit(kEmpty, alive == 0);
      bins_.hit(kTies, selection.ties > 1);
      prune(kept, protect, seed, std::move(rounds), static_cast<std::int64_t>(alive - stay));
      expect_alive(model, layer, bits);
      if (HasFatalFailure()) return;
    }
  }

  void expect_cycles() {
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<ListSelection>>("feed");
    assembly.emplace<sim::select::ListTopK>("unit", sim::select::ListTopK::Config{V::kLanes});
    auto& take = assembly.emplace<sim::test::Take<ListSelection>>("take");
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "out", "take", "in", 2);
    for (const auto& [cycle, selection] : fed_) feed.messages.push_back({cycle, selection});
    take.ready = [this](Cycle now) { return !pauses_at(stalls_, false, now, seed_); };
    sim::test::run_to_end(assembly);
    ASSERT_EQ(answers_.size(), fed_.size());
    ASSERT_EQ(take.taken.size(), fed_.size());
    for (std::size_t i = 0; i < fed_.size(); ++i)
      ASSERT_EQ(answers_[i], take.taken[i].first) << "selection " << i;
  }

  void run_all(std::size_t sentences) {
    SCOPED_TRACE(seed_text(seed_));
    const auto integer = [](std::int64_t x) { return static_cast<std::uint64_t>(x); };
    const auto fp32 = [](float x) {
      return std::uint64_t{numerics::bits_of(x)} & low_bits(V::kValueBits);
    };
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      stalls_ = stalls;
      now_ = 0;
      fed_.clear();
      rounds_.clear();
      answers_.clear();
      idle();
      dut_.reset();
      for (std::size_t s = 0; s < sentences; ++s) {
        const std::size_t tokens = s % 8 == 0 ? V::kMost : random_() % V::kMost;
        run<std::int64_t>(
            tokens, false,
            [](auto& random) {
              return static_cast<std::int64_t>(random() % 3 == 0 ? random() % 400 : random() % 4);
            },
            integer);
        if (HasFatalFailure()) return;
        if (V::kValueBits < 32) continue;
        run<float>(
            random_() % V::kMost, true,
            [](auto& random) { return static_cast<float>(random() % 1000) * 0.37F; }, fp32);
        if (HasFatalFailure()) return;
      }
      expect_cycles();
      if (HasFatalFailure()) return;
    }
    EXPECT_GT(compared_, 5 * sentences);
    bins_.expect_all_hit();
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  Bins bins_;
  Stalls stalls_ = Stalls::none;
  Cycle now_ = 0;
  Link<int> out_;
  std::vector<std::pair<Cycle, ListSelection>> fed_;
  std::deque<std::vector<std::int64_t>> rounds_;  // which those refer to
  std::vector<Cycle> answers_;
  std::vector<std::uint64_t> gains_;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vpruner_4, 4, 8, 12, 6>, Variant<Vpruner_16, 16, 10, 32, 16>>;
TYPED_TEST_SUITE(Pruner, Variants);

TYPED_TEST(Pruner, WhoStaysAndWhenItIsKnown) { this->run_all(24); }

template <class V>
class PrunerLong : public Pruner<V> {};
TYPED_TEST_SUITE(PrunerLong, Variants);

TYPED_TEST(PrunerLong, Of2000SentencesUnderEachProfile) { this->run_all(2000); }

// And meanwhile no other selection is taken, though the list has closed up.
TYPED_TEST(Pruner, AnAnswerStaysUntilItIsTaken) {
  auto& dut = this->dut_;
  this->idle();
  dut.reset();
  this->clear();
  this->append(0, 3);
  dut->in_valid_i = 1;
  set_port_bits(dut->in_kept_i, 0, this->kCountBits, 2);
  set_port_bits(dut->in_protected_i, 0, this->kCountBits, 0);
  dut->out_ready_i = 0;
  dut.settle();
  dut.tick();
  this->idle();
  for (int cycle = 0; cycle < 200; ++cycle) {
    dut.settle();
    dut.tick();
  }
  dut.settle();
  EXPECT_EQ(dut->out_valid_o, 1);
  EXPECT_EQ(dut->busy_o, 0);
  EXPECT_EQ(dut->in_ready_o, 0);
  EXPECT_EQ(port_bits(dut->count_o, 0, this->kCountBits), 2u);
  dut->out_ready_i = 1;
  dut.settle();
  dut.tick();
  dut.settle();
  EXPECT_EQ(dut->out_valid_o, 0);
  EXPECT_EQ(dut->in_ready_o, 1);
  dut->rst_ni = 0;
  dut.settle();  // no clock edge
  EXPECT_EQ(port_bits(dut->count_o, 0, this->kCountBits), 0u);
}

}  // namespace
}  // namespace weft::test
