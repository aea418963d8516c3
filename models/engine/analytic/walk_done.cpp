// How far a walk has come, for what it cannot come to in its firings.
#include <algorithm>

#include "models/engine/analytic/walk.hpp"
#include "models/engine/schedule/regions.hpp"

namespace weft::engine {

void Walk::note(int s, int outermost, std::int64_t now) {
  const Step& step = steps_[static_cast<std::size_t>(s)];
  mark(s, outermost);
  Stage& stage = stages_[static_cast<std::size_t>(step.stage)];
  if (s != stage.last) return;
  stage.tiles += 1;
  if (outermost > 0 || &stage != &stages_.back()) return;
  ++heads_;
  head_time_ = now + recurred_;
}

double Walk::tiles_inside(Step probe, int level) const {
  double tiles = 1;
  for (std::size_t i = 0; i < probe.depth; ++i) {
    const int l = probe.order[i];
    if (l <= level) continue;
    const TripRange range = trips(probe, l, probe.at);
    probe.at[static_cast<std::size_t>(l)] = range.begin;
    tiles *= static_cast<double>(std::max<std::int64_t>(0, range.end - range.begin));
  }
  return tiles;
}

double Walk::tiles_of(const Step& step) const {
  return static_cast<double>(Regions(lowering_, sizing_, group_.group, step.loops).total());
}

// Tiles of a stage that are passed over. Under a mask they are as many as the first and the last
// of these iterations have between them.
void Walk::count(Stage& stage, int level, std::int64_t by) {
  const Step& last = steps_[static_cast<std::size_t>(stage.last)];
  if (by == 0 || last.finished || !runs(last, level)) return;
  if (level == 0) {
    if (&stage == &stages_.back()) heads_ += by;
    stage.tiles += static_cast<double>(by) * tiles_of(last) / static_cast<double>(sizing_.repeats);
    return;
  }
  Step probe = last;
  const double first = tiles_inside(probe, level);
  probe.at[static_cast<std::size_t>(level)] += by - 1;
  stage.tiles += static_cast<double>(by) * (first + tiles_inside(probe, level)) / 2;
}

// From 0 to 1: tiles of each stage, weighed by the cycles of the unit that takes the most of it.
double Walk::done() const {
  double all = 0;
  double here = 0;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].last == kNone) continue;
    double most = 0;
    for (std::size_t unit = 0; unit < by_unit_.size(); ++unit) {
      double cycles = 0;
      for (const Step& step : steps_) {
        if (step.compute && step.unit == static_cast<int>(unit) &&
            step.stage == static_cast<int>(i))
          cycles += static_cast<double>(step.costs[0].issue);
      }
      most = std::max(most, cycles);
    }
    const Step& last = steps_[static_cast<std::size_t>(stages_[i].last)];
    const double total = tiles_of(last);
    all += most * total;
    here += most * std::min(total, stages_[i].tiles);
  }
  return all > 0 ? here / all : 1;
}

}  // namespace weft::engine
