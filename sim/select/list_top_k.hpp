// The top-k engine of token and head pruning: selects from a list of importances, and answers when
// its rounds and its filter pass are over. docs/units/select/top_k.md.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "models/common/fields.hpp"
#include "sim/common/active_unit.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::select {

// A selection to be made, or that is made.
struct ListSelection {
  static constexpr std::string_view kName = "selection";

  std::int64_t number = 0;  // of whoever asks
  std::int64_t items = 0;
  std::span<const std::int64_t> rounds{};  // candidates of each; live until it is answered

  void fingerprint(StateWords& /*out*/) const {}
  void advance(Cycle /*cycles*/) {}
};

class ListTopK : public ActiveUnit {
 public:
  struct Config {
    std::int64_t comparators = 16;
  };
  explicit ListTopK(const Config& config) : config_(config) {}

  const UnitClass& unit_class() const override;
  // It works behind layers alone, where nothing recurs.
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override {
    ActiveUnit::fingerprint(out);
    out.word(works_ ? out.tick() : -1);
  }

 private:
  Config config_;
  In<ListSelection> in_;
  Out<ListSelection> out_;
  bool works_ = false;
  ListSelection held_;
  Cycle until_ = 0;
};

inline auto fields(config::Tag<ListTopK::Config>) {
  return config::field_table(config::optional("comparators", &ListTopK::Config::comparators,
                                              {1, 1024}, "of each of the two arrays"));
}

}  // namespace weft::sim::select
