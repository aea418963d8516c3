// SpAtten's workload files as a program: how many keys and values each head of each layer fetches
// is told, which ones follows from scores that are drawn. docs/units/engine/spatten.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "models/workload/spatten_csv.hpp"
#include "sim/engine/spatten/drawn_scores.hpp"

namespace weft::sim::engine::spatten {

class CsvProgram : public DrawnScores {
 public:
  CsvProgram(std::shared_ptr<const workload::PrunedRows> rows, DrawnDeviations deviations,
             std::uint64_t seed);

  std::optional<LayerPlan> next() override;
  std::vector<Selecting> select() override;
  bool selects() const override { return keep_.has_value(); }
  Extents extents() const override { return extents_; }
  void add_probabilities(const QueryRow& row, std::int64_t first, std::int64_t count) override;
  void add_output(const QueryRow& /*row*/) override {}

 private:
  using Tokens = std::shared_ptr<const std::vector<std::int64_t>>;

  Tokens most_important(std::int64_t count, std::int64_t sentence);
  Tokens chosen(const std::vector<std::int64_t>& candidates, std::int64_t count,
                Selecting* selecting);

  std::shared_ptr<const workload::PrunedRows> rows_;
  std::size_t next_ = 0;
  Extents extents_;
  std::vector<std::int64_t> importance_;
  Tokens alive_;                             // of the layer given last, its longest head's
  std::map<std::int64_t, Tokens> by_count_;  // of that layer
  std::optional<std::int64_t> keep_;         // to be selected behind it
  std::int64_t sentence_ = 0;
  bool rescales_ = false;
  std::int64_t selections_ = 0;
};

}  // namespace weft::sim::engine::spatten
