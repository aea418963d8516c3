// The SRAM of keys or of values between the fetcher and an array: rows of the tensor come in as
// they arrive, and are read beat by beat for one query after another.
// docs/units/memory/row_store.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/fields.hpp"
#include "sim/common/active_unit.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::memory {

enum class StoreOf : std::uint8_t { keys, values };
constexpr auto names(config::Tag<StoreOf>) {
  return std::array<std::pair<std::string_view, StoreOf>, 2>{
      {{"keys", StoreOf::keys}, {"values", StoreOf::values}}};
}

class RowStore : public ActiveUnit {
 public:
  struct Config {
    StoreOf of = StoreOf::keys;
    std::int64_t sources = 1;  // streams of the fetcher
    std::int64_t queues = 1;   // of queries; the first goes first
    std::int64_t elements_per_cycle = 512;
  };
  explicit RowStore(const Config& config);

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  // What of its rows is there is told by who made them.
  void fingerprint(StateWords& out) const override {
    ActiveUnit::fingerprint(out);
    out.word(row_ == nullptr ? -1 : row_->age());
    out.word(next_);
  }

 private:
  std::int64_t rows_of(const QueryRow& row) const;
  std::int64_t width_of(const QueryRow& row) const;
  bool there(const QueryRow& row, std::int64_t count) const;
  void take_row(Cycle now);

  Config config_;
  std::vector<In<FetchPart>> arrived_;
  std::vector<In<RowToken>> rows_;
  Out<RowBeat> beats_;
  QueryRow* row_ = nullptr;  // that is read
  std::int64_t next_ = 0;    // of its rows
};

inline auto fields(config::Tag<RowStore::Config>) {
  using C = RowStore::Config;
  return config::field_table(
      config::required("of", &C::of, "keys or values"),
      config::optional("sources", &C::sources, {1, 16}, "streams of the fetcher that fill it"),
      config::optional("queues", &C::queues, {1, 16}, "of queries; the first goes first"),
      config::optional("elements_per_cycle", &C::elements_per_cycle, {1, 1 << 16},
                       "that are read in a cycle"));
}

}  // namespace weft::sim::memory
