// weft_transfer_arbiter: the grant against a sort by program order, over all masks and distances of
// blocks.
#include <VTransferArbiter.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

struct Waiting {
  int block = 0;
  bool store = false;
  std::int64_t key = 0;  // of Q -1: it comes before the block's first keys
  int target = 0;
  auto order() const { return std::tuple(block, store, key, target); }
};

TEST(TransferArbiter, AllMasksAndDistances) {
  const std::uint64_t seed = seed_or(57);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<VTransferArbiter> bench(seed);
  Bins bins({"Q", "K", "V", "a store", "nothing", "a store before a load of a later block",
             "V before K", "K before V at the same key", "past block 63"});
  constexpr int kOffsets[] = {0, 1, 2, 30, 31};
  std::uint64_t compared = 0;
  for (int mask = 0; mask < 16; ++mask) {
    for (int places = 0; places < 625; ++places) {
      for (int keys = 0; keys < 8; ++keys) {
        const int base = static_cast<int>(random() % 64);
        const auto k_key = static_cast<std::int64_t>(keys < 2 ? random() & 0xFFFFFF : random() % 3);
        const auto v_key = keys % 2 == 0 ? k_key
                                         : static_cast<std::int64_t>(keys < 4 ? random() & 0xFFFFFF
                                                                              : random() % 3);
        const std::array<Waiting, 4> all{{{kOffsets[places % 5], false, -1, 0},
                                          {kOffsets[places / 5 % 5], false, k_key, 1},
                                          {kOffsets[places / 25 % 5], false, v_key, 2},
                                          {kOffsets[places / 125], true, 0, 3}}};
        const auto block = [&](int target) {
          return static_cast<CData>((base + all[static_cast<std::size_t>(target)].block) % 64);
        };
        bench->ready_i = static_cast<CData>(mask);
        bench->q_block_i = block(0);
        bench->k_block_i = block(1);
        bench->v_block_i = block(2);
        bench->out_block_i = block(3);
        bench->k_key_i = static_cast<IData>(k_key);
        bench->v_key_i = static_cast<IData>(v_key);
        bench.settle();
        std::vector<Waiting> waiting;
        for (const Waiting& w : all) {
          if ((mask >> w.target & 1) != 0) waiting.push_back(w);
        }
        std::sort(waiting.begin(), waiting.end(),
                  [](const Waiting& a, const Waiting& b) { return a.order() < b.order(); });
        const int wanted = waiting.empty() ? 0 : 1 << waiting[0].target;
        ASSERT_EQ(bench->grant_o, wanted)
            << "mask " << mask << ", blocks " << base << " + " << all[0].block << ' '
            << all[1].block << ' ' << all[2].block << ' ' << all[3].block << ", keys " << k_key
            << ' ' << v_key;
        ++compared;
        bins.hit(waiting.empty() ? 4 : static_cast<std::size_t>(waiting[0].target));
        bins.hit(5, waiting.size() > 1 && waiting[0].store);
        bins.hit(6, wanted == 4 && (mask & 2) != 0);
        bins.hit(7,
                 wanted == 2 && (mask & 4) != 0 && k_key == v_key && all[1].block == all[2].block);
        bins.hit(8, waiting.size() > 1 && base + waiting.back().block > 63);
      }
    }
  }
  EXPECT_EQ(compared, 80'000u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
