#include "sim/engine/spatten/drawn_scores.hpp"

#include <utility>

#include "models/select/pivot.hpp"

namespace weft::sim::engine::spatten {
namespace {

// The sum of four uniform numbers of 16 bits, brought to a mean of 0 and a deviation of 1.
double drawn(std::uint64_t word) {
  constexpr double kMean = 2.0 * 65535.0;
  constexpr double kDeviation = 37837.227;  // √(4 · (2^32 − 1) / 12)
  const auto sum = static_cast<double>((word & 0xffff) + (word >> 16 & 0xffff) +
                                       (word >> 32 & 0xffff) + (word >> 48));
  return (sum - kMean) / kDeviation;
}

constexpr std::uint64_t kRowStream = 0x726f77;

}  // namespace

bool drawn_again(std::uint64_t seed, std::uint64_t number, double share) {
  const std::uint64_t own = weft::select::seed_of(seed, kRowStream);
  const std::uint64_t word = weft::select::seed_of(own, number) >> 32;
  return static_cast<double>(word) < share * 4294967296.0;
}

void DrawnScores::scores(QueryRow& row, std::int64_t first, std::int64_t count) {
  row.scores.resize(static_cast<std::size_t>(row.keys_seen()));
  const auto of_layer = [&](const std::vector<double>& list) {
    return list[static_cast<std::size_t>(row.layer) % list.size()];
  };
  const double own = of_layer(deviations_.row);
  const double shared = of_layer(deviations_.token);
  const std::uint64_t of_head =
      weft::select::seed_of(weft::select::seed_of(~seed_, static_cast<std::uint64_t>(row.layer)),
                            static_cast<std::uint64_t>(row.head));
  const std::uint64_t of_row = weft::select::seed_of(seed_, static_cast<std::uint64_t>(row.number));
  for (std::int64_t i = first; i < first + count; ++i) {
    const auto token = static_cast<std::uint64_t>(row.tokens[static_cast<std::size_t>(i)]);
    double score = own * drawn(weft::select::seed_of(of_row, token));
    if (shared > 0) score += shared * drawn(weft::select::seed_of(of_head, token));
    row.scores[static_cast<std::size_t>(i)] = static_cast<float>(score);
  }
}

void DrawnScores::softmax(QueryRow& row) {
  row.scores.resize(static_cast<std::size_t>(row.keys_seen()));
  weft::softmax::probabilities(row.scores, weft::softmax::kProbabilityBits, made_);
  row.probabilities.swap(made_.integers);
  row.largest = made_.largest;
}

}  // namespace weft::sim::engine::spatten
