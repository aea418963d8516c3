// The points of a sweep by number, none of them made before it is asked for.
#pragma once

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

 private:
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
  std::vector<Test> tests_;
};

inline constexpr std::uint64_t kMostPoints = 100'000'000;

}  // namespace weft::sweep
