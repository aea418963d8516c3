// A timeline in Chrome's JSON trace-event format, for ui.perfetto.dev. 1 µs of the timeline is 1
// cycle. Of a long run it has stretches of time: the beginning, and one from the first firing of
// every step that had not fired before, or the first query of a layer. Counter tracks are of all of
// it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/json.hpp"
#include "models/engine/run/run_options.hpp"

namespace weft::sim::engine {

class PerfettoTrace : public weft::engine::EventSink {
 public:
  static constexpr std::size_t kEachStep = 1'000;

  // Keeps `each` events for every step, from its first firing on, with all that the other steps do
  // meanwhile; gaps are kept in any case.
  explicit PerfettoTrace(std::size_t each = kEachStep) : each_(each) {}

  bool event(const weft::engine::UnitEvent& event) override;
  void gap(std::uint64_t begin, std::uint64_t end) override;
  void sample(std::string_view track, std::uint64_t from, double mean) override;

  // The document. `result` names the units and gives the clock.
  std::string finish(const weft::engine::Design& design, const weft::engine::Result& result) const;

 private:
  struct Kept {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    int unit = 0;
    std::string name;  // the run that lent it is over by the time of finish()
    std::int64_t head = 0;
    std::int64_t tile = 0;
    std::vector<std::pair<std::string, std::int64_t>>
        at;  // iteration of the loops inside that over heads, by name
    weft::engine::EventKind kind = weft::engine::EventKind::firing;
    int thread = 0;  // of the timeline
  };
  struct Sample {
    std::string track;
    std::uint64_t from = 0;
    double mean = 0;
  };
  struct Gap {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  static void write_slice(json::Writer& out, const Kept& kept);
  static void write_sample(json::Writer& out, const Sample& sample);
  static void write_notice(json::Writer& out, const char* category, const std::string& text,
                           std::uint64_t at);

  std::size_t each_;
  std::size_t left_ = 0;                // events that are still kept
  std::set<std::pair<int, int>> seen_;  // groups and steps
  std::vector<Kept> events_;
  std::vector<Gap> gaps_;
  std::vector<Sample> samples_;
  std::vector<Gap> left_out_;  // the last one open, to the end of the run, where it ends at 0
};

}  // namespace weft::sim::engine
