#include "models/evaluation/spatten/canned.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "models/baseline/head_operands.hpp"
#include "models/common/count.hpp"
#include "models/select/top_k.hpp"
#include "models/softmax/fixed_point.hpp"

namespace weft::evaluation::spatten {
namespace {

constexpr std::int64_t kRoundOverhead = 3;

template <class T>
void add(std::span<const T> values, std::uint64_t seed, Selections& into) {
  const auto kept =
      static_cast<std::int64_t>(std::ceil(kCannedKept * static_cast<double>(values.size())));
  const auto found = select::top_k(values, kept, seed);
  into.count += 1;
  into.candidates += static_cast<double>(values.size());
  for (const auto& round : found.selection.rounds) {
    into.rounds += 1;
    into.cycles +=
        static_cast<double>(ceil_div(round.elements, kCannedComparators) + kRoundOverhead);
  }
}

// A permutation of 0 … n − 1, a pure function of the seed.
std::vector<std::int64_t> shuffled(std::size_t n, std::uint64_t seed) {
  std::vector<std::int64_t> values(n);
  std::iota(values.begin(), values.end(), 0);
  for (std::size_t i = n; i > 1; --i)
    std::swap(values[i - 1], values[select::seed_of(seed, i) % i]);
  return values;
}

void add_random(std::size_t n, std::uint64_t seed, Selections& into) {
  const std::vector<std::int64_t> values = shuffled(n, seed);
  add(std::span<const std::int64_t>(values), seed, into);
}

void to_means(Selections& of) {
  if (of.count == 0) return;
  of.candidates /= of.count;
  of.rounds /= of.count;
  of.cycles /= of.count;
}

}  // namespace

std::vector<CannedRow> canned_rows(const workload::Trace& trace, const std::stop_token& stop) {
  std::vector<CannedRow> rows;
  const workload::Shape& shape = trace.shape;
  std::vector<std::int32_t> all(static_cast<std::size_t>(shape.seq_kv));
  std::iota(all.begin(), all.end(), 0);
  softmax::ProbabilityRow made;
  std::uint64_t ordinal = 0;
  for (std::size_t layer = 0; layer < trace.layers.size() && !stop.stop_requested(); ++layer) {
    CannedRow values{static_cast<std::int64_t>(layer), "values", {}, {}};
    CannedRow tokens{static_cast<std::int64_t>(layer), "tokens", {}, {}};
    std::vector<std::int64_t> importance(all.size());
    for (std::int64_t h = 0; h < shape.heads; ++h) {
      const baseline::HeadOperands head = baseline::trace_operands(trace, layer, 0, h);
      for (std::int64_t query = 0; query < shape.seq_q; ++query) {
        const auto scores = baseline::scores_of(head.query(query), head, all, trace.scale);
        const std::vector<float> narrow(scores.begin(), scores.end());
        softmax::probabilities(narrow, softmax::kProbabilityBits, made);
        for (std::size_t m = 0; m < importance.size(); ++m) importance[m] += made.integers[m];
        add(std::span<const std::int32_t>(made.integers), select::seed_of(0, ordinal), values.real);
        add_random(all.size(), select::seed_of(1, ordinal), values.random);
        ++ordinal;
      }
    }
    constexpr std::uint64_t kSeeds = 32;  // of one list of importances, with other pivots each time
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      add(std::span<const std::int64_t>(importance), select::seed_of(seed, layer), tokens.real);
      add_random(all.size(), select::seed_of(~seed, layer), tokens.random);
    }
    for (CannedRow* row : {&values, &tokens}) {
      to_means(row->real);
      to_means(row->random);
      rows.push_back(*row);
    }
  }
  return rows;
}

}  // namespace weft::evaluation::spatten
