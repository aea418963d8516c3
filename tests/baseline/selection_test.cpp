// What A3 and MNNFast leave out, against the mechanism written down again without its data
// structures.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "models/baseline/a3.hpp"
#include "models/baseline/mnnfast.hpp"

namespace weft::baseline {
namespace {

using Keys = std::vector<std::int32_t>;

HeadOperands random_head(std::mt19937_64& random, std::int64_t keys, std::int64_t width) {
  HeadOperands head{.queries = 1, .keys = keys, .width = width, .q = {}, .k = {}};
  const auto number = [&] {
    return static_cast<float>(static_cast<std::int64_t>(random() % 2001) - 1000) / 500.0F;
  };
  for (std::int64_t i = 0; i < width; ++i) head.q.push_back(number());
  for (std::int64_t i = 0; i < keys * width; ++i) head.k.push_back(number());
  return head;
}

// All products in one list, sorted; the search takes from its two ends.
Keys search(const HeadOperands& head, std::int64_t steps) {
  struct Product {
    double value;
    std::int32_t key;
  };
  std::vector<Product> all;
  for (std::int64_t m = 0; m < head.keys; ++m) {
    for (std::int64_t e = 0; e < head.width; ++e)
      all.push_back({static_cast<double>(head.q[static_cast<std::size_t>(e)]) *
                         static_cast<double>(head.k[static_cast<std::size_t>(m * head.width + e)]),
                     static_cast<std::int32_t>(m)});
  }
  std::sort(all.begin(), all.end(),
            [](const Product& a, const Product& b) { return a.value > b.value; });
  std::vector<double> greedy(static_cast<std::size_t>(head.keys));
  double sum = 0;
  std::size_t low = all.size();
  for (std::size_t i = 0; i < static_cast<std::size_t>(steps) && i < all.size(); ++i) {
    greedy[static_cast<std::size_t>(all[i].key)] += all[i].value;
    sum += all[i].value;
    if (sum < 0) continue;
    --low;
    greedy[static_cast<std::size_t>(all[low].key)] += all[low].value;
    sum += all[low].value;
  }
  Keys found;
  for (std::size_t m = 0; m < greedy.size(); ++m) {
    if (greedy[m] > 0) found.push_back(static_cast<std::int32_t>(m));
  }
  if (found.empty()) found.push_back(all.front().key);
  return found;
}

TEST(A3, FindsWhatAListOfAllProductsGives) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const HeadOperands head = random_head(random, 3 + static_cast<std::int64_t>(seed), 8);
    const SortedColumns columns(head, head.keys);
    for (const std::int64_t steps : {std::int64_t{1}, head.keys / 2, head.keys})
      EXPECT_EQ(candidates(head.query(0), head, columns, steps), search(head, steps));
  }
}

// One column: K is 3, −2, 1 and q is 2: products 6, −4, 2. Two steps take 6 and −4, then 2 and
// nothing above zero but keys 0 and 2.
TEST(A3, OneColumnByHand) {
  const HeadOperands head{.queries = 1, .keys = 3, .width = 1, .q = {2}, .k = {3, -2, 1}};
  const SortedColumns columns(head, 3);
  EXPECT_EQ(candidates(head.query(0), head, columns, 1), (Keys{0}));
  EXPECT_EQ(candidates(head.query(0), head, columns, 2), (Keys{0, 2}));
}

TEST(A3, AKeyStaysWhereItsWeightIsAShareOfTheLargest) {
  const std::vector<double> scores{0, std::log(0.06), std::log(0.04), -1};
  EXPECT_EQ(kept_behind_scores(scores, 0.05), (Keys{0, 1, 3}));
  EXPECT_EQ(kept_behind_scores(scores, 0), (Keys{0, 1, 2, 3}));
  EXPECT_TRUE(kept_behind_scores({}, 0.5).empty());
}

// Columns of two: weights 1, 1 of sum 2; then e² and e^-9 of sum e²(1 + 2e^-2) + …
TEST(MnnFast, SkipsWhatIsSmallBesideTheSumSoFar) {
  const std::vector<double> scores{0, 0, 2, -9, 2};
  EXPECT_EQ(accumulated(scores, 2, 0.3), (Keys{0, 1, 2, 4}));
  EXPECT_EQ(accumulated(scores, 2, 0.45), (Keys{0, 1, 2}));  // the last is one in 2.27
  EXPECT_EQ(accumulated(scores, 2, 0), (Keys{0, 1, 2, 3, 4}));
  EXPECT_EQ(accumulated(scores, 5, 0.3), (Keys{2, 4}));
}

}  // namespace
}  // namespace weft::baseline
