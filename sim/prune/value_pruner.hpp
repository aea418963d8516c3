// Local value pruning's fetches: of a row whose probabilities are selected, the values of those
// that are kept are asked for, and no others, as far as there is room for them on chip.
// docs/units/prune/value_pruner.md.
#pragma once

#include <cstdint>

#include "models/common/fields.hpp"
#include "sim/common/active_unit.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::prune {

class ValuePruner : public ActiveUnit {
 public:
  struct Config {
    std::int64_t store_bytes = 196608;  // of the values' SRAM
  };
  explicit ValuePruner(const Config& config) : config_(config) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override {
    ActiveUnit::fingerprint(out);
    out.word(row_ == nullptr ? -1 : row_->age());
    out.word(used_ * 2 + (ordered_ ? 1 : 0));
  }

 private:
  bool prune(Cycle now);
  std::int64_t bytes_on_chip(const QueryRow& row) const;

  Config config_;
  In<RowToken> in_;
  In<RowToken> released_;  // rows whose values are no longer needed
  Out<RowToken> done_;     // the same
  Out<FetchPart> orders_;
  Out<RowToken> out_;
  QueryRow* row_ = nullptr;  // in hand
  bool ordered_ = false;     // its values are asked for
  std::int64_t used_ = 0;    // bytes on chip
};

inline auto fields(config::Tag<ValuePruner::Config>) {
  return config::field_table(config::optional("store_bytes", &ValuePruner::Config::store_bytes,
                                              {1, 1e12}, "of the values' SRAM"));
}

}  // namespace weft::sim::prune
