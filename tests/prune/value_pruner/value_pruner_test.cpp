// weft_value_pruner beside the SystemC unit: every order, every row and every release in its cycle
// and with its numbers, whatever is stalled; the bytes on chip never above the store.
#include <Vvalue_pruner_1k.h>
#include <Vvalue_pruner_9.h>
#include <gtest/gtest.h>

#include <bit>
#include <deque>
#include <memory>

#include "sim/prune/value_pruner.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::FetchPart;
using sim::QueryRow;
using sim::RowToken;

template <class M, std::size_t store, std::size_t keys, std::size_t value>
struct Variant {
  using Model = M;
  static constexpr std::size_t kStore = store;
  static constexpr std::size_t kKeys = keys;
  static constexpr std::size_t kValue = value;
};

struct Row {
  std::vector<std::int64_t> tokens;
  sim::Fetch shared;  // values that stay
  QueryRow row;
};
// A message: when, of which row, and its number: values ordered, or bytes.
struct Seen {
  Cycle cycle = 0;
  std::int64_t row = 0;
  std::uint64_t number = 0;
  bool operator==(const Seen&) const = default;
};
struct Trace {
  std::vector<Seen> orders, rows, done;
};

// How long a row's values are needed, behind the cycle in which it is seen.
std::int64_t needed_for(std::int64_t row, std::uint64_t seed) {
  std::uint64_t x = (static_cast<std::uint64_t>(row) + seed) * 0x9E3779B97F4A7C15u;
  x ^= x >> 29;
  return static_cast<std::int64_t>(x % 16 == 0 ? 40 : x % 5);
}

// Takes rows as Take does, and releases each once it is no longer needed, in order.
class Release final : public sim::Unit {
 public:
  Release(Stalls stalls, std::uint64_t seed) : stalls_(stalls), seed_(seed) {}
  const UnitClass& unit_class() const override { return sim::test::kBenchClass; }
  sim::TimingDependsOn timing_depends_on() const override { return sim::TimingDependsOn::values; }
  void list_ports(sim::PortList& ports) override {
    ports.add("in", in_);
    ports.add("out", out_);
  }
  Cycle step(Cycle now) override {
    if (!due_.empty() && due_.front().first <= now && out_.offer(now, {due_.front().second}))
      due_.pop_front();
    if (in_.ready(now) && !pauses_at(stalls_, false, now, seed_)) {
      QueryRow* row = in_.pop(now).row;
      seen.push_back({now, row->number, 0});
      due_.emplace_back(now + 1 + needed_for(row->number, seed_), row);
    }
    return due_.empty() && in_.empty() ? sim::kNever : now + 1;
  }
  std::vector<Seen> seen;

 private:
  sim::In<RowToken> in_;
  sim::Out<RowToken> out_;
  std::deque<std::pair<Cycle, QueryRow*>> due_;
  Stalls stalls_;
  std::uint64_t seed_;
};

enum Bin : std::size_t { kHeld, kNoRoom, kWhole, kShared, kNone, kExact, kTwo, kOrderHeld };

template <class V>
class ValuePruner : public testing::Test {
 protected:
  static constexpr std::size_t kCountBits = std::bit_width(V::kKeys);
  static constexpr std::size_t kBytesBits = std::bit_width(V::kStore);

  ValuePruner() : seed_(seed_or(93)), random_(seed_), dut_(seed_) {}

  void make_rows(std::size_t count, Bins& bins) {
    rows_.clear();
    for (std::size_t r = 0; r < count; ++r) {
      rows_.push_back(std::make_unique<Row>());
      Row& made = *rows_.back();
      const std::size_t most = random_() % 12 == 0 ? V::kKeys : std::min<std::size_t>(9, V::kKeys);
      made.tokens.resize(1 + random_() % most);
      made.row.number = static_cast<std::int64_t>(r);
      made.row.tokens = made.tokens;
      const std::size_t kept = random_() % (made.tokens.size() + 1);
      for (std::size_t k = 0; k < kept; ++k) made.row.kept.push_back(static_cast<std::int64_t>(k));
      made.row.own_values.stored_bytes = static_cast<std::int64_t>(1 + random_() % V::kValue);
      if (random_() % 8 == 0) made.row.values = &made.shared;
      const std::size_t bytes = kept * static_cast<std::size_t>(made.row.own_values.stored_bytes);
      bins.hit(kWhole, made.row.values == nullptr && bytes > V::kStore / 2);
      bins.hit(kShared, made.row.values != nullptr && kept > 0);
      bins.hit(kNone, made.row.values == nullptr && kept == 0);
    }
  }

  Trace systemc(const std::vector<std::int64_t>& cycles, Stalls stalls) {
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<RowToken>>("feed");
    assembly.emplace<sim::prune::ValuePruner>(
        "unit", sim::prune::ValuePruner::Config{.store_bytes = V::kStore});
    auto& orders = assembly.emplace<sim::test::Take<FetchPart>>("orders");
    auto& done = assembly.emplace<sim::test::Take<RowToken>>("done");
    auto& release = assembly.emplace<Release>("release", stalls, seed_);
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "orders", "orders", "in", 2);
    assembly.join("unit", "out", "release", "in", 2);
    assembly.join("release", "out", "unit", "released", 2);
    assembly.join("unit", "done", "done", "in", 2);
    for (std::size_t r = 0; r < rows_.size(); ++r)
      feed.messages.push_back({cycles[r], {&rows_[r]->row}});
    orders.ready = [this, stalls](Cycle now) { return !pauses_at(stalls, false, now, seed_ + 1); };
    done.ready = [this, stalls](Cycle now) { return !pauses_at(stalls, false, now, seed_ + 2); };
    sim::test::run_to_end(assembly);
    Trace trace;
    for (const auto& [cycle, part] : orders.taken) {
      trace.orders.push_back({cycle, row_of(*part.fetch), static_cast<std::uint64_t>(part.count)});
    }
    for (const auto& [cycle, token] : done.taken)
      trace.done.push_back({cycle, token.row->number, bytes_of(token.row->number)});
    for (Seen seen : release.seen) {
      seen.number = bytes_of(seen.row);
      trace.rows.push_back(seen);
    }
    return trace;
  }

  std::int64_t row_of(const sim::Fetch& fetch) const {
    for (const auto& row : rows_) {
      if (&row->row.own_values == &fetch) return row->row.number;
    }
    return -1;
  }
  // Of the store, worked out apart from the unit.
  std::uint64_t bytes_of(std::int64_t number) const {
    const QueryRow& row = rows_[static_cast<std::size_t>(number)]->row;
    if (row.values != nullptr) return 0;
    const std::uint64_t bytes =
        row.kept.size() * static_cast<std::uint64_t>(row.own_values.stored_bytes);
    return bytes * 2 > V::kStore ? V::kStore / 2 : bytes;
  }

  void put(const QueryRow& row) {
    set_port_bits(dut_->in_kept_i, 0, kCountBits, row.kept.size());
    dut_->in_bytes_i = static_cast<std::uint8_t>(row.own_values.stored_bytes);
    dut_->in_own_i = row.values == nullptr;
    dut_->in_tag_i = static_cast<std::uint8_t>(row.number);
  }

  Trace rtl(const std::vector<std::int64_t>& cycles, Stalls stalls, Bins& bins) {
    pulse_reset(dut_);
    Link<std::size_t> in;
    Link<Seen> orders, out, released, done;
    std::deque<Seen> due;  // cycle: when to release
    Trace trace;
    std::size_t fed = 0, ordered = 0, left = 0;
    std::uint64_t used = 0;
    const auto open = [&] { return trace.done.size() < rows_.size() || orders.valid(); };
    for (std::int64_t now = 0; open() && now < 10'000'000; ++now) {
      dut_->in_valid_i = in.valid();
      if (in.valid()) put(rows_[in.front()]->row);
      dut_->order_ready_i = orders.ready();
      dut_->out_ready_i = out.ready();
      dut_->done_ready_i = done.ready();
      dut_->released_valid_i = released.valid();
      if (released.valid())
        set_port_bits(dut_->released_bytes_i, 0, kBytesBits, released.front().number);
      dut_.settle();
      bins.hit(kHeld, dut_->out_valid_o && !out.ready());
      bins.hit(kOrderHeld, dut_->order_valid_o && !orders.ready());
      bins.hit(kNoRoom, !dut_->in_ready_o && !dut_->out_valid_o && !dut_->order_valid_o);
      bins.hit(kTwo, released.valid() && done.ready() && dut_->order_valid_o);
      const bool takes = in.valid() && dut_->in_ready_o;
      const bool releases = dut_->released_ready_o && released.valid();
      EXPECT_EQ(releases, dut_->done_valid_o && done.ready());
      if (orders.valid() && !pauses_at(stalls, false, now, seed_ + 1)) {
        trace.orders.push_back(orders.pop());
        trace.orders.back().cycle = now;
      }
      if (done.valid() && !pauses_at(stalls, false, now, seed_ + 2)) {
        trace.done.push_back(done.pop());
        trace.done.back().cycle = now;
      }
      const bool release_now = !due.empty() && due.front().cycle <= now && released.ready();
      const Seen releasing = release_now ? due.front() : Seen{};
      if (release_now) due.pop_front();
      if (out.valid() && !pauses_at(stalls, false, now, seed_)) {
        Seen seen = out.pop();
        seen.cycle = now;
        trace.rows.push_back(seen);
        due.push_back({now + 1 + needed_for(seen.row, seed_), seen.row, seen.number});
      }
      if (dut_->order_valid_o && orders.ready()) {
        while (bytes_of(static_cast<std::int64_t>(ordered)) == 0) ++ordered;
        EXPECT_EQ(dut_->order_tag_o, ordered & 0xFF);
        orders.push({0, static_cast<std::int64_t>(ordered++),
                     port_bits(dut_->order_count_o, 0, kCountBits)});
      }
      if (dut_->out_valid_o && out.ready()) {
        EXPECT_EQ(dut_->out_tag_o, left & 0xFF);
        EXPECT_EQ(port_bits(dut_->out_kept_o, 0, kCountBits), rows_[left]->row.kept.size());
        const std::uint64_t bytes = port_bits(dut_->out_bytes_o, 0, kBytesBits);
        out.push({0, static_cast<std::int64_t>(left++), bytes});
        used += bytes;
      }
      if (releases) {
        used -= released.front().number;
        done.push(released.pop());
      }
      EXPECT_LE(used, V::kStore);
      bins.hit(kExact, used == V::kStore);
      if (takes) in.pop();
      if (release_now) released.push(releasing);
      if (fed < rows_.size() && cycles[fed] <= now && in.ready()) in.push(fed++);
      for (Link<Seen>* link : {&orders, &out, &released, &done}) link->tick();
      in.tick();
      dut_.tick();
    }
    return trace;
  }

  void run(std::size_t count) {
    SCOPED_TRACE(seed_text(seed_));
    Bins bins({"held at the output", "a row without room", "more than half of the store",
               "values that stay", "nothing kept", "a full store",
               "ordered in the cycle of a release", "an order that waits"});
    std::size_t compared = 0;
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      make_rows(count, bins);
      const auto cycles = source_cycles(stalls, rows_.size(), seed_);
      const Trace right = systemc(cycles, stalls);
      const Trace trace = rtl(cycles, stalls, bins);
      ASSERT_EQ(right.rows.size(), count);
      ASSERT_EQ(trace.rows.size(), count);
      ASSERT_EQ(trace.orders.size(), right.orders.size());
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(trace.rows[i] == right.rows[i]) << "row " << i;
        ASSERT_TRUE(trace.done[i] == right.done[i]) << "row " << i;
      }
      for (std::size_t i = 0; i < right.orders.size(); ++i)
        ASSERT_TRUE(trace.orders[i] == right.orders[i]) << "order " << i;
      compared += count + right.orders.size();
    }
    EXPECT_GT(compared, 7 * count);
    bins.expect_all_hit();
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::unique_ptr<Row>> rows_;
};

using Variants =
    testing::Types<Variant<Vvalue_pruner_1k, 6144, 1024, 192>, Variant<Vvalue_pruner_9, 61, 9, 11>>;
TYPED_TEST_SUITE(ValuePruner, Variants);

TYPED_TEST(ValuePruner, EveryOrderAndRowInTheCycleOfSystemC) { this->run(600); }

template <class V>
class ValuePrunerLong : public ValuePruner<V> {};
TYPED_TEST_SUITE(ValuePrunerLong, Variants);

TYPED_TEST(ValuePrunerLong, Of20000RowsUnderEachProfile) { this->run(20000); }

TYPED_TEST(ValuePruner, AResetDropsTheRowInHand) {
  pulse_reset(this->dut_);
  auto& dut = this->dut_;
  dut->in_valid_i = 1;
  dut->in_own_i = 1;
  dut->in_bytes_i = 1;
  set_port_bits(dut->in_kept_i, 0, this->kCountBits, 3);
  dut->order_ready_i = 1;
  dut->out_ready_i = 0;
  dut->released_valid_i = 0;
  dut->done_ready_i = 0;
  dut.settle();
  dut.tick();
  dut->in_valid_i = 0;
  dut.settle();
  ASSERT_EQ(dut->out_valid_o, 1);
  ASSERT_EQ(dut->in_ready_o, 0);
  dut->rst_ni = 0;
  dut.settle();  // no clock edge
  EXPECT_EQ(dut->out_valid_o, 0);
  EXPECT_EQ(dut->in_ready_o, 1);
}

}  // namespace
}  // namespace weft::test
