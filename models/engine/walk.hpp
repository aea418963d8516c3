// A schedule walked in place of simulated: the same steps, needs, priorities, contexts, copies,
// ports and transfers as the sequencer's, from event to event. Where the tiles of a stage, or rows
// of tiles, or heads have come to a steady pace, those up to the last few are passed over at that
// pace; so a walk takes tens to hundreds of firings, however long the run is.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/engine/layout.hpp"
#include "models/engine/port_table.hpp"
#include "models/engine/schedule.hpp"
#include "models/engine/walk_memory.hpp"

namespace weft::engine {

struct Walked {
  double cycles = 0;
  double passed = 0;              // of them, over what was not walked
  double uncertain = 0;           // of those, at a pace that did not recur to the cycle
  double left = 0;                // of those, told from how far the walk came
  bool finished = false;          // the walk came to its end
  bool served_at_a_pace = false;  // a transfer of many requests, in place of one by one
  std::int64_t firings = 0;
};

class Walk {
 public:
  // `firings`: walked before what is left is told from the pace so far.
  Walk(const Schedule& schedule, const GroupSchedule& group, std::int64_t firings);

  Walked run();

 private:
  struct Times {
    std::int64_t start = 0;
    std::int64_t end = 0;
  };
  struct Slot {
    std::int64_t outer = -1;  // ordinal of the outer iteration, and key
    std::int64_t key = -1;
    std::int64_t tile = 0;  // of the pass rank
    Times times;
  };
  static constexpr std::size_t kSlots = 64;
  static constexpr std::size_t kPaces = 64;
  // Ends of a loop's iterations, since the loop around it moved.
  struct History {
    int count = 0;
    std::int64_t since = 0;  // firings
    std::array<std::int64_t, kPaces> at{};
  };
  struct Step {
    const ScheduledStep* from = nullptr;
    unsigned loops = 0;  // as bits
    Coordinates at{};
    Coordinates ordinal{};
    Coordinates completed{};
    std::array<Times*, kMostLoops> rings{};
    Slot* slots = nullptr;
    bool finished = false;
    bool known = false;       // when all its needs are met
    std::size_t blocked = 0;  // the need that is not known; those before it are in `ready`
    std::int64_t ready = 0;
  };
  struct Pace {
    double cycles = 0;
    bool exact = false;
    int level = kNone;
    unsigned active = 0;  // stages at work beside it
  };
  struct Stage {
    int first = kNone;  // compute steps
    int last = kNone;
    std::array<History, kMostLoops> history;
    std::array<Pace, 8> paces;  // as far as they are known
    double tiles = 0;           // done
    int level = kNone;          // of the jump under way
    std::int64_t most = 0;
    double pace = 0;
    bool exact = false;
  };

  void add_loops();

  // walk.cpp: the sequencer's rules.
  std::int64_t fire_ready(std::int64_t now);
  void fire(int s, std::int64_t now);
  void fire_compute(int s, std::int64_t now);
  void fire_transfer(int s, std::int64_t now);
  void evaluate(int s, bool anew);
  bool meet(int s, const Need& need, std::int64_t& ready) const;
  bool keyed(int s, const Need& need, const Times** times) const;
  std::int64_t start_of(int s) const;
  bool precedes(int a, int b) const;
  unsigned edges(const Step& step) const;
  TripRange trips(const Step& step, int loop) const;
  bool settle(Step& step, std::size_t from) const;
  unsigned next(Step& step) const;
  bool first_inside(const Step& step, int loop) const;
  void finish(int s, unsigned ended, Times times);
  std::int64_t key(const Step& step) const;
  std::int64_t pass_tile(const Step& step) const;
  std::int64_t pass_total(const Step& step) const;
  std::int64_t in_flight_until(std::int64_t now) const;

  // walk_jump.cpp: what is passed over.
  void note(int s, unsigned ended, std::int64_t now);
  bool jump(std::int64_t now);
  bool leave(std::int64_t now);
  bool jump_stages(std::int64_t now);
  bool at_work(std::size_t stage, std::int64_t now) const;
  bool jump_all(int level, std::int64_t now);
  bool ready_to_jump(Stage& stage, unsigned active, std::int64_t now);
  std::int64_t left(int stage, int level, const Step& reference) const;
  double pace(const History& history, bool& exact) const;
  bool even(const History& history) const;
  bool confirms(const History& history, double pace) const;
  double cycles_of(const Step& step, int level, std::int64_t jump, const History& history,
                   double pace) const;
  double tiles_inside(Step probe, int level) const;
  bool held(std::int64_t now, unsigned stages, int level) const;
  void let_memory_go_on(std::int64_t now, std::int64_t cycles);
  void pass(double cycles, bool exact);
  double done() const;
  void count(Stage& stage, int level, std::int64_t by);
  bool measured(const History& history) const;

  // A loop's rank, for what is asked at every firing.
  struct LoopRank {
    std::int64_t trips = 1;
    std::int64_t last_block = 1;  // of a loop over the tiles of a block: trips in the last
    std::int64_t blocks = 0;
    int block_loop = kNone;
    bool masked = false;
  };
  struct EdgeRank {
    int tile_loop = kNone;
    int block_loop = kNone;
    std::int64_t block = 0;
    std::int64_t last = 0;  // tile
    unsigned bit = 0;
  };

  const Lowering& lowering_;
  const Sizing& sizing_;
  const LoweredGroup& lowered_;
  const GroupSize& size_;
  const GroupSchedule& group_;
  int fetcher_;
  int outer_;
  int pass_rank_ = kNone;  // index into tiled
  bool own_ports_;
  PortTable ports_;
  WalkMemory memory_;
  Layout layout_;
  std::array<LoopRank, kMostLoops> loops_{};
  std::array<EdgeRank, kMostTiled> edge_ranks_{};
  int edges_count_ = 0;
  std::vector<Step> steps_;
  std::vector<Stage> stages_;
  std::vector<std::int64_t> free_at_;
  std::vector<std::vector<int>> by_unit_;
  std::vector<Times> rings_;
  std::vector<Slot> slots_;
  struct Transfer {
    std::int64_t end = -1;
    int step = 0;
  };
  std::array<Transfer, 4> transfers_under_way_{};  // the last, a ring
  std::size_t transfers_ = 0;
  std::int64_t last_end_ = 0;
  std::int64_t last_fired_ = 0;  // the last step of all
  std::int64_t trail_ = 0;       // from there to the end of what it gives
  std::int64_t budget_;
  bool jumps_ = true;  // there are more firings than that
  bool look_ = false;  // an iteration ended at which a jump may be due
  double half_time_ = 0;
  double half_done_ = -1;
  Walked walked_;
};

}  // namespace weft::engine
