// Layers of queries at random, within what a variant of the pipeline takes: heads of any width,
// keys and values that come in time or late, queries that see and keep any number of them.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "tests/common/rtl_bench.hpp"
#include "tests/engine/spatten_pipeline/layer.hpp"

namespace weft::test {

enum Bin : std::size_t {
  kAgain,
  kOnce,
  kWhole,
  kSome,
  kNone,
  kNoKeys,
  kWaitsForKeys,
  kWaitsForValues,
  kOutHeld
};

// Beats of a row so wide.
template <class V>
std::size_t parts_of(std::size_t width) {
  return (width + V::kMultipliers - 1) / V::kMultipliers;
}

template <class V>
class LayerMaker {
 public:
  explicit LayerMaker(std::uint64_t seed) : random_(seed) {}

  std::unique_ptr<Layer> operator()(Bins& bins) {
    auto made = std::make_unique<Layer>();
    const auto width = [this] {
      const std::size_t most = V::kMultipliers * V::kParts;
      const std::size_t least = V::kMultipliers / 2 + 1;  // a row a beat
      return random_() % 3 == 0 ? most : least + random_() % (most - least + 1);
    };
    made->width_qk = width();
    made->width_v = width();
    made->lower = random_() % 3 == 0 ? 0 : 1 + static_cast<int>(random_() % 8);
    made->threshold = random_() % 3 == 0 ? 1.5F : 0.05F;
    const std::size_t most_rows =
        V::kWords / std::max(parts_of<V>(made->width_qk), parts_of<V>(made->width_v));
    const std::size_t keys = std::min(1 + random_() % V::kKeys, most_rows);
    const std::size_t heads = 1 + random_() % std::min<std::size_t>(3, most_rows / keys);
    Cycle keys_at = 0;
    Cycle values_at = static_cast<Cycle>(random_() % 300);
    const bool late = random_() % 2 == 0;
    for (std::size_t h = 0; h < heads; ++h) {
      made->heads.push_back(std::make_unique<Head>());
      Head& head = *made->heads.back();
      head.tokens.resize(keys);
      head.keys = operands(keys, made->width_qk);
      head.values = operands(keys, made->width_v);
      head.query_scale = static_cast<float>(1 + random_() % 100) * 1e-5F;
      head.key_scale = static_cast<float>(1 + random_() % 100) * 1e-3F;
      head.key_word = h * keys * parts_of<V>(made->width_qk);
      head.value_word = h * keys * parts_of<V>(made->width_v);
      for (Fetch* fetch : {&head.key_rows, &head.lower_rows, &head.value_rows})
        fetch->tokens = head.tokens;
      arrive(head.key_rows, made->keys, keys_at);
      arrive(head.value_rows, made->values, values_at);
    }
    if (!late) {
      for (auto* parts : {&made->keys, &made->values}) {
        Cycle cycle = 0;
        for (auto& part : *parts) part.first = cycle++;
      }
    }
    make_queries(*made, bins);
    return made;
  }

 private:
  Rows operands(std::size_t rows, std::size_t width) {
    Rows made(rows, std::vector<std::int16_t>(width));
    for (auto& row : made)
      for (auto& element : row) element = static_cast<std::int16_t>(random_() % 4096) - 2048;
    return made;
  }

  // Rows of a head come in orders of a few, in bursts.
  void arrive(Fetch& fetch, std::vector<std::pair<Cycle, FetchPart>>& when, Cycle& at) {
    for (std::size_t first = 0; first < fetch.tokens.size();) {
      const std::size_t count =
          std::min<std::size_t>(1 + random_() % 9, fetch.tokens.size() - first);
      at += 1 + static_cast<Cycle>(random_() % 4 == 0 ? random_() % 200 : random_() % 12);
      when.push_back(
          {at, {&fetch, static_cast<std::int32_t>(first), static_cast<std::int32_t>(count)}});
      first += count;
    }
  }

  void make_queries(Layer& layer, Bins& bins) {
    const std::size_t each = V::kSlots / layer.heads.size();
    for (auto& head : layer.heads) {
      const std::size_t keys = head->tokens.size();
      for (std::size_t q = 0; q < each; ++q) {
        Query& query = layer.queries.emplace_back();
        query.head = head.get();
        query.fresh = q == 0;
        query.elements = operands(1, layer.width_qk)[0];
        query.tokens.resize(random_() % 2 == 0 ? keys : random_() % (keys + 1));
        QueryRow& row = query.row;
        row.slot = static_cast<std::int32_t>(layer.queries.size() - 1);
        row.number = static_cast<std::int64_t>(1000 + layer.queries.size() * 7);
        row.width_qk = static_cast<std::int32_t>(layer.width_qk);
        row.width_v = static_cast<std::int32_t>(layer.width_v);
        row.tokens = query.tokens;
        row.keys = &head->key_rows;
        row.lower = layer.lower > 0 ? &head->lower_rows : nullptr;
        row.values = &head->value_rows;
        const std::size_t seen = query.tokens.size();
        row.values_kept = static_cast<std::int64_t>(random_() % 4 == 0 ? (random_() % 2) * seen
                                                                       : random_() % (seen + 1));
        bins.hit(kNoKeys, seen == 0);
        bins.hit(kWhole, seen > 0 && row.values_kept >= row.keys_seen());
        bins.hit(kNone, seen > 0 && row.values_kept == 0);
        bins.hit(kSome, row.values_kept > 0 && row.values_kept < row.keys_seen());
      }
    }
  }

  std::mt19937_64 random_;
};

}  // namespace weft::test
