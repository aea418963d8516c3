// A schedule walked in place of simulated: the same steps, needs, priorities, contexts, copies,
// ports and transfers as the sequencer's, from event to event, in flat arrays. Where the state of
// everything relative to now recurs, what follows recurs with it, and whole periods are passed over
// to the cycle. What is left when the firings of the budget are spent is told from the pace so far.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/engine/analytic/walk_memory.hpp"
#include "models/engine/analytic/walk_region.hpp"
#include "models/engine/analytic/walk_states.hpp"
#include "models/engine/schedule/layout.hpp"
#include "models/engine/schedule/port_table.hpp"
#include "models/engine/schedule/schedule.hpp"

namespace weft::engine {

// Whole heads that were passed over because they recur, once, while every step had more to do:
// `times` periods of so many heads and cycles each. None where heads is 0.
struct HeadsRecur {
  std::int64_t heads = 0;
  std::int64_t cycles = 0;
  std::int64_t times = 0;
};

struct Walked {
  double cycles = 0;
  double left = 0;                // of them, told from how far the walk came
  bool finished = false;          // the walk came to its end
  bool served_at_a_pace = false;  // a transfer of many requests, in place of one by one
  std::int64_t firings = 0;
  HeadsRecur heads_recur;
};

class Walk {
 public:
  static constexpr std::size_t kMostSteps = 64;

  // `firings`: walked before what is left is told from the pace so far. A group of more than
  // kMostSteps steps is not walked.
  Walk(const Schedule& schedule, const Layout& layout, const GroupSchedule& group,
       std::int64_t firings);

  Walked run();

 private:
  struct Times {
    std::int64_t start;
    std::int64_t end;
  };
  struct Slot {
    std::int64_t outer = -1;  // ordinal of the outer iteration, and key
    std::int64_t key = -1;
    std::int64_t tile = 0;  // of the pass rank
    Times times{};
  };
  static constexpr std::int64_t kSlots = 64;
  // Of what a step waits for: so far ahead that it does not matter how far.
  static constexpr std::int64_t kAhead = std::int64_t{1} << 41;
  static constexpr std::int64_t kFarAhead = 8;  // iterations that are done for long
  // Of which must be left beyond those of a period: the next one, and one more.
  static constexpr std::int64_t kMargin = 2;
  // Of a StepCost, what the schedule's time depends on.
  struct Cost {
    std::int64_t issue = 0;
    std::int64_t preload = 0;
    std::int64_t drain = 0;
    std::int64_t extra = 0;
    int reads = 0;  // ports
    int writes = 0;
    unsigned edges = 0;
  };
  // A Need with what is looked up once: iteration, space and outer wait for the iteration
  // `ordinal + offset` of loop `depth`.
  struct WalkNeed {
    const Times* ring = nullptr;
    std::int64_t offset = 0;
    std::int64_t latency = 0;
    NeedKind kind = NeedKind::iteration;
    std::uint8_t producer = 0;
    std::uint8_t depth = 0;
    bool by_key = false;
    bool streamed = false;
    bool early = false;   // room on a link: no earlier than the cycle after the reader began
    bool always = false;  // looked at for every tile, whichever loop has moved
  };
  struct Step {
    std::int64_t ready = 0;  // what is asked of every step in every cycle stands together
    int unit = 0;
    int stage = 0;
    bool compute = false;
    bool write = false;
    bool over_pass_rank = false;
    bool drains_at_end = false;
    bool finished = false;
    std::uint8_t depth = 0;     // loops
    std::uint8_t blocked = 0;   // the need that is not known; those before it are in `ready`
    std::uint8_t checking = 0;  // needs that the last firing has put in question: so many
    int preload_after = kNone;
    unsigned loops = 0;  // as bits
    std::array<std::uint8_t, kMostLoops> order{};
    std::array<std::uint8_t, kMostLoops> in_question{};  // by outermost loop that moved
    const WalkNeed* needs = nullptr;
    const Cost* costs = nullptr;  // by edges
    const Cost* cost = nullptr;   // of the next firing
    const WalkRegion* region = nullptr;
    std::int64_t tile = 0;  // of the pass rank
    std::int64_t key = 0;
    Coordinates at{};
    Coordinates begin{};  // trips, at these coordinates of the loops outside
    Coordinates end{};
    Coordinates ordinal{};  // iterations of each loop that are complete
    std::array<Times*, kMostLoops> rings{};
    Slot* slots = nullptr;
    mutable std::uint64_t recent = 0;  // slots that may not be long ago, as bits
    const ScheduledStep* from = nullptr;
  };
  struct Stage {
    int first = kNone;  // compute steps
    int last = kNone;
    // By loop: tiles after which its transfers begin alike in their bursts.
    std::array<std::int64_t, kMostLoops> alike{};
    double tiles = 0;  // done
  };
  // A loop's rank, for what is asked at every firing.
  struct LoopRank {
    std::int64_t trips = 1;
    std::int64_t last_block = 1;  // of a loop over the tiles of a block: trips in the last
    std::int64_t blocks = 0;
    int block_loop = kNone;
    bool masked = false;
    bool varies = false;  // its trips, with the loops outside
  };
  // A loop among the keys, and its trips.
  struct KeyLoop {
    std::size_t loop = 0;
    std::int64_t trips = 1;
  };
  struct EdgeRank {
    int tile_loop = kNone;
    int block_loop = kNone;
    std::int64_t block = 0;
    std::int64_t last = 0;  // tile
    unsigned bit = 0;
  };
  struct Transfer {
    std::int64_t end = -1;
    int step = 0;
  };

  // walk_start.cpp
  void add_loops();
  void add_memory_of_times();
  void add_step(std::size_t s, const Schedule& schedule, const Layout& layout);
  void add_needs(Step& step);
  void add_bursts();

  // walk.cpp: the sequencer's rules.
  std::int64_t fire_ready(std::int64_t now);
  void fire_unit(int unit, std::int64_t now);
  void fire(int s, std::int64_t now);
  Times fire_compute(Step& step, int s, std::int64_t now);
  Times fire_transfer(Step& step, int s, std::int64_t now);
  void evaluate(int s);
  void evaluate_anew();
  bool meet(const Step& own, const WalkNeed& need, std::int64_t& ready) const;
  bool keyed(const Step& own, const WalkNeed& need, const Times** times) const;
  std::int64_t start_of(int s) const;
  bool precedes(int a, int b) const;
  unsigned edges(const Step& step) const;
  TripRange trips(const Step& step, int loop, const Coordinates& at) const;
  bool settle(Step& step, std::size_t from) const;
  int next(Step& step, Times times);
  void place(Step& step) const;
  std::int64_t pass_total(const Step& step) const;
  std::int64_t in_flight_until(std::int64_t now) const;
  Walked told(std::int64_t now);

  // walk_recurrence.cpp: what is passed over because it recurs.
  void mark(int s, int outermost);
  bool recur(int level, std::int64_t now);
  bool ends_row(const Step& step, int outermost) const;
  bool recur_anywhere(std::int64_t now);
  bool advances_at(int level) const;
  bool in_one_row(const Step& last, int level) const;
  bool goes(const Step& step, int level) const { return !step.finished && runs(step, level); }
  bool by_stage(int level) const { return level >= group_.pass_loop; }
  std::int64_t moved(const Step& step, int level, const States::Period& period) const;
  std::int64_t periods(int level, const States::Period& period, std::int64_t now) const;
  bool runs(const Step& step, int level) const { return (step.loops >> level & 1u) != 0; }
  bool may_end(const Step& step, int level, std::int64_t end) const;
  std::int64_t keep_ahead(int level, const States::Period& period, std::int64_t now,
                          bool before) const;
  void move_ordinals(Step& step, int level, std::int64_t by);
  void leave_behind(int level, const States::Period& period, std::int64_t cycles);
  void note_heads(const States::Period& period, std::int64_t times);
  void repeat(int level, const States::Period& period, std::int64_t times);
  void move_slots(Step& step);

  // walk_state.cpp: the state of everything, relative to now.
  const Step& base(int level) const;
  template <class Visit>
  std::int64_t coming(const Step& step, const WalkNeed& need, std::int64_t now,
                      const Visit& visit) const;
  std::int64_t gap(const Step& step, const WalkNeed& need) const {
    return steps_[need.producer].ordinal[need.depth] - step.ordinal[need.depth] - need.offset;
  }
  std::int64_t apart(const Step& step, const WalkNeed& need, int level) const;
  std::int64_t distance(const Step& step, const WalkNeed& need, int level) const;
  bool seen_alike(int level, std::int64_t now);
  StateHash::Value state(int level, std::int64_t now) const;
  void place_of(const Step& step, int level, const Step& base, StateHash& out) const;
  void needs_of(const Step& step, int level, std::int64_t now, StateHash& out) const;
  void slots_of(const Step& step, int level, std::int64_t now, StateHash& out) const;
  void bursts_of(const Step& step, int level, StateHash& out) const;
  void order_of(const Step& step, int level, StateHash& out) const;

  // walk_done.cpp: how far it has come.
  void note(int s, int outermost, std::int64_t now);
  double tiles_of(const Step& step) const;
  double tiles_inside(Step probe, int level) const;
  void count(Stage& stage, int level, std::int64_t by);
  double done() const;

  const Lowering& lowering_;
  const Sizing& sizing_;
  const LoweredGroup& lowered_;
  const GroupSize& size_;
  const GroupSchedule& group_;
  int fetcher_;
  int outer_;
  std::int64_t longest_latency_;
  int pass_rank_ = kNone;      // index into tiled
  std::size_t pass_tile_ = 0;  // its loops; where it has none over blocks, of no tiles each
  std::size_t pass_block_ = 0;
  std::int64_t pass_tiles_ = 0;  // of a block
  bool own_ports_;
  PortTable ports_;
  WalkMemory memory_;
  bool bursts_matter_ = true;  // where in a burst a transfer begins
  std::array<LoopRank, kMostLoops> loops_{};
  std::array<EdgeRank, kMostTiled> edge_ranks_{};
  int edges_count_ = 0;
  std::array<KeyLoop, kMostLoops> key_loops_{};
  std::size_t key_loops_count_ = 0;
  std::int64_t slot_mask_ = 0;
  std::vector<Step> steps_;
  std::vector<Stage> stages_;
  std::vector<std::int64_t> free_at_;
  std::vector<std::uint64_t> by_unit_;  // steps, as bits
  std::vector<std::uint64_t> waiting_;  // by step: those blocked by it
  std::uint64_t known_ = 0;             // steps all of whose needs are met
  std::vector<WalkNeed> needs_;
  std::vector<Cost> costs_;
  std::vector<WalkRegion> regions_;
  std::unique_ptr<Times[]> rings_;  // what has been written of them is read
  std::vector<Slot> slots_;
  std::array<Transfer, WalkMemory::kUnderWay> transfers_under_way_{};  // the last, a ring
  std::size_t transfers_ = 0;
  std::size_t transfers_before_ = 0;  // when the state was last looked at, among tiles
  std::int64_t last_end_ = 0;
  std::int64_t budget_;
  int boundary_ = kNone;    // the outermost loop that moved, of a step whose state is looked at
  bool row_ended_ = false;  // of the reference: heads may be compared
  int rows_compared_ = 0;   // of this head
  int looked_at_ = kNone;   // the stage whose tiles are looked at
  int since_ = 0;           // tiles of other stages since
  std::int64_t looks_in_vain_ = 0;
  States states_;
  // Of the places in which tiles were looked at, hashed: which have been met.
  static constexpr std::size_t kSketches = 256;
  std::array<std::uint64_t, kSketches> sketches_{};
  bool heads_noted_ = false;
  std::int64_t recurred_ = 0;  // cycles passed over because they recur
  // At half the firings, and now: cycles, how far it had come, heads and the end of the last.
  std::int64_t half_time_ = -1;
  double half_done_ = 0;
  std::int64_t half_heads_ = 0;
  std::int64_t half_head_time_ = 0;
  std::int64_t heads_ = 0;
  std::int64_t head_time_ = 0;
  Walked walked_;
};

// How many iterations that a step still looks back to, from this one on, are not long done: those
// done last. Calls visit(end, start) with the cycles from which on they do not hold it up.
template <class Visit>
std::int64_t Walk::coming(const Step& step, const WalkNeed& need, std::int64_t now,
                          const Visit& visit) const {
  const std::int64_t index = step.ordinal[need.depth] + need.offset;
  const std::int64_t done = steps_[need.producer].ordinal[need.depth];
  const std::int64_t first = std::max({index, done - kRing, std::int64_t{0}});
  std::int64_t n = done - 1;
  for (; n >= first; --n) {
    const Times& times = need.ring[n % kRing];
    const std::int64_t end = times.end + need.latency;
    const std::int64_t start = times.start + 1 + (need.streamed ? need.latency : 0);
    if (end <= now && (!(need.early || need.streamed) || start <= now)) break;
    visit(end, start);
  }
  return std::max<std::int64_t>(0, done - 1 - n);
}

}  // namespace weft::engine
