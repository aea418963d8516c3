// weft_spatten_pipeline beside the same units of the simulator, joined as configs/arch/spatten.yaml
// joins them: every query in its cycle at every end, under stalls of all of them, with keys and
// values that come while queries wait for them. Its sums, importances and decisions are those of
// the models, from integer products to the selection.
#include <Vspatten_16.h>
#include <Vspatten_32.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "models/select/top_k.hpp"
#include "models/softmax/fixed_point.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/engine/spatten_pipeline/layer_maker.hpp"
#include "tests/engine/spatten_pipeline/units.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::FetchPart;
using sim::QueryRow;
using sim::RowBeat;
using sim::RowToken;

constexpr std::uint64_t kSeed = 5;

template <class M, std::size_t multipliers, std::size_t parts, std::size_t keys, std::size_t words,
          std::size_t rows>
struct Variant {
  using Model = M;
  static constexpr std::size_t kMultipliers = multipliers;
  static constexpr std::size_t kParts = parts;
  static constexpr std::size_t kKeys = keys;
  static constexpr std::size_t kWords = words;  // of either store
  static constexpr std::size_t kRows = rows;
  static constexpr std::size_t kSlots = 64;
};

enum End : std::size_t { kOut, kDecided, kAdded, kLower };
constexpr std::size_t kEnds = 4;
struct Taken {
  Cycle cycle = 0;
  std::int64_t slot = 0;  // where the end says it
};
using Log = std::array<std::vector<Taken>, kEnds>;

template <class V>
class SpattenPipeline : public testing::Test {
 protected:
  SpattenPipeline() : seed_(seed_or(94)), make_layer_(seed_), dut_(seed_) {}

  // ---- SystemC ----

  bool pauses(Stalls stalls, std::size_t end, Cycle now) const {
    return pauses_at(stalls, false, end == kLower ? now / 16 : now, seed_ + 1000 * end);
  }
  template <class Message>
  sim::test::Take<Message>& sink(sim::Assembly& assembly, const char* unit, const char* port,
                                 Stalls stalls, End end) {
    const std::string name = std::string(unit) + "_" + port;
    auto& take = assembly.emplace<sim::test::Take<Message>>(name);
    assembly.join(unit, port, name, "in", 2);
    take.ready = [this, stalls, end](Cycle now) { return !pauses(stalls, end, now); };
    return take;
  }
  template <class Message>
  sim::test::Feed<Message>& source(sim::Assembly& assembly, const char* unit, const char* port,
                                   std::size_t depth = 2) {
    const std::string name = std::string(unit) + "_" + port;
    auto& feed = assembly.emplace<sim::test::Feed<Message>>(name);
    assembly.join(name, "out", unit, port, depth);
    return feed;
  }

  void build(sim::Assembly& assembly, const Layer& layer, Kernels& kernels, Sums& sums) {
    join_units<V>(assembly, kernels, sums, kSeed);
    source<RowToken>(assembly, "pruner", "released");
    sink<RowToken>(assembly, "pruner", "done", Stalls::none, kOut);
    sink<FetchPart>(assembly, "pruner", "orders", Stalls::none, kOut);
  }

  Log systemc(Layer& layer, const std::vector<std::int64_t>& cycles, Stalls stalls, Sums& sums) {
    Kernels kernels(layer.queries, layer.lower, layer.threshold);
    for (auto& head : layer.heads) {
      head->key_rows.resident = head->value_rows.resident = 0;
      head->lower_rows.asked = 0;
      head->lower_rows.resident = static_cast<std::int64_t>(head->tokens.size());
    }
    sim::Assembly assembly;
    build(assembly, layer, kernels, sums);
    auto& keys = source<FetchPart>(assembly, "key_store", "arrived[0]");
    auto& values = source<FetchPart>(assembly, "value_store", "arrived[0]");
    auto& rows = source<RowToken>(assembly, "key_store", "rows[1]", V::kSlots);
    for (const auto& part : layer.keys) keys.messages.push_back(part);
    for (const auto& part : layer.values) values.messages.push_back(part);
    for (std::size_t q = 0; q < layer.queries.size(); ++q) {
      layer.queries[q].row.pass = 0;
      rows.messages.push_back({cycles[q], {&layer.queries[q].row}});
    }
    auto& out = sink<RowBeat>(assembly, "prob_v", "out", stalls, kOut);
    auto& decided = sink<RowToken>(assembly, "confidence", "decided", stalls, kDecided);
    auto& added = sink<RowToken>(assembly, "importance", "done", stalls, kAdded);
    auto& lower = sink<FetchPart>(assembly, "confidence", "lower", stalls, kLower);
    sim::test::run_to_end(assembly);
    Log log;
    for (const auto& [cycle, beat] : out.taken) log[kOut].push_back({cycle, beat.row->slot});
    for (const auto& [cycle, row] : decided.taken) log[kDecided].push_back({cycle, row.row->slot});
    for (const auto& [cycle, row] : added.taken) log[kAdded].push_back({cycle, 0});
    for (const auto& [cycle, part] : lower.taken) log[kLower].push_back({cycle, 0});
    return log;
  }

  // ---- RTL ----

  // A word of a row: the elements of one of its parts.
  using Word = std::array<std::int16_t, V::kMultipliers>;
  using Store = std::array<Word, V::kWords>;

  static Word word_of(const std::vector<std::int16_t>& row, std::size_t part) {
    Word word{};
    const std::size_t first = part * V::kMultipliers;
    std::copy_n(row.begin() + static_cast<std::ptrdiff_t>(first),
                std::min(V::kMultipliers, row.size() - first), word.begin());
    return word;
  }
  static void set_word(auto& data, const Word& word) {
    for (std::size_t place = 0; place < word.size(); ++place)
      set_port_bits(data, place * kBits, kBits,
                    static_cast<std::uint64_t>(word[place]) & low_bits(kBits));
  }
  static void store(Store& store, const std::vector<std::int16_t>& row, std::size_t first_word) {
    for (std::size_t part = 0; part < parts_of<V>(row.size()); ++part)
      store[first_word + part] = word_of(row, part);
  }

  void load(const Layer& layer) {
    for (const auto& head : layer.heads) {
      for (std::size_t m = 0; m < head->tokens.size(); ++m) {
        store(keys_, head->keys[m], head->key_word + m * parts_of<V>(layer.width_qk));
        store(values_, head->values[m], head->value_word + m * parts_of<V>(layer.width_v));
      }
    }
    for (const Query& query : layer.queries) {
      const auto slot = static_cast<std::size_t>(query.row.slot);
      for (std::size_t part = 0; part < parts_of<V>(query.elements.size()); ++part) {
        dut_->query_valid_i = 1;
        set_port_bits(dut_->query_address_i, 0, 16, slot * V::kParts + part);
        set_word(dut_->query_data_i, word_of(query.elements, part));
        dut_.settle();
        dut_.tick();
        dut_->query_valid_i = 0;
      }
    }
  }
  // A query's slot, in the cycle in which it is first sent in.
  void put_slot(const Layer& layer, const Query& query) {
    const auto slot = static_cast<std::size_t>(query.row.slot);
    const Head& head = *query.head;
    const std::uint64_t seed = select::seed_of(kSeed, static_cast<std::uint64_t>(query.row.number));
    dut_->slot_valid_i = 1;
    set_port_bits(dut_->slot_i, 0, 8, slot);
    set_port_bits(dut_->slot_keys_i, 0, 8, query.tokens.size());
    set_port_bits(dut_->slot_kept_i, 0, 8, static_cast<std::uint64_t>(query.row.values_kept));
    set_port_bits(dut_->slot_key_i, 0, 16, head.key_word);
    dut_->slot_scale_i =
        numerics::bits_of(softmax::score_scale(head.query_scale, head.key_scale, 0.125, 0));
    dut_->slot_upper_i = numerics::bits_of(
        softmax::score_scale(head.query_scale, head.key_scale, 0.125, layer.lower));
    dut_->seed_valid_i = 1;
    set_port_bits(dut_->seed_slot_i, 0, 8, slot);
    dut_->seed_i = seed;
    dut_->seed_word_i = static_cast<std::uint32_t>(select::seed_of(seed, 0) >> 32);
    dut_->slot_fresh_i = query.fresh;
    dut_->slot_first_i = slot == 0;
  }
  // The edge, behind which the stores give what was asked for before it.
  void tick() {
    const std::size_t key = dut_->key_address_o;
    const std::size_t value = dut_->value_address_o;
    dut_.tick();
    set_word(dut_->key_word_i, keys_[key]);
    set_word(dut_->value_word_i, values_[value]);
  }

  // How many of the slot's head are there in cycle `now`: seen a cycle behind the one in which they
  // are told.
  static unsigned there(const Layer& layer, bool keys, std::size_t slot, Cycle now) {
    const Head& head = *layer.queries[slot % layer.queries.size()].head;
    const Fetch* fetch = keys ? &head.key_rows : &head.value_rows;
    unsigned count = 0;
    for (const auto& [cycle, part] : keys ? layer.keys : layer.values) {
      if (part.fetch == fetch && cycle < now) count += static_cast<unsigned>(part.count);
    }
    return count;
  }

  void configure(const Layer& layer) {
    dut_.reset();
    dut_->query_valid_i = dut_->slot_valid_i = dut_->seed_valid_i = 0;
    dut_->row_valid_i = dut_->sums_valid_i = 0;
    dut_->decided_ready_i = dut_->lower_ready_i = dut_->added_ready_i = dut_->out_ready_i = 0;
    dut_->keys_there_i = dut_->values_there_i = 0;
    set_port_bits(dut_->key_parts_i, 0, 8, parts_of<V>(layer.width_qk) - 1);
    set_port_bits(dut_->value_parts_i, 0, 8, parts_of<V>(layer.width_v) - 1);
    set_port_bits(dut_->value_bytes_i, 0, 8, layer.width_v * kBits / 8);
    dut_->own_values_i = dut_->order_ready_i = dut_->own_taken_i = dut_->released_valid_i = 0;
    set_port_bits(dut_->lower_bits_i, 0, 8, static_cast<std::uint64_t>(layer.lower));
    dut_->threshold_i = numerics::bits_of(layer.threshold);
    dut_.settle();
    load(layer);
  }

  void expect_sums(const Layer& layer) {
    const auto slot = static_cast<std::size_t>(dut_->out_slot_o);
    ASSERT_LT(slot, layer.queries.size());
    const Query& query = layer.queries[slot];
    for (std::size_t f = 0; f < layer.width_v; ++f) {
      const auto sum = static_cast<std::int32_t>(port_bits(dut_->out_sums_o, f * 32, 32));
      ASSERT_EQ(sum, query.sums[f]) << "slot " << slot << ", channel " << f;
      ++compared_;
    }
  }

  Log rtl(const Layer& layer, const std::vector<std::int64_t>& cycles, Stalls stalls, Bins& bins) {
    configure(layer);
    std::array<Link<Taken>, kEnds> links;
    Log log;
    std::size_t fed = 0, put = 0;  // queries that were taken; whose slots were written
    const std::size_t queries = layer.queries.size();
    for (Cycle now = 0; now < 2'000'000; ++now) {
      dut_->row_valid_i = fed < queries && cycles[fed] <= now;
      dut_->slot_valid_i = dut_->seed_valid_i = 0;
      if (dut_->row_valid_i != 0 && put == fed) put_slot(layer, layer.queries[put++]);
      set_port_bits(dut_->row_slot_i, 0, 8, fed);
      dut_->out_ready_i = links[kOut].ready();
      dut_->decided_ready_i = links[kDecided].ready();
      dut_->added_ready_i = links[kAdded].ready();
      dut_->lower_ready_i = links[kLower].ready();
      dut_.settle();
      set_port_bits(dut_->keys_there_i, 0, 8, there(layer, true, dut_->key_slot_o, now));
      set_port_bits(dut_->values_there_i, 0, 8, there(layer, false, dut_->value_slot_o, now));
      set_port_bits(dut_->value_base_i, 0, 16,
                    layer.queries[dut_->value_slot_o % queries].head->value_word);
      dut_.settle();
      const std::array<bool, kEnds> valid{dut_->out_valid_o != 0, dut_->decided_valid_o != 0,
                                          dut_->added_valid_o != 0, dut_->lower_valid_o != 0};
      bins.hit(kOutHeld, valid[kOut] && !links[kOut].ready());
      bins.hit(kWaitsForKeys, fed > 0 && dut_->keys_there_i == 0);
      bins.hit(kWaitsForValues, log[kDecided].size() > 0 && dut_->values_there_i == 0);
      for (std::size_t end = 0; end < kEnds; ++end) {
        Link<Taken>& link = links[end];
        const bool has_room = link.ready();
        if (link.valid() && !pauses(stalls, end, now)) {
          log[end].push_back(link.pop());
          log[end].back().cycle = now;
        }
        if (!valid[end] || !has_room) continue;
        link.push({0, end == kOut       ? static_cast<std::int64_t>(dut_->out_slot_o)
                      : end == kDecided ? static_cast<std::int64_t>(dut_->decided_slot_o)
                                        : 0});
        if (end == kOut) expect_sums(layer);
        if (testing::Test::HasFatalFailure()) return log;
      }
      if (dut_->row_valid_i != 0) ++fed;
      for (auto& link : links) link.tick();
      tick();
      if (log[kOut].size() == queries && log[kDecided].size() == queries &&
          log[kAdded].size() == queries && links[kLower].valid() == false)
        break;
    }
    return log;
  }

  void expect_importances(const Sums& sums) {
    for (std::size_t i = 0; i < sums.of_keys.size(); ++i) {
      dut_->sums_valid_i = 1;
      set_port_bits(dut_->sums_row_i, 0, 8, i / 8);
      dut_.settle();
      dut_.tick();
      dut_.settle();
      ASSERT_EQ(port_bits(dut_->sums_data_o, i % 8 * 32, 32),
                static_cast<std::uint64_t>(sums.of_keys[i]))
          << "key " << i;
      ++compared_;
    }
    dut_->sums_valid_i = 0;
  }

  void run(std::size_t layers) {
    SCOPED_TRACE(seed_text(seed_));
    Bins bins({"a query computed again", "one that is not", "all values kept", "some", "none",
               "no keys", "a wait for keys", "a wait for values", "held at the output"});
    for (std::size_t l = 0; l < layers; ++l) {
      SCOPED_TRACE("layer " + std::to_string(l));
      const Stalls stalls = kAllStalls[l % 5];
      SCOPED_TRACE(name_of(stalls));
      const std::unique_ptr<Layer> layer = make_layer_(bins);
      auto cycles = source_cycles(stalls, layer->queries.size(), seed_);
      // In every other layer a head's queries come when the importances of the one before are
      // there.
      std::int64_t later = 0;
      for (std::size_t q = 0; l % 2 == 1 && q < cycles.size(); ++q) {
        if (layer->queries[q].fresh) later += 3000;
        cycles[q] += later;
      }
      Sums sums;
      const Log systemc = this->systemc(*layer, cycles, stalls, sums);
      const Log rtl = this->rtl(*layer, cycles, stalls, bins);
      if (HasFatalFailure()) return;
      ASSERT_EQ(systemc[kOut].size(), layer->queries.size());
      for (std::size_t end = 0; end < kEnds; ++end) {
        SCOPED_TRACE("end " + std::to_string(end));
        ASSERT_EQ(rtl[end].size(), systemc[end].size());
        for (std::size_t i = 0; i < rtl[end].size(); ++i) {
          ASSERT_EQ(rtl[end][i].slot, systemc[end][i].slot) << i;
          ASSERT_EQ(rtl[end][i].cycle, systemc[end][i].cycle) << i;
        }
      }
      for (const Query& query : layer->queries)
        bins.hit(query.recomputed || query.row.pass == 1 ? kAgain : kOnce);
      expect_importances(sums);
      if (HasFatalFailure()) return;
    }
    bins.expect_all_hit();
  }

  std::uint64_t seed_;
  LayerMaker<V> make_layer_;
  Store keys_{}, values_{};
  Bench<typename V::Model> dut_;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vspatten_16, 16, 4, 128, 1024, 16>,
                                Variant<Vspatten_32, 32, 2, 32, 256, 2>>;
TYPED_TEST_SUITE(SpattenPipeline, Variants);

TYPED_TEST(SpattenPipeline, EveryQueryInTheCycleOfSystemC) {
  this->run(10);
  EXPECT_GT(this->compared_, 10000u);
}

template <class V>
class SpattenPipelineLong : public SpattenPipeline<V> {};
TYPED_TEST_SUITE(SpattenPipelineLong, Variants);

TYPED_TEST(SpattenPipelineLong, OfManyLayers) { this->run(500); }

}  // namespace
}  // namespace weft::test
