// What a sequencer walks: a schedule, or several one after another. A part is one of them; it goes
// on where the part before it ends, without a pause, if continues() says so.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/engine/schedule/continues.hpp"
#include "models/engine/schedule/layout.hpp"
#include "sim/engine/step_state.hpp"

namespace weft::sim::engine {

class Parts {
 public:
  struct Part {
    explicit Part(const weft::engine::Schedule& made);
    const weft::engine::Schedule& schedule;
    weft::engine::Layout layout;
    std::uint64_t base = 0;                    // of its tensors in memory
    std::int64_t heads = 0;                    // of the parts before it
    bool goes_on = false;                      // without a pause behind the part before it
    std::vector<std::vector<Walker>> walkers;  // by group, by step
    std::vector<int> pass_tiled;               // by group: of the ranks cut, the pass rank
  };

  // Of `first` alone, or of it and all that `more` gives; both outlive the parts.
  Parts(const weft::engine::Schedule& first, weft::engine::ScheduleStream* more);

  const Part& at(std::size_t part) const { return *parts_[part]; }
  // Whether there is a part behind `part` that goes on without a pause: asks for it.
  bool goes_on(std::size_t part);
  // Whether there is a part behind `part`, everything up to which is complete.
  bool follows(std::size_t part);
  // More than one may be to come.
  bool is_stream() const { return more_ != nullptr; }
  // For progress: parts there are, as far as that is known.
  std::int64_t expected() const;
  // Of any need in any part so far.
  std::int64_t longest_latency() const { return longest_latency_; }

 private:
  bool fetch(std::size_t part, bool complete);

  std::vector<std::unique_ptr<const Part>> parts_;
  weft::engine::ScheduleStream* more_;
  std::int64_t longest_latency_;
};

}  // namespace weft::sim::engine
