// Several problems as one, their queries side by side, against each by itself.
#include "models/einsum/side_by_side.hpp"

#include <gtest/gtest.h>

#include "models/einsum/interpret.hpp"
#include "models/einsum/load.hpp"
#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

using test::random_tensor;
using test::shipped;

TEST(SideBySide, RowsOfSeveralProblemsGiveWhatEachGives) {
  std::mt19937_64 random(11);
  std::size_t compared = 0;
  for (const char* name : {"attention-1pass-causal", "attention-1pass", "attention-2pass-causal",
                           "attention-3pass-causal"}) {
    for (const std::int64_t together : {1, 2, 3, 7}) {
      for (const std::int64_t queries : {1, 4, 9}) {
        SCOPED_TRACE(std::string(name) + ", " + std::to_string(together) + " of " +
                     std::to_string(queries));
        const Cascade one = shipped(name);
        const Cascade all = side_by_side(one, one.rank("P"), together);
        const auto extents = [&](std::int64_t p) {
          std::map<std::string, std::int64_t> sizes{
              {"E", 3}, {"F", 2}, {"M", 10}, {"P", p}, {"M0", 4}};
          if (one.rank("M0") == kNone) sizes.erase("M0");
          return resolve_extents(one, sizes);
        };
        std::map<std::string, DenseTensor> shared;
        shared["K"] = random_tensor({3, 10}, random);
        shared["V"] = random_tensor({2, 10}, random);
        std::map<std::string, DenseTensor> rows = shared;
        rows["Q"] = random_tensor({3, queries * together}, random);
        const DenseTensor got = interpret(all, extents(queries * together), rows).at("AV");
        for (std::int64_t h = 0; h < together; ++h) {
          std::map<std::string, DenseTensor> own = shared;
          own["Q"] = DenseTensor{{3, queries}, {}};
          for (std::int64_t e = 0; e < 3; ++e) {
            for (std::int64_t p = 0; p < queries; ++p)
              own["Q"].data.push_back(
                  rows["Q"]
                      .data[static_cast<std::size_t>(e * queries * together + p * together + h)]);
          }
          const DenseTensor expected = interpret(one, extents(queries), own).at("AV");
          for (std::int64_t f = 0; f < 2; ++f) {
            for (std::int64_t p = 0; p < queries; ++p) {
              EXPECT_EQ(
                  got.data[static_cast<std::size_t>(f * queries * together + p * together + h)],
                  expected.data[static_cast<std::size_t>(f * queries + p)]);
              ++compared;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(compared, 1000u);
}

}  // namespace
}  // namespace weft::einsum
