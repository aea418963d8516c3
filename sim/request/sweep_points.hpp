// The points of a sweep file, as `weft run` would resolve them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/engine/analytic/walk_memo.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design.hpp"
#include "models/sweep/grid.hpp"
#include "models/sweep/row.hpp"
#include "sim/request/options.hpp"

namespace weft::request {

// What a sweep's points have in common, checked. Shared by all who make points of it.
class SweepPoints {
 public:
  // ConfigError lists what is wrong with file, line, key, value and what is allowed: unknown keys,
  // names and values, and combinations that no run could take. `fidelity` is over the file's where
  // it is not empty. The file outlives this.
  SweepPoints(const sweep::SweepFile& file, const engine::Catalog& catalog, std::string fidelity);

  const sweep::SweepFile& file() const { return file_; }
  const sweep::Grid& grid() const { return grid_; }
  // Whether every point is of the closed form.
  bool is_analytic() const { return is_analytic_; }

 private:
  friend class PointMaker;
  void check_keys(Problems& problems) const;
  void load_designs(Problems& problems);
  void check_settings(Problems& problems) const;
  void check_points(Problems& problems);
  void check_fidelity(Problems& problems) const;
  PointOptions options_of(const sweep::Choice& choice) const;
  Problem placed(Problem problem, const sweep::Choice& choice) const;

  const sweep::SweepFile& file_;
  const engine::Catalog& catalog_;
  std::string fidelity_;
  sweep::Grid grid_;
  std::vector<engine::Design> designs_;  // without what the points set
  Loaded loaded_;
  mutable engine::WalkMemo walks_;  // of designs_
  bool is_analytic_ = true;
};

// Makes points; one for each thread.
class PointMaker {
 public:
  explicit PointMaker(const SweepPoints& points)
      : points_(&points), loaded_(points.loaded_), base_walks_(&points.walks_) {}

  // The point of a choice, until the next call. ConfigError where its settings together are
  // refused, each of which is right by itself.
  void make(const sweep::Choice& choice);
  const engine::Design& design() const { return *design_; }
  const Point& point() const { return point_; }
  // As run() takes it.
  engine::RunOptions options() const;
  sweep::Key key() const;

  // Of a choice whose settings are refused: what identifies it, with its design as it is without
  // them.
  const engine::Design& base(const sweep::Choice& choice) const;
  sweep::Key refused_key(const sweep::Choice& choice) const;

 private:
  const SweepPoints* points_;
  Loaded loaded_;
  Point point_;
  const engine::Design* design_ = nullptr;
  std::size_t held_base_ = ~std::size_t{0};  // of the design that is held, and what is set over it
  std::vector<engine::Setting> held_settings_;
  std::unique_ptr<engine::Design> held_;
  mutable engine::WalkMemo base_walks_;  // of the designs as they are, shared
  mutable engine::WalkMemo walks_;       // of held_
};

}  // namespace weft::request
