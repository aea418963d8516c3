// The top-k engine of local value pruning: buffers a row of probabilities as it comes, finds the
// k-th largest by quick-select, and sends the buffer through the filter behind it once more. One
// row is selected while the one before is sent and the one behind comes in.
// docs/units/select/top_k.md.
#pragma once

#include <cstdint>
#include <deque>

#include "models/common/fields.hpp"
#include "models/select/top_k.hpp"
#include "sim/common/active_unit.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::select {

class RowTopK : public ActiveUnit {
 public:
  struct Config {
    std::int64_t comparators = 16;  // in the left and in the right array each
    std::int64_t fifo_depth = 64;   // of FIFO_L and FIFO_R, so many times the comparators
    std::int64_t buffers = 3;       // rows: coming, selected from, filtered
    std::int64_t engines = 1;       // that select, from different rows

    std::int64_t most_keys() const { return comparators * fifo_depth; }
  };
  RowTopK(const Config& config, std::uint64_t seed) : config_(config), seed_(seed) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 private:
  enum class Stage : std::uint8_t { coming, complete, selecting, selected };
  struct Held {
    QueryRow* row = nullptr;
    Stage stage = Stage::coming;
    Cycle until = 0;  // of the stage
  };

  void take(Cycle now);
  void select(Held& held, Cycle now);
  void go_on(Cycle now);
  bool send(Cycle now);

  Config config_;
  std::uint64_t seed_;
  In<RowBeat> in_;
  Out<RowBeat> out_;       // to the comparators of the filter
  std::deque<Held> held_;  // oldest first
  std::int64_t sent_ = 0;  // of the oldest row
  weft::select::Fifos<std::int32_t> fifos_;
};

inline auto fields(config::Tag<RowTopK::Config>) {
  using C = RowTopK::Config;
  using config::optional;
  return config::field_table(
      optional("comparators", &C::comparators, {1, 1024}, "of each of the two arrays"),
      optional("fifo_depth", &C::fifo_depth, {1, 1 << 16},
               "of FIFO_L and FIFO_R, by the comparators"),
      optional("buffers", &C::buffers, {1, 64}, "rows held at once"),
      optional("engines", &C::engines, {1, 64}, "that select, each from a row of its own"));
}

}  // namespace weft::sim::select
