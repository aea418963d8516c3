// One point of a sweep after another, from its number to the row that a store keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "models/sweep/store.hpp"
#include "sim/common/process_pool.hpp"
#include "sim/request/sweep_points.hpp"
#include "sim/request/sweep_run.hpp"

namespace weft::request {

// One for each thread. The points, and what is known of them, outlive it.
class RowMaker {
 public:
  // `known`: what the store has, or null where nobody asks.
  RowMaker(const SweepPoints& points, const sweep::Store::Statuses* known)
      : points_(points), known_(known), maker_(points) {}

  // Whether the point is to be run: it is wanted, and not known. Then its key is at hand.
  bool begin(std::uint64_t index);
  // The row of the point that was begun, whatever becomes of it; throws engine::Cancelled at
  // `stop`.
  sweep::Row run(const std::stop_token& stop);
  sweep::Row unrun(engine::Status status, std::string reason) const;
  // The row of a point that another process was given.
  sweep::Row answered(std::uint64_t index, const sim::Outcome& outcome,
                      const std::optional<double>& timeout_s);
  // With the names and the key of the point that was begun.
  sweep::Row named(sweep::Row row) const;

  const sweep::Key& key() const { return key_; }
  // Points so far, those that the store has among them by their status.
  const SweepCounts& counts() const { return counts_; }
  void count(engine::Status status) { counts_.add(status); }
  const PointMaker& maker() const { return maker_; }
  const sweep::Choice& choice() const { return choice_; }
  const std::string& refused() const { return refused_; }

 private:
  const SweepPoints& points_;
  const sweep::Store::Statuses* known_;
  PointMaker maker_;
  sweep::Choice choice_;
  sweep::Key key_{};
  std::string refused_;
  SweepCounts counts_;
};

}  // namespace weft::request
