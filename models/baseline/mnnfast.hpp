// MNNFast (Jang et al., ISCA 2019): keys come in columns of a few, their exponentials go into
// running sums, the division waits for the end, and a value whose weight is small beside the sum so
// far is left out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft::baseline {

// Positions of the scores whose values are accumulated: e^(score − largest so far) is at least
// `share` of the sum so far, its own column of `column` scores counted in.
std::vector<std::int32_t> accumulated(std::span<const double> scores, std::int64_t column,
                                      double share);

}  // namespace weft::baseline
