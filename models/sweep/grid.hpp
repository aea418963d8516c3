// The points of a sweep by number, none of them made before it is asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "models/sweep/sweep_file.hpp"

namespace weft::sweep {

// One point: which design, which workload, and which row of each block.
struct Choice {
  std::size_t design = 0;
  std::size_t workload = 0;
  std::vector<std::size_t> rows;
};

class Grid {
 public:
  // ConfigError where a condition names what is not varied, or there are more than kMostPoints.
  explicit Grid(const SweepFile& file);

  // Combinations, those among them that conditions leave out. Designs are outermost, then
  // workloads, then the blocks as they stand; the last varies first.
  std::uint64_t size() const { return size_; }
  void choose(std::uint64_t index, Choice& out) const;
  // Whether every condition holds.
  bool wanted(const Choice& choice) const;
  std::uint64_t count_wanted() const;

  // Points that differ in their workload alone have much in common, and lie far apart. A turn is so
  // many combinations of the blocks with every workload, of one design; every point is in one turn.
  std::uint64_t turns() const;
  // Calls visit(index) for the points of a turn.
  template <class Visit>
  void each_of(std::uint64_t turn, const Visit& visit) const {
    const std::uint64_t first = turn % turns_each() * kTurn;
    const std::uint64_t last = std::min(combinations_, first + kTurn);
    for (std::uint64_t w = 0; w < workloads_; ++w) {
      const std::uint64_t begin = (turn / turns_each() * workloads_ + w) * combinations_;
      for (std::uint64_t i = begin + first; i < begin + last; ++i) visit(i);
    }
  }

 private:
  static constexpr std::uint64_t kTurn = 32;                                        // combinations
  std::uint64_t turns_each() const { return (combinations_ + kTurn - 1) / kTurn; }  // of a design

  // A side of a condition: a constant, or what a choice has.
  struct Side {
    enum class Of : std::uint8_t { constant, design, workload, key };
    Of of = Of::constant;
    std::size_t block = 0;
    std::size_t column = 0;
    std::string text;
  };
  struct Test {
    Side left;
    Relation relation;
    Side right;
  };
  Side side_of(const Condition& condition, const std::string& text, Problems& problems) const;
  bool is_value(const std::string& text) const;
  const std::string* value(const Side& side, const Choice& choice) const;

  const SweepFile* file_;
  std::uint64_t size_ = 0;
  std::uint64_t workloads_ = 1;     // or the shapes of traces, as one
  std::uint64_t combinations_ = 0;  // of a design and a workload
  std::vector<Test> tests_;
};

inline constexpr std::uint64_t kMostPoints = 100'000'000;

}  // namespace weft::sweep
