// Small units for assemblies of the tests: what feeds, delays, drops, deals, gathers and takes
// items.
#pragma once

#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "models/common/fields.hpp"
#include "sim/common/unit.hpp"
#include "sim/memory/stall.hpp"

namespace weft::sim::test {

struct Item {
  static constexpr std::string_view kName = "item";
  std::int64_t value = 0;

  void fingerprint(StateWords& /*out*/) const {}  // decides no time where that recurs
  void advance(Cycle /*cycles*/) {}
};

// Rows of items: row r has min(r + 1, window) of them (a band of a causal mask), or `window` where
// there is no mask. An item every interval_cycles, and gap_cycles more between rows.
class Source final : public Unit, public Driver {
 public:
  struct Config {
    std::int64_t rows = 1;
    std::int64_t window = 1;
    bool masked = false;
    std::int64_t interval_cycles = 1;
    std::int64_t gap_cycles = 0;
    std::vector<std::int64_t> values;  // in turn; none: 0
  };
  struct State {
    Position at{};          // row, item of it: next to be sent
    std::int64_t sent = 0;  // items
    Cycle free_at = 0;
  };

  explicit Source(const Config& config) : config_(config) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override {
    return config_.masked ? TimingDependsOn::mask : TimingDependsOn::shape;
  }
  void list_ports(PortList& ports) override { ports.add("out", out_); }
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &counts_; }

  void fingerprint(StateWords& out) const override;
  void advance(Cycle /*cycles*/) override {}  // see jump
  void list_ordinals(std::vector<std::int64_t>& ordinals) const override {
    ordinals.insert(ordinals.end(), {state_.at[0], state_.sent});
  }
  std::int64_t periods_left(const Jump& period, std::span<const std::int64_t> grown) const override;
  void jump(const Jump& jump, std::span<const std::int64_t> grown) override;

  bool done() const override { return state_.at[0] == config_.rows; }
  std::size_t phase() const override { return 0; }
  const Position& position() const override { return state_.at; }
  bool advances_at(int level) const override { return level == 0; }

 private:
  std::int64_t row_items(std::int64_t row) const;

  Config config_;
  State state_;
  UnitCounts counts_;
  Out<Item> out_;
};

// A pipeline: takes an item every interval_cycles, has it for latency_cycles, `places` at once.
struct StageState {
  struct Flight {
    Cycle ready_at = 0;
    Item item;
  };
  std::deque<Flight> flights;
  Cycle free_at = 0;
};
class Stage final : public UnitOf<StageState> {
 public:
  struct Config {
    std::int64_t latency_cycles = 1;
    std::int64_t interval_cycles = 1;
    std::int64_t places = 2;
  };
  explicit Stage(const Config& config) : config_(config) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &counts_; }
  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 private:
  Config config_;
  UnitCounts counts_;
  In<Item> in_;
  Out<Item> out_;
};

// Drops items below a threshold, one item a cycle: what comes out when depends on the values.
struct FilterState {};
class Filter final : public UnitOf<FilterState> {
 public:
  struct Config {
    std::int64_t threshold = 0;
  };
  explicit Filter(const Config& config) : config_(config) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::values; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &counts_; }

 private:
  Config config_;
  UnitCounts counts_;
  In<Item> in_;
  Out<Item> out_;
};

// Has one item at a time, for a cycle and a stall that is drawn by seed and ordinal.
struct JitterState {
  std::optional<Item> item;
  Cycle ready_at = 0;
  std::uint64_t taken = 0;
};
class Jitter final : public UnitOf<JitterState> {
 public:
  struct Config {
    std::int64_t seed = 0;
  };
  explicit Jitter(const Config& config)
      : stalls_(memory::StallProfile::source, static_cast<std::uint64_t>(config.seed)) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::random; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;

 private:
  memory::Stalls stalls_;
  In<Item> in_;
  Out<Item> out_;
};

// Items in turn to out[0], out[1] …, or from in[0], in[1] …; one a cycle.
struct TurnState {
  std::size_t turn = 0;
};
class Deal final : public UnitOf<TurnState> {
 public:
  struct Config {
    std::int64_t ways = 2;
  };
  explicit Deal(const Config& config) : outs_(static_cast<std::size_t>(config.ways)) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override;
  void advance(Cycle /*cycles*/) override {}

 private:
  In<Item> in_;
  std::vector<Out<Item>> outs_;
};
class Gather final : public UnitOf<TurnState> {
 public:
  using Config = Deal::Config;
  explicit Gather(const Config& config) : ins_(static_cast<std::size_t>(config.ways)) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override;
  void advance(Cycle /*cycles*/) override {}

 private:
  std::vector<In<Item>> ins_;
  Out<Item> out_;
};

// Takes an item every interval_cycles and notes when, as far as it is stepped.
struct SinkState {
  Cycle free_at = 0;
  Cycle last = -1;  // took an item
};
class Sink final : public UnitOf<SinkState> {
 public:
  struct Config {
    std::int64_t interval_cycles = 1;
  };
  struct Taken {
    Cycle at = 0;
    std::int64_t value = 0;
    bool operator==(const Taken&) const = default;
  };
  explicit Sink(const Config& config) : config_(config) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override { ports.add("in", in_); }
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &counts_; }
  void fingerprint(StateWords& out) const override { out.recent_time(state_.free_at, 0); }
  void list_ordinals(std::vector<std::int64_t>& ordinals) const override {
    ordinals.push_back(state_.last);  // stays where it is when nothing comes any more
  }
  void jump(const Jump& jump, std::span<const std::int64_t> grown) override;

  const std::vector<Taken>& taken() const { return taken_; }

 private:
  Config config_;
  UnitCounts counts_;
  In<Item> in_;
  std::vector<Taken> taken_;
};

inline auto fields(config::Tag<Source::Config>) {
  using C = Source::Config;
  return config::field_table(
      config::required("rows", &C::rows, {1, 1e12}, "rows of items"),
      config::optional("window", &C::window, {1, 1e6}, "most items of a row"),
      config::optional("masked", &C::masked, "row r has r + 1 items at most"),
      config::optional("interval_cycles", &C::interval_cycles, {1, 1e6}, "from item to item"),
      config::optional("gap_cycles", &C::gap_cycles, {0, 1e6}, "between rows"),
      config::optional("values", &C::values, "of the items, in turn"));
}
inline auto fields(config::Tag<Stage::Config>) {
  using C = Stage::Config;
  return config::field_table(
      config::required("latency_cycles", &C::latency_cycles, {1, 1e6}, "in to out"),
      config::optional("interval_cycles", &C::interval_cycles, {1, 1e6}, "from item to item"),
      config::optional("places", &C::places, {1, 1e6}, "items at once"));
}
inline auto fields(config::Tag<Filter::Config>) {
  return config::field_table(config::required("threshold", &Filter::Config::threshold, {-1e9, 1e9},
                                              "items below are dropped"));
}
inline auto fields(config::Tag<Jitter::Config>) {
  return config::field_table(
      config::optional("seed", &Jitter::Config::seed, {0, 1e9}, "of its stalls"));
}
inline auto fields(config::Tag<Deal::Config>) {
  return config::field_table(
      config::optional("ways", &Deal::Config::ways, {1, 64}, "ports that take turns"));
}
inline auto fields(config::Tag<Sink::Config>) {
  return config::field_table(config::optional("interval_cycles", &Sink::Config::interval_cycles,
                                              {1, 1e6}, "from item to item"));
}

}  // namespace weft::sim::test
