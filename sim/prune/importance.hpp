// Accumulators of importance: of tokens, what queries give them; of heads, the magnitudes of their
// outputs. docs/units/prune/importance.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "models/common/fields.hpp"
#include "sim/common/beat_pipeline.hpp"

namespace weft::sim::prune {

// Where importance is kept; no time.
struct ImportanceStore {
  virtual ~ImportanceStore() = default;
  virtual void add_probabilities(const QueryRow& row, std::int64_t first, std::int64_t count) = 0;
  virtual void add_output(const QueryRow& row) = 0;
};

enum class ImportanceOf : std::uint8_t { tokens, heads };
constexpr auto names(config::Tag<ImportanceOf>) {
  return std::array<std::pair<std::string_view, ImportanceOf>, 2>{
      {{"tokens", ImportanceOf::tokens}, {"heads", ImportanceOf::heads}}};
}

class Importance : public BeatPipeline {
 public:
  struct Config {
    ImportanceOf of = ImportanceOf::tokens;
    std::int64_t parallelism = 8;  // additions in a cycle
    std::int64_t latency_cycles = 2;
    LatencyFrom latency_from = LatencyFrom::first_part;
  };
  Importance(const Config& config, ImportanceStore* store)
      : BeatPipeline(config.latency_cycles, config.latency_from), config_(config), store_(store) {}

  const UnitClass& unit_class() const override;
  void list_ports(PortList& ports) override;

 protected:
  Cycle take(const RowBeat& beat) override;
  bool give(Cycle now, const RowBeat& beat) override;

 private:
  Config config_;
  ImportanceStore* store_;
  Out<RowToken> done_;  // rows that are added in full
};

inline auto fields(config::Tag<Importance::Config>) {
  using C = Importance::Config;
  return config::field_table(
      config::required("of", &C::of, "tokens or heads"),
      config::optional("parallelism", &C::parallelism, {1, 1024}, "additions in a cycle"),
      config::optional("latency_cycles", &C::latency_cycles, {1, 4096}, "operand to sum"),
      config::optional("latency_from", &C::latency_from,
                       "first_part, or last_part of a beat that takes several cycles"));
}

}  // namespace weft::sim::prune
