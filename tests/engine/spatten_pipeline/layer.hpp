// A layer of queries of a few heads, and what it computes by the models' functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "models/quant/bit_split.hpp"
#include "models/softmax/fixed_point.hpp"
#include "sim/common/query_row.hpp"
#include "sim/prune/importance.hpp"

namespace weft::test {

using sim::Cycle;
using sim::Fetch;
using sim::FetchPart;
using sim::QueryRow;

inline constexpr int kBits = 12;

using Rows = std::vector<std::vector<std::int16_t>>;

struct Head {
  std::vector<std::int64_t> tokens;
  Rows keys, values;
  float query_scale = 1, key_scale = 1;
  std::size_t key_word = 0, value_word = 0;  // its first part in the stores
  Fetch key_rows, lower_rows, value_rows;
};
struct Query {
  Head* head = nullptr;
  std::vector<std::int16_t> elements;
  std::vector<std::int64_t> tokens;
  QueryRow row;
  bool fresh = false;
  bool recomputed = false;
  std::vector<std::int64_t> sums;  // of values
};

// What a layer computes, by the models' functions.
class Kernels final : public sim::RowKernels {
 public:
  Kernels(std::deque<Query>& queries, int lower, float threshold)
      : queries_(queries), lower_(lower), threshold_(threshold) {}

  void scores(QueryRow& row, std::int64_t first, std::int64_t count) override {
    if (first + count < row.keys_seen()) return;
    const Query& query = of(row);
    const int lower = row.pass == 1 ? 0 : lower_;
    const float scale =
        softmax::score_scale(query.head->query_scale, query.head->key_scale, 0.125, lower);
    row.scores.clear();
    for (std::int64_t m = 0; m < row.keys_seen(); ++m) {
      std::vector<std::int16_t> key = query.head->keys[static_cast<std::size_t>(m)];
      for (auto& element : key)
        element = static_cast<std::int16_t>(quant::upper_of(element, lower));
      row.scores.push_back(softmax::dequantise(softmax::dot_wide(query.elements, key), scale));
    }
  }
  void softmax(QueryRow& row) override {
    weft::softmax::ProbabilityRow made;
    weft::softmax::probabilities(row.scores, kBits, made);
    row.probabilities = made.integers;
    row.largest = made.largest;
  }
  bool recomputes(const QueryRow& row) const override {
    const bool again = quant::needs_lower_bits(row.largest, threshold_);
    of(row).recomputed = again;
    return again;
  }
  void output(QueryRow& row) override {
    Query& query = of(row);
    query.sums.assign(query.head->values[0].size(), 0);
    for (const std::int64_t position : row.kept) {
      const auto at = static_cast<std::size_t>(position);
      for (std::size_t f = 0; f < query.sums.size(); ++f)
        query.sums[f] += row.probabilities[at] * query.head->values[at][f];
    }
  }

 private:
  Query& of(const QueryRow& row) const { return queries_[static_cast<std::size_t>(row.slot)]; }

  std::deque<Query>& queries_;
  int lower_;
  float threshold_;
};

struct Sums final : sim::prune::ImportanceStore {
  std::vector<std::int64_t> of_keys;
  void add_probabilities(const QueryRow& row, std::int64_t first, std::int64_t count) override {
    of_keys.resize(std::max(of_keys.size(), static_cast<std::size_t>(first + count)));
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(first + count); ++i)
      of_keys[i] += row.probabilities[i];
  }
  void add_output(const QueryRow& /*row*/) override {}
};

// One layer of a few heads.
struct Layer {
  std::size_t width_qk = 16, width_v = 16;
  int lower = 0;
  float threshold = 0;
  std::vector<std::unique_ptr<Head>> heads;
  std::deque<Query> queries;
  std::vector<std::pair<Cycle, FetchPart>> keys, values;  // when they come
};

}  // namespace weft::test
