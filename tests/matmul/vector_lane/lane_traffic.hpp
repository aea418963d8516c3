// Slots of the 1D array, what the 2D array sends it meanwhile, and when its outputs are read back:
// tiles in the order of the binding's loops, each step of each tile as soon, or as late, as the
// lane's registers allow.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "tests/matmul/pe/control.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {

struct LaneParameters {
  int contexts = 3, links = 3, pairs = 8, max_width = 128, keys = 1024, rnv_words = 16384,
      divide_stages = 13, beat_elements = 16;
  int lanes = 1;
};

// Tiles of keys that one query's lane sees, one after the other; `query` is the query's ordinal.
struct LaneTile {
  int query = 0;
  bool first = false;
  bool last = false;
};

struct Foot {
  PeOp op = PeOp::nop;
  int tile = 0;
  int element = 0;
};
struct Drain {
  bool valid = false;
  int query = 0, lane = 0, beat = 0;
};
// Everything of one cycle, as lane 0 sees it; lane j does so j cycles later, but drains are not
// delayed.
struct LaneCycle {
  LaneControl control;
  int tile = 0;  // of the slot; of AV the query
  Foot foot;
  Drain drain;
};

class LaneTraffic {
 public:
  enum Bin : std::size_t {
    kRmAfterRm,
    kSpdAfterRd,
    kSpnvAfterRnv,
    kRnvAfterSpnv,
    kAvAfterRnv,
    kFirst,
    kLater,
    kBothCopies,
    kSlnvWhileRnv,
    kBins
  };
  static std::vector<std::string> bin_names() {
    return {"RM after RM of the same word",
            "SPD after RD of the same word",
            "SPNV after RNV of the same word",
            "RNV after SPNV of the same word",
            "AV after RNV of the same word",
            "a query's first tile",
            "a later tile",
            "the second copy of the output",
            "SLNV arrives during RNV"};
  }

  LaneTraffic(const LaneParameters& p, int width, bool gaps, int queries, std::uint64_t seed)
      : p_(p), width_(width), gaps_(gaps), random_(seed) {
    const int words = std::min(p.keys, p.rnv_words / width);
    std::vector<int> last_user(static_cast<std::size_t>(words), -1);
    while (static_cast<int>(word_.size()) < queries) {
      const int begin = static_cast<int>(word_.size());
      const int members =
          random_.in_range(1, std::max(1, std::min({4, queries - begin, words / 2})));
      for (int q = begin; q < begin + members; ++q) {  // words not taken by the block itself
        int word = random_.in_range(0, words - 1);
        while (last_user[static_cast<std::size_t>(word)] >= begin) word = (word + 1) % words;
        word_.push_back(word);
        before_.push_back(last_user[static_cast<std::size_t>(word)]);
        last_user[static_cast<std::size_t>(word)] = q;
      }
      const int tiles = random_.in_range(1, 5);
      for (int m = 0; m < tiles; ++m) {
        for (int q = begin; q < begin + members; ++q) {
          previous_.push_back(m == 0 ? -1 : static_cast<int>(tiles_.size()) - members);
          tiles_.push_back({q, m == 0, m + 1 == tiles});
        }
      }
    }
    for (auto& step : at_) step.assign(tiles_.size(), kNever);
    av_.assign(word_.size(), kNever);
    drained_.assign(word_.size(), kNever);
    last_tile_.assign(word_.size(), 0);
    for (std::size_t k = 0; k < tiles_.size(); ++k)
      last_tile_[static_cast<std::size_t>(tiles_[k].query)] = static_cast<int>(k);
  }

  const std::vector<LaneTile>& tiles() const { return tiles_; }
  int queries() const { return static_cast<int>(word_.size()); }
  int width() const { return width_; }
  int word_of(int query) const { return word_[static_cast<std::size_t>(query)]; }

  std::vector<LaneCycle> all(Bins& bins) {
    std::vector<LaneCycle> cycles;
    const auto limit =
        static_cast<std::int64_t>(tiles_.size() + word_.size()) * (60 + 8 * width_) + 1000;
    while (drained_.back() == kNever ||
           static_cast<std::int64_t>(cycles.size()) <= drained_.back()) {
      now_ = static_cast<std::int64_t>(cycles.size());
      if (now_ > limit) throw std::runtime_error("no progress: the traffic contradicts itself");
      LaneCycle cycle;
      foot(cycle.foot);
      slot(cycle);
      drain(cycle.drain);
      if (!cycles.empty()) count(cycle, cycles.back(), bins);
      cycles.push_back(cycle);
    }
    return cycles;
  }

 private:
  enum Step : std::size_t {
    kRm,
    kPrm,
    kSpd,
    kRd,
    kSpnv,
    kRnv,
    kLmFoot,
    kSldFoot,
    kSlnvFoot,
    kSteps
  };
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  std::int64_t at(Step step, int tile) const {
    return tile < 0 ? -1 : at_[step][static_cast<std::size_t>(tile)];
  }
  bool before(Step step, int tile) const { return at(step, tile) < now_; }
  bool begun(Step step, int tile) const { return at(step, tile) <= now_; }

  // Whether tile k's step may begin in this cycle: operands are there and what it overwrites has
  // been read.
  bool may(Step step, int k) const {
    const LaneTile& tile = tiles_[static_cast<std::size_t>(k)];
    const int previous = previous_[static_cast<std::size_t>(k)];
    const int user = before_[static_cast<std::size_t>(tile.query)];
    const bool freed = !tile.first || user < 0 || av_[static_cast<std::size_t>(user)] < now_;
    switch (step) {
      case kRm: return begun(kLmFoot, k) && before(kPrm, k - p_.pairs);
      case kPrm:
        return before(kRm, k) && before(kSpd, k - p_.contexts) && before(kSpnv, k - p_.contexts);
      case kSpd:
        return before(kPrm, k) && (tile.first || before(kRd, previous)) &&
               before(kRd, k - p_.contexts);
      case kRd: return before(kSpd, k) && begun(kSldFoot, k) && freed;
      case kSpnv:
        return before(kPrm, k) && (tile.first || before(kRnv, previous)) && before(kRnv, k - 1);
      case kRnv: return before(kSpnv, k) && before(kSlnvFoot, k) && freed;
      case kLmFoot: return before(kRm, k - p_.contexts);
      case kSldFoot: return before(kRd, k - p_.contexts);
      default: return begun(kRnv, k - p_.links);
    }
  }
  bool may_av() const {
    const auto query = static_cast<std::size_t>(next_av_);
    if (query >= word_.size() || !before(kRd, last_tile_[query]) ||
        !before(kRnv, last_tile_[query]))
      return false;
    return query < 2 || drained_[query - 2] <= now_ + 1 + p_.divide_stages;
  }

  void foot(Foot& foot) {
    if (foot_left_ == 0) {
      std::vector<Step> open;
      for (const Step step : {kLmFoot, kSldFoot, kSlnvFoot}) {
        const int k = next_[step];
        if (k < static_cast<int>(tiles_.size()) && may(step, k)) open.push_back(step);
      }
      if (open.empty() || (gaps_ && random_.in_range(0, 2) == 0)) return;
      foot_step_ = open[random_.bits() % open.size()];
      foot_left_ = foot_step_ == kSlnvFoot ? width_ : 1;
      at_[foot_step_][static_cast<std::size_t>(next_[foot_step_]++)] = now_;
    }
    foot.op = foot_step_ == kLmFoot ? PeOp::lm : foot_step_ == kSldFoot ? PeOp::sld : PeOp::slnv;
    foot.tile = next_[foot_step_] - 1;
    foot.element = foot_step_ == kSlnvFoot ? width_ - foot_left_ : 0;
    --foot_left_;
  }

  void slot(LaneCycle& cycle) {
    LaneControl& c = cycle.control;
    c.element = static_cast<std::uint32_t>(random_.in_range(0, 127));
    c.context = static_cast<std::uint32_t>(random_.in_range(0, 15));
    if (left_ == 0) {
      std::vector<int> open;  // AV is kSteps
      for (const Step step : {kRm, kPrm, kSpd, kRd, kSpnv, kRnv}) {
        const int k = next_[step];
        if (k < static_cast<int>(tiles_.size()) && may(step, k))
          open.push_back(static_cast<int>(step));
      }
      if (may_av()) open.push_back(static_cast<int>(kSteps));
      if (open.empty() || (gaps_ && random_.in_range(0, 3) == 0)) return;
      step_ = open[random_.bits() % open.size()];
      length_ = left_ = step_ == kPrm                                   ? 7
                        : step_ == kRm || step_ == kSpd || step_ == kRd ? 1
                                                                        : width_;
      if (step_ == static_cast<int>(kSteps)) {
        av_[static_cast<std::size_t>(next_av_++)] = now_;
      } else {
        at_[static_cast<std::size_t>(step_)][static_cast<std::size_t>(next_[step_]++)] = now_;
      }
    }
    constexpr LaneOp kOps[] = {LaneOp::rm, LaneOp::nop,  LaneOp::spd,
                               LaneOp::rd, LaneOp::spnv, LaneOp::rnv};
    const int done = length_ - left_--;
    const bool av = step_ == static_cast<int>(kSteps);
    cycle.tile = av ? next_av_ - 1 : next_[step_] - 1;
    const int query = av ? cycle.tile : tiles_[static_cast<std::size_t>(cycle.tile)].query;
    c.op = av ? LaneOp::av : step_ == kPrm ? kPrmSlots[done] : kOps[step_];
    c.first = !av && tiles_[static_cast<std::size_t>(cycle.tile)].first;
    c.key = static_cast<std::uint32_t>(word_of(query));
    c.element = static_cast<std::uint32_t>(done);
    c.address = c.key * static_cast<std::uint32_t>(width_) + c.element;
    c.context = static_cast<std::uint32_t>(cycle.tile % p_.contexts);
    c.link = static_cast<std::uint32_t>(cycle.tile % p_.links);
    c.pair = static_cast<std::uint32_t>(cycle.tile % p_.pairs);
    c.out_slot = static_cast<std::uint32_t>(query % 2);
  }

  // Every beat of every lane's output, at the earliest in the cycle after the last element of lane
  // 0 is written.
  void drain(Drain& drain) {
    const auto query = static_cast<std::size_t>(next_drain_);
    if (query >= word_.size() || av_[query] == kNever) return;
    if (now_ < av_[query] + width_ - 1 + p_.divide_stages + 2) return;
    if (gaps_ && random_.in_range(0, 1) == 0) return;
    const int beats = (width_ + p_.beat_elements - 1) / p_.beat_elements;
    drain = {true, next_drain_, drain_done_ / beats, drain_done_ % beats};
    if (++drain_done_ == beats * p_.lanes) {
      drained_[query] = now_;
      drain_done_ = 0;
      ++next_drain_;
    }
  }

  void count(const LaneCycle& now, const LaneCycle& last, Bins& bins) const {
    const LaneControl& c = now.control;
    const LaneControl& l = last.control;
    const bool same = c.key == l.key && c.op != LaneOp::nop;
    bins.hit(kRmAfterRm, same && c.op == LaneOp::rm && l.op == LaneOp::rm);
    bins.hit(kSpdAfterRd, same && c.op == LaneOp::spd && l.op == LaneOp::rd);
    bins.hit(kSpnvAfterRnv,
             same && c.op == LaneOp::spnv && l.op == LaneOp::rnv && c.address == l.address);
    bins.hit(kRnvAfterSpnv, c.op == LaneOp::rnv && l.op == LaneOp::spnv && c.element == l.element);
    bins.hit(kAvAfterRnv, c.op == LaneOp::av && l.op == LaneOp::rnv && c.address == l.address);
    bins.hit(kFirst, c.op == LaneOp::rnv && c.first);
    bins.hit(kLater, c.op == LaneOp::rnv && !c.first);
    bins.hit(kBothCopies, now.drain.valid && now.drain.query % 2 == 1);
    bins.hit(kSlnvWhileRnv, c.op == LaneOp::rnv && now.foot.op == PeOp::slnv);
  }

  LaneParameters p_;
  int width_;
  bool gaps_;
  Fp32Random random_;
  std::vector<LaneTile> tiles_;
  std::vector<int> previous_;   // the tile before of the same query
  std::vector<int> word_;       // of a query
  std::vector<int> before_;     // the query that had its word before
  std::vector<int> last_tile_;  // of a query
  std::vector<std::int64_t> at_[kSteps];
  std::vector<std::int64_t> av_, drained_;
  int next_[kSteps] = {};
  int next_av_ = 0, next_drain_ = 0, drain_done_ = 0;
  std::int64_t now_ = 0;
  Step foot_step_ = kLmFoot;
  int foot_left_ = 0;
  int step_ = 0, left_ = 0, length_ = 0;
};

}  // namespace weft::test
