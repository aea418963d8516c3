// Q, K and V of one head for engines whose time depends on values: of a trace, or drawn.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/workload/trace.hpp"

namespace weft::baseline {

// Row-major, [rows, width].
struct HeadOperands {
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  std::int64_t width = 0;  // of Q and K
  std::vector<float> q, k;

  std::span<const float> query(std::int64_t i) const { return row(q, i); }
  std::span<const float> key(std::int64_t i) const { return row(k, i); }

 private:
  std::span<const float> row(const std::vector<float>& all, std::int64_t i) const {
    return std::span(all).subspan(static_cast<std::size_t>(i * width),
                                  static_cast<std::size_t>(width));
  }
};

// Elements of mean 0 and deviation 1, those of Q times `deviation`: scores divided by √width then
// have that deviation. A pure function of the seed and of `stream`, which tells heads apart.
HeadOperands drawn_operands(std::int64_t queries, std::int64_t keys, std::int64_t width,
                            double deviation, std::uint64_t seed, std::uint64_t stream);

// Head `head` of sequence `batch` of a layer; grouped heads share keys.
HeadOperands trace_operands(const workload::Trace& trace, std::size_t layer, std::int64_t batch,
                            std::int64_t head);
std::span<const float> trace_values(const workload::Trace& trace, std::size_t layer,
                                    std::int64_t batch, std::int64_t head);

// scale · q·k of each key in `keys`, in double.
std::vector<double> scores_of(std::span<const float> query, const HeadOperands& head,
                              std::span<const std::int32_t> keys, double scale);

}  // namespace weft::baseline
