// Rows as they come to a filter pass, for the benches of its units: values, and how many stay.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "models/select/top_k.hpp"
#include "sim/common/query_row.hpp"

namespace weft::select::test {

struct FilterRow {
  std::vector<std::int32_t> values;  // none: a row that is kept whole, one empty beat
  Selection<std::int32_t> selection;
  std::vector<std::int64_t> tokens;
  sim::QueryRow row;
};

// Values of few kinds or of many; selections of all three kinds.
inline std::unique_ptr<FilterRow> filter_row(std::mt19937_64& random, std::size_t most,
                                             int value_bits) {
  auto made = std::make_unique<FilterRow>();
  made->values.resize(random() % 9 == 0 ? 0 : 1 + random() % most);
  const int bits = std::min(value_bits, 31);
  const std::uint64_t kinds = random() % 2 == 0 ? 3 : std::uint64_t{1} << bits;
  for (std::int32_t& value : made->values) value = static_cast<std::int32_t>(random() % kinds);
  const std::uint64_t kept =
      random() % 4 == 0 ? random() % 2 * made->values.size() : random() % (made->values.size() + 1);
  made->selection = quick_select(std::span<const std::int32_t>(made->values),
                                 static_cast<std::int64_t>(kept), random());
  made->tokens.resize(made->values.size());
  made->row.tokens = made->tokens;
  made->row.probabilities = made->values;
  made->row.selection = made->selection;
  return made;
}

}  // namespace weft::select::test
