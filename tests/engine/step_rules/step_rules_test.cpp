// weft_step_rules: every step's data and room, against the rules as sentences over tiles and blocks
// that are not counted modulo anything.
#include <VStepRules3.h>
#include <VStepRules5.h>
#include <gtest/gtest.h>
#include <initializer_list>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class U, int contexts, int links>
struct Variant {
  using Unit = U;
  static constexpr int kContexts = contexts, kLinks = links;
};

// How many tiles have begun (fired) and ended (done) each step, how many results have crossed a
// link, and blocks.
struct Progress {
  struct Count {
    int fired = 0, done = 0;
  };
  Count bqk, lm, sln, sld, slnv, rm, prm, spd, rd, spnv, rnv;
  int lm_arrived = 0, rm_arrived = 0, sld_arrived = 0, slnv_arrived = 0, rnv_leaving = 0;
  int rm_block = 0, rd_block = 0, rnv_block = 0, sln_blocks = 0, prm_blocks = 0, av_blocks = 0;
  bool tile = false, q = false, k = false, v = false, spd_first = false, spnv_first = false;
  int spd_peers = 1, spnv_peers = 1;
};

class RandomProgress {
 public:
  explicit RandomProgress(std::uint64_t seed) : random_(seed) {}

  // From the last step back to the first: a step is never behind what needs it.
  Progress next() {
    Progress p;
    const int base = static_cast<int>(random_() % 500);
    p.rnv.done = base;
    p.rnv_leaving = p.rnv.done + more(1);
    p.rnv.fired = std::max(p.rnv_leaving, p.rnv.done + more(1));
    step(p.spnv, p.rnv.fired, 1);
    p.rd.done = base + more(2);
    p.rd.fired = p.rd.done + more(1);
    step(p.spd, p.rd.fired, 5);
    p.slnv_arrived = p.rnv.fired + more(2);
    step(p.slnv, p.rnv.fired + more(2), 4);
    p.slnv.fired = std::max(p.slnv.fired, p.slnv_arrived);
    p.sld_arrived = p.rd.fired + more(2);
    step(p.sld, p.sld_arrived, 5);
    step(p.sln, std::max(p.slnv.fired, p.sld.fired), 5);
    step(p.prm, std::max(p.spnv.fired, p.spd.fired), 5);
    p.rm_arrived = p.sln.fired + more(2);
    step(p.rm, std::max(p.prm.fired, p.rm_arrived), 3);
    p.lm_arrived = p.rm.fired + more(2);
    step(p.lm, p.lm_arrived, 5);
    step(p.bqk, p.lm.fired, 5);
    p.av_blocks = static_cast<int>(random_() % 100);
    p.rd_block = p.av_blocks + more(3);
    p.rnv_block = p.av_blocks + more(3);
    p.sln_blocks = p.av_blocks + more(3);
    p.prm_blocks = p.av_blocks + more(3);
    p.rm_block = std::max(p.sln_blocks, p.prm_blocks) + more(2);
    p.sln_blocks = std::max(p.sln_blocks, p.rm_block - 3);
    p.prm_blocks = std::max(p.prm_blocks, p.rm_block - 3);
    for (bool* flag : {&p.tile, &p.q, &p.k, &p.v}) *flag = random_() % 4 != 0;
    for (bool* flag : {&p.spd_first, &p.spnv_first}) *flag = random_() % 2 != 0;
    for (int* peers : {&p.spd_peers, &p.spnv_peers}) *peers = 1 + static_cast<int>(random_() % 5);
    return p;
  }

 private:
  int more(int most) {
    return random_() % 2 == 0 ? 0
                              : static_cast<int>(random_() % static_cast<std::uint64_t>(most + 1));
  }
  void step(Progress::Count& count, int least, int most) {
    count.done = least + more(most);
    count.fired = count.done + more(1);
  }
  std::mt19937_64 random_;
};

struct Rules {
  bool data_2d[5], room_2d[5], data_1d[6], room_1d[6];
};
Rules rules(const Progress& p, int contexts, int links) {
  // Tile `fired` is a step's next. "Held": tiles whose registers are taken, from the step that
  // fills to the one that frees.
  const auto held = [](int filled, int freed) { return filled - freed; };
  return {
      .data_2d = {p.tile && p.q && p.k,               // BQK: a tile, its queries, its keys
                  p.bqk.done > p.lm.fired,            // LM: all of QK
                  p.rm_arrived > p.sln.fired,         // SLN: the maximum, at the top of the column
                  p.sln.done > p.sld.fired,           // SLD: the weights
                  p.sln.done > p.slnv.fired && p.v},  // SLNV: the weights and the values
      .room_2d =
          {held(p.bqk.fired, p.slnv.done) < contexts,  // an element's state, until SLNV has ended
           held(p.lm.fired, p.rm.done) < contexts,     // the lane's copy of LM, until RM has ended
           held(p.sln.fired, p.sld.done) < contexts && held(p.sln.fired, p.slnv.done) < contexts,
           held(p.sld.fired, p.rd.done) < contexts, held(p.slnv.fired, p.rnv_leaving) < links},
      .data_1d = {p.lm_arrived > p.rm.fired, p.rm.done > p.prm.fired,
                  p.prm.done > p.spd.fired &&
                      (p.spd_first ||
                       p.spd.fired - p.rd.done < p.spd_peers),  // RD of the tile before
                  p.sld_arrived > p.rd.fired && p.spd.done > p.rd.fired,
                  p.prm.done > p.spnv.fired &&
                      (p.spnv_first || p.spnv.fired - p.rnv.done < p.spnv_peers),
                  p.slnv_arrived > p.rnv.fired && p.spnv.done > p.rnv.fired},
      .room_1d = {
          p.rm_block <= p.sln_blocks + 1 && p.rm_block <= p.prm_blocks + 1,  // two blocks of maxima
          held(p.prm.fired, p.spd.done) < contexts && held(p.prm.fired, p.spnv.done) < contexts,
          held(p.spd.fired, p.rd.done) < contexts, p.rd_block <= p.av_blocks + 1,
          p.spnv.fired == p.rnv.done,  // one tile of corrected numerators
          p.rnv_block <= p.av_blocks + 1}};
}

template <class V>
class StepRules : public testing::Test {};
using Variants = testing::Types<Variant<VStepRules3, 3, 3>, Variant<VStepRules5, 5, 2>>;
TYPED_TEST_SUITE(StepRules, Variants);

TYPED_TEST(StepRules, AgainstSentences) {
  const std::uint64_t seed = seed_or(65);
  SCOPED_TRACE(seed_text(seed));
  RandomProgress random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  std::vector<std::string> names;
  for (const char* what : {"data", "room"}) {
    for (const char* step :
         {"BQK", "LM", "SLN", "SLD", "SLNV", "RM", "PRM", "SPD", "RD", "SPNV", "RNV"}) {
      names.push_back(std::string(what) + " of " + step);
      names.push_back("no " + names.back());
    }
  }
  Bins bins(names);
  std::uint64_t compared = 0;
  for (std::uint64_t round = 0; round < bench_count(300'000); ++round) {
    const Progress p = random.next();
    const auto pack = [](std::initializer_list<int> counts) {
      std::uint64_t word = 0;
      std::size_t at = 0;
      for (const int count : counts) word |= static_cast<std::uint64_t>(count % 64) << (6 * at++);
      return word;
    };
    const auto six = [](int count) { return static_cast<CData>(count % 64); };
    auto& u = bench.unit();
    u.fired_2d_i =
        static_cast<IData>(pack({p.bqk.fired, p.lm.fired, p.sln.fired, p.sld.fired, p.slnv.fired}));
    u.done_2d_i =
        static_cast<IData>(pack({p.bqk.done, p.lm.done, p.sln.done, p.sld.done, p.slnv.done}));
    u.fired_1d_i =
        pack({p.rm.fired, p.prm.fired, p.spd.fired, p.rd.fired, p.spnv.fired, p.rnv.fired});
    u.done_1d_i = pack({p.rm.done, p.prm.done, p.spd.done, p.rd.done, p.spnv.done, p.rnv.done});
    u.arrived_lm_i = six(p.lm_arrived);
    u.arrived_rm_i = six(p.rm_arrived);
    u.arrived_sld_i = six(p.sld_arrived);
    u.arrived_slnv_i = six(p.slnv_arrived);
    u.leaving_rnv_i = six(p.rnv_leaving);
    u.rm_block_i = six(p.rm_block);
    u.rd_block_i = six(p.rd_block);
    u.rnv_block_i = six(p.rnv_block);
    u.sln_blocks_done_i = six(p.sln_blocks);
    u.prm_blocks_done_i = six(p.prm_blocks);
    u.av_blocks_done_i = six(p.av_blocks);
    u.tile_valid_i = p.tile ? 1 : 0;
    u.q_there_i = p.q ? 1 : 0;
    u.k_there_i = p.k ? 1 : 0;
    u.v_there_i = p.v ? 1 : 0;
    u.spd_first_i = p.spd_first ? 1 : 0;
    u.spnv_first_i = p.spnv_first ? 1 : 0;
    u.spd_peers_i = static_cast<CData>(p.spd_peers);
    u.spnv_peers_i = static_cast<CData>(p.spnv_peers);
    bench.settle();
    const Rules wanted = rules(p, TypeParam::kContexts, TypeParam::kLinks);
    const auto check = [&](int got, const bool* expected, std::size_t steps, std::size_t bin) {
      for (std::size_t s = 0; s < steps; ++s) {
        EXPECT_EQ((got >> s & 1) != 0, expected[s]) << names[bin + 2 * s] << ", round " << round;
        bins.hit(bin + 2 * s + (expected[s] ? 0 : 1));
        ++compared;
      }
    };
    check(u.data_2d_o, wanted.data_2d, 5, 0);
    check(u.data_1d_o, wanted.data_1d, 6, 10);
    check(u.room_2d_o, wanted.room_2d, 5, 22);
    check(u.room_1d_o, wanted.room_1d, 6, 32);
    if (this->HasFailure()) return;
  }
  EXPECT_GT(compared, 0u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
