// A timeline in Chrome's JSON trace-event format, for ui.perfetto.dev. 1 µs of the timeline is 1 cycle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/common/json.hpp"
#include "models/engine/run.hpp"

namespace weft::sim::engine {

class PerfettoTrace : public weft::engine::EventSink {
 public:
  static constexpr std::size_t kMostEvents = 20'000;

  // Keeps the first `most` events; gaps are kept in any case.
  explicit PerfettoTrace(std::size_t most = kMostEvents) : most_(most) {}

  bool event(const weft::engine::UnitEvent& event) override;
  void gap(std::uint64_t begin, std::uint64_t end) override;

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
    int thread = 0;  // of the timeline
  };
  struct Gap {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  static void write_slice(json::Writer& out, const Kept& kept, const weft::engine::Lowering& lowering);

  std::size_t most_;
  bool cut_ = false;
  std::vector<Kept> events_;
  std::vector<Gap> gaps_;
};

}  // namespace weft::sim::engine
