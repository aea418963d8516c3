// A pipeline that rows go through in beats: one is taken at a time, is under way for a latency, and
// holds all behind it where there is no room for it at the end.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>

#include "models/common/fields.hpp"
#include "sim/common/active_unit.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim {

// Where a beat's latency begins: with the cycle in which it is taken, or with the last of those
// that it takes.
enum class LatencyFrom : std::uint8_t { first_part, last_part };
constexpr auto names(config::Tag<LatencyFrom>) {
  return std::array<std::pair<std::string_view, LatencyFrom>, 2>{
      {{"first_part", LatencyFrom::first_part}, {"last_part", LatencyFrom::last_part}}};
}

class BeatPipeline : public ActiveUnit {
 public:
  // As its rows do, which whoever makes them knows.
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 protected:
  // `places`: beats under way at once; one a cycle of the latency unless given.
  explicit BeatPipeline(std::int64_t latency_cycles, LatencyFrom from = LatencyFrom::first_part)
      : BeatPipeline(latency_cycles, static_cast<std::size_t>(latency_cycles), from) {}
  BeatPipeline(std::int64_t latency_cycles, std::size_t places,
               LatencyFrom from = LatencyFrom::first_part)
      : latency_(latency_cycles), from_(from), places_(places) {}

  // Takes a beat: the cycles until the next one can be.
  virtual Cycle take(const RowBeat& beat) = 0;
  // Gives it on; false where it has no room, and is to be called again.
  virtual bool give(Cycle now, const RowBeat& beat) = 0;

  In<RowBeat> in_;

 private:
  struct Flight {
    Cycle ready = 0;
    RowBeat beat;
  };

  Cycle latency_;
  LatencyFrom from_;
  std::size_t places_;
  std::deque<Flight> flights_;
  Cycle free_at_ = 0;
};

}  // namespace weft::sim
