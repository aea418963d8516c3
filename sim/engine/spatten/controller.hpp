// The schedule of a SpAtten engine: asks for the keys of one head after another as far as there is
// room for them, sends their queries into the pipeline in order, and has tokens and heads selected
// behind a layer before it begins the next. docs/units/engine/spatten.md.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "models/common/fields.hpp"
#include "sim/common/active_unit.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"
#include "sim/engine/spatten/layer_program.hpp"
#include "sim/engine/spatten/row_layout.hpp"
#include "sim/select/list_top_k.hpp"

namespace weft::sim::engine::spatten {

// Told of a query that is done, and from when to when it was under way.
struct RowListener {
  virtual ~RowListener() = default;
  virtual void row_done(const QueryRow& row, Cycle begin, Cycle end) = 0;
};

class Controller : public ActiveUnit, public Driver {
 public:
  struct Config {
    std::int64_t key_store_bytes = 196608;
    std::int64_t value_store_bytes = 196608;
    std::int64_t stored_bits = 12;      // of an element on chip
    std::int64_t chunk_rows = 64;       // keys that are asked for at once
    std::int64_t rows_in_flight = 64;   // queries
    std::int64_t importance_lanes = 0;  // adding a layer's importances takes time; 0: none
    // A layer begins when all of the one before is done, and all of its rows have come.
    bool layers_apart = false;
  };
  struct Tensors {
    std::int16_t key = 0;
    std::int16_t value = 0;
  };
  // Both outlive it.
  Controller(const Config& config, Program& program, const Layout& layout,
             std::int64_t side_by_side, const Tensors& tensors);

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override {
    return program_.rows_differ() ? TimingDependsOn::values : TimingDependsOn::shape;
  }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override;
  void list_ordinals(std::vector<std::int64_t>& ordinals) const override {
    ordinals.push_back(rows_made_);
  }
  std::int64_t periods_left(const Jump& period, std::span<const std::int64_t> grown) const override;
  void jump(const Jump& jump, std::span<const std::int64_t> grown) override;

  bool done() const override { return done_; }
  std::size_t phase() const override { return 0; }
  const Position& position() const override { return position_; }
  bool advances_at(int level) const override { return level == kQueries; }

  Cycle finished_at() const { return finished_at_; }
  std::int64_t rows_done() const { return rows_done_; }
  void listen(RowListener* listener) { listener_ = listener; }

 private:
  static constexpr int kTellers = 3;  // that say of a row that they are done with it
  static constexpr int kQueries = 2;  // the loop over a head's, within heads, within jobs

  // Heads whose keys come together.
  struct Job {
    std::int64_t number = 0;  // of all of the run
    std::shared_ptr<const LayerPlan> layer;
    std::vector<const HeadPlan*> heads;
    Fetch keys;
    std::vector<Fetch> lower;        // by head, where there are
    std::vector<Fetch> values;       // by head, where they are kept
    std::int64_t stored_bytes = 0;   // on chip, of a head's keys of one token
    std::int64_t stored_values = 0;  // and of its values, of all tokens
    std::int64_t asked_keys = 0;     // rows
    std::size_t asked_values = 0;    // heads
    std::size_t head = 0;            // of the next query
    std::size_t query = 0;
    std::int64_t done = 0;  // rows
    std::int64_t rows = 0;  // in all

    std::int64_t tokens() const { return static_cast<std::int64_t>(keys.tokens.size()); }
    std::int64_t sides() const { return static_cast<std::int64_t>(heads.size()); }
    bool asked() const { return asked_keys == tokens() && asked_values == values.size(); }
    bool issued() const { return head == heads.size(); }
    bool finished() const { return issued() && done == rows; }
    // Whether units still hold messages about its fetches: rows that none of its queries sees, or
    // whose values do not count, come as well, later than the last of them is done with.
    bool under_way(Cycle now) const;
  };

  void hear(Cycle now);
  void forget(QueryRow* row, Cycle now);
  void let_go(Cycle now);
  void plan();
  void plan_layer(LayerPlan layer);
  bool together(const LayerPlan& layer, std::size_t first, std::size_t count) const;
  Job make_job(const std::shared_ptr<const LayerPlan>& layer, std::size_t first, std::size_t count);
  Fetch fetch_of(Plane plane, const Job& job, const HeadPlan& head, std::int64_t bits);
  void find_room(Job& job) const;
  bool ask(Cycle now);
  bool ask_values(Job& job, Cycle now);
  bool issue(Cycle now);
  const Job* issuing() const;
  void begin_query();
  void put_rows(StateWords& out) const;
  QueryRow* make_row(Job& job);
  bool select(Cycle now);
  Cycle importance_cycles() const;

  Config config_;
  Program& program_;
  const Layout& layout_;
  std::int64_t side_by_side_;
  Tensors tensors_;

  In<RowToken> decided_;
  In<RowToken> accumulated_;
  In<RowToken> finished_;
  In<select::ListSelection> selected_;
  Out<FetchPart> key_orders_;
  Out<FetchPart> value_orders_;
  Out<RowToken> rows_;
  Out<select::ListSelection> selections_;

  std::list<Job> jobs_;     // oldest first; each stays where it is in memory
  std::list<Job> leaving_;  // finished, with fetches under way
  struct Slot {
    std::unique_ptr<QueryRow> row;
    Job* job = nullptr;
    int told = 0;           // how many of those that are done with it have said so
    Cycle begun = 0;        // when it was sent
    std::size_t query = 0;  // of its head's
    bool in_flight() const;
  };
  std::vector<Slot> slots_;
  std::vector<std::int32_t> free_;
  QueryRow* offered_ = nullptr;  // a row that waits for room
  std::int64_t in_flight_ = 0;
  std::int64_t open_rows_ = 0;  // of layers that are planned, not done
  std::int64_t key_bytes_ = 0;  // on chip, or on their way
  std::int64_t value_bytes_ = 0;
  bool program_ends_ = false;
  std::size_t layer_heads_ = 0;  // of the layer planned last, and its tokens
  std::size_t layer_tokens_ = 0;
  bool layer_waits_ = false;    // what follows waits for the layer planned last,
  bool layer_selects_ = false;  // which is to be selected from
  std::vector<Selecting> selecting_;
  std::size_t selections_sent_ = 0;
  std::size_t selections_heard_ = 0;
  bool selecting_now_ = false;
  bool drains_ = false;     // the layer waits for rows that are on their way, alone
  Cycle selects_from_ = 0;  // importances are added by then
  bool asks_ = false;       // something may be asked for or issued in the next cycle
  std::uint64_t fetches_ = 0;
  std::int64_t jobs_made_ = 0;
  std::int64_t rows_made_ = 0;
  std::int64_t rows_done_ = 0;
  bool done_ = false;
  Cycle finished_at_ = 0;
  Position position_{};
  RowListener* listener_ = nullptr;
};

inline auto fields(config::Tag<Controller::Config>) {
  using C = Controller::Config;
  using config::optional;
  return config::field_table(
      optional("key_store_bytes", &C::key_store_bytes, {1, 1e12}, "of the keys' SRAM"),
      optional("value_store_bytes", &C::value_store_bytes, {1, 1e12}, "of the values' SRAM"),
      optional("stored_bits", &C::stored_bits, {1, 64}, "of an element on chip, at least"),
      optional("chunk_rows", &C::chunk_rows, {1, 1 << 20}, "keys that are asked for at once"),
      optional("rows_in_flight", &C::rows_in_flight, {1, 1 << 16}, "queries at once"),
      optional("importance_lanes", &C::importance_lanes, {0, 1024},
               "importances added in a cycle, before a selection; 0: in no time"),
      optional("layers_apart", &C::layers_apart,
               "a layer begins when the one before is done and all its rows are there"));
}

}  // namespace weft::sim::engine::spatten
