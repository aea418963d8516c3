// The comparators of a filter pass: so many probabilities a cycle against the k-th largest, of
// equal ones the first that are to stay. docs/units/select/comparator_array.md.
#pragma once

#include <optional>

#include "models/select/top_k.hpp"
#include "sim/common/beat_pipeline.hpp"

namespace weft::sim::select {

class ComparatorArray : public BeatPipeline {
 public:
  ComparatorArray() : BeatPipeline(1) {}

  const UnitClass& unit_class() const override;
  void list_ports(PortList& ports) override;

 protected:
  Cycle take(const RowBeat& beat) override;
  bool give(Cycle now, const RowBeat& beat) override { return out_.offer(now, beat); }

 private:
  Out<RowBeat> out_;
  std::optional<weft::select::Filter<std::int32_t>> filter_;  // of the row in hand
};

}  // namespace weft::sim::select
