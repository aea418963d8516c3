// Queries of heads whose rows come one after another, for the bench of weft_row_store: what both
// units get, and the SystemC store with an array behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sim/memory/row_store.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {

// A head's rows, and of keys their lower bits.
struct StoredHead {
  std::vector<std::int64_t> tokens;
  sim::Fetch rows, lower;
  std::uint64_t base = 0;  // its first part
};

struct StoredQuery {
  sim::QueryRow row;
  const StoredHead* head = nullptr;
  std::size_t queue = 0;
  std::vector<std::int64_t> reads;  // rows, in order
};

struct StoredLayer {
  std::vector<std::unique_ptr<StoredHead>> heads;
  std::vector<std::unique_ptr<StoredQuery>> queries;
  std::vector<std::vector<StoredQuery*>> queues;         // in order
  std::vector<std::vector<sim::FetchPart>> arrivals{2};  // rows, lower bits

  void begin_anew() {
    for (auto& head : heads) head->rows.resident = head->lower.resident = 0;
  }
};

inline std::vector<sim::FetchPart> in_parts(std::mt19937_64& random, sim::Fetch& fetch) {
  std::vector<sim::FetchPart> parts;
  const auto rows = static_cast<std::int32_t>(fetch.tokens.size());
  for (std::int32_t first = 0; first < rows;) {
    const auto count = std::min(rows - first, 1 + static_cast<std::int32_t>(random() % 3));
    parts.push_back({&fetch, first, count});
    first += count;
  }
  return parts;
}

// Of keys a query sees the first so many; of values it reads any of them. Those of the first of two
// queues read keys with their lower bits.
inline StoredLayer stored_layer(std::mt19937_64& random, sim::memory::StoreOf of,
                                std::size_t queues, std::size_t rows, std::uint64_t addresses) {
  StoredLayer layer;
  layer.queues.resize(queues);
  const bool keys = of == sim::memory::StoreOf::keys;
  for (int h = 0; h < 12; ++h) {
    layer.heads.push_back(std::make_unique<StoredHead>());
    StoredHead& head = *layer.heads.back();
    head.tokens.resize(1 + random() % rows);
    std::iota(head.tokens.begin(), head.tokens.end(), 0);
    head.base = random() % addresses;
    head.rows.tokens = head.lower.tokens = head.tokens;
    for (auto* fetch : {&head.rows, &head.lower}) {
      const auto parts = in_parts(random, *fetch);
      auto& to = layer.arrivals[fetch == &head.lower ? 1 : 0];
      to.insert(to.end(), parts.begin(), parts.end());
    }
    for (std::size_t q = 0; q < 1 + random() % 8; ++q) {
      layer.queries.push_back(std::make_unique<StoredQuery>());
      StoredQuery& query = *layer.queries.back();
      query.head = &head;
      query.queue = random() % queues;
      query.row.width_qk = query.row.width_v = 16;
      query.row.keys = query.row.values = &head.rows;
      query.row.lower = &head.lower;
      query.row.pass = keys && queues > 1 && query.queue == 0 ? 1 : 0;
      const std::size_t seen = random() % (head.tokens.size() + 1);
      for (std::size_t t = 0; t < head.tokens.size(); ++t) {
        if (keys ? t < seen : random() % 2 == 0)
          query.reads.push_back(static_cast<std::int64_t>(t));
      }
      if (keys) query.row.tokens = query.reads;
      if (!keys) query.row.kept = query.reads;
      layer.queues[query.queue].push_back(&query);
    }
  }
  return layer;
}

// Takes a beat where it does not pause, and is busy with it for so many cycles.
class BusyArray final : public sim::Unit {
 public:
  BusyArray(std::int64_t parts, Stalls stalls, std::uint64_t seed)
      : parts_(parts), stalls_(stalls), seed_(seed) {}
  const UnitClass& unit_class() const override { return sim::test::kBenchClass; }
  sim::TimingDependsOn timing_depends_on() const override { return sim::TimingDependsOn::values; }
  void list_ports(sim::PortList& ports) override { ports.add("in", in_); }
  sim::Cycle step(sim::Cycle now) override {
    if (now >= free_at_ && in_.ready(now) && !pauses_at(stalls_, false, now, seed_)) {
      taken.emplace_back(now, in_.pop(now));
      free_at_ = now + parts_;
    }
    return in_.empty() ? sim::kNever : now + 1;
  }
  std::vector<std::pair<sim::Cycle, sim::RowBeat>> taken;

 private:
  sim::In<sim::RowBeat> in_;
  sim::Cycle free_at_ = 0;
  std::int64_t parts_;
  Stalls stalls_;
  std::uint64_t seed_;
};

constexpr std::size_t kQueryDepth = 4;  // of a queue

// The beats of a layer, each in the cycle in which the array takes it.
inline std::vector<std::pair<sim::Cycle, sim::RowBeat>> stored_beats(StoredLayer& layer,
                                                                     sim::memory::StoreOf of,
                                                                     std::int64_t parts,
                                                                     Stalls stalls,
                                                                     std::uint64_t seed) {
  layer.begin_anew();
  sim::Assembly assembly;
  assembly.emplace<sim::memory::RowStore>(
      "unit",
      sim::memory::RowStore::Config{.of = of,
                                    .sources = 2,
                                    .queues = static_cast<std::int64_t>(layer.queues.size()),
                                    .elements_per_cycle = 16});
  for (std::size_t s = 0; s < 2; ++s) {
    const std::string name = std::to_string(s);
    auto& feed = assembly.emplace<sim::test::Feed<sim::FetchPart>>("arrivals" + name);
    const auto cycles = source_cycles(stalls, layer.arrivals[s].size(), seed + 10 + s);
    for (std::size_t i = 0; i < cycles.size(); ++i)
      feed.messages.emplace_back(3 * cycles[i], layer.arrivals[s][i]);
    assembly.join("arrivals" + name, "out", "unit", "arrived[" + name + "]", 2);
  }
  for (std::size_t q = 0; q < layer.queues.size(); ++q) {
    const std::string name = std::to_string(q);
    auto& feed = assembly.emplace<sim::test::Feed<sim::RowToken>>("queries" + name);
    const auto cycles = source_cycles(stalls, layer.queues[q].size(), seed + q);
    for (std::size_t i = 0; i < cycles.size(); ++i)
      feed.messages.push_back({4 * cycles[i], {&layer.queues[q][i]->row}});
    assembly.join("queries" + name, "out", "unit", "rows[" + name + "]", kQueryDepth);
  }
  auto& array = assembly.emplace<BusyArray>("array", parts, stalls, seed);
  assembly.join("unit", "beats", "array", "in", 2);
  sim::test::run_to_end(assembly);
  return array.taken;
}

}  // namespace weft::test
