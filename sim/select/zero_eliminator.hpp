// Compacts what a comparator array has kept: positions move to the front of their beat by a prefix
// sum of the zeros before them and a layer of shifters for each of its bits.
// docs/units/select/zero_eliminator.md.
#pragma once

#include <cstdint>
#include <vector>

#include "models/common/fields.hpp"
#include "models/select/zero_eliminator.hpp"
#include "sim/common/beat_pipeline.hpp"

namespace weft::sim::select {

class ZeroEliminator : public BeatPipeline {
 public:
  struct Config {
    std::int64_t places = 16;  // of a beat
  };
  explicit ZeroEliminator(const Config& config) : BeatPipeline(latency(config)), config_(config) {}

  // The prefix sum, and each layer of shifters.
  static Cycle latency(const Config& config) {
    return 1 + weft::select::shift_layers(config.places);
  }

  const UnitClass& unit_class() const override;
  void list_ports(PortList& ports) override;

 protected:
  Cycle take(const RowBeat& beat) override;
  bool give(Cycle now, const RowBeat& beat) override;

 private:
  Config config_;
  Out<RowToken> out_;                    // rows with their kept positions
  std::vector<std::int64_t> positions_;  // of a beat
};

inline auto fields(config::Tag<ZeroEliminator::Config>) {
  return config::field_table(config::optional("places", &ZeroEliminator::Config::places, {1, 1024},
                                              "of a beat: values that come at once"));
}

}  // namespace weft::sim::select
