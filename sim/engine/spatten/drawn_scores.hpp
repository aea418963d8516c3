// Scores by chance, where there are no values: what a row's query gives a token is a pure function
// of the seed, the row and the token, and of what a head's queries agree on, of the head.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "models/softmax/fixed_point.hpp"
#include "sim/engine/spatten/layer_program.hpp"
#include "sim/engine/spatten/run_binding.hpp"

namespace weft::sim::engine::spatten {

// Whether the row of that number, in the order of the run, is computed again, where no value tells:
// a share of all, by a hash of the seed.
bool drawn_again(std::uint64_t seed, std::uint64_t number, double share);

class DrawnScores : public Program {
 public:
  DrawnScores(DrawnDeviations deviations, std::uint64_t seed)
      : deviations_(std::move(deviations)), seed_(seed) {}

  void scores(QueryRow& row, std::int64_t first, std::int64_t count) override;
  void softmax(QueryRow& row) override;
  bool recomputes(const QueryRow& row) const override { return row.recomputes; }
  void output(QueryRow& /*row*/) override {}

 protected:
  std::uint64_t seed() const { return seed_; }

 private:
  DrawnDeviations deviations_;
  std::uint64_t seed_;
  weft::softmax::ProbabilityRow made_;
};

}  // namespace weft::sim::engine::spatten
