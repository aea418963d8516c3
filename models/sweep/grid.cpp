#include "models/sweep/grid.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/common/fields.hpp"

namespace weft::sweep {
namespace {

// Numbers as numbers ("4K" is 4096), all else as text.
bool holds(const std::string& left, Relation relation, const std::string& right) {
  const std::optional<double> a = config::number_of(left);
  const std::optional<double> b = config::number_of(right);
  const int order = a && b ? (*a < *b ? -1 : *a > *b ? 1 : 0) : left.compare(right);
  switch (relation) {
    case Relation::less: return order < 0;
    case Relation::at_most: return order <= 0;
    case Relation::greater: return order > 0;
    case Relation::at_least: return order >= 0;
    case Relation::equal: return order == 0;
    case Relation::unequal: return order != 0;
  }
  return false;
}

}  // namespace

Grid::Grid(const SweepFile& file) : file_(&file) {
  Problems problems;
  const auto times = [&](std::size_t count) {
    size_ = count == 0 || size_ > kMostPoints / count ? kMostPoints + 1 : size_ * count;
  };
  size_ = 1;
  times(file.designs.size());
  workloads_ = std::max<std::size_t>(1, file.workloads.size());
  times(workloads_);
  for (const Block& block : file.blocks) times(block.rows.size());
  if (size_ > kMostPoints)
    problems.add(Problem{{file.file, 0, 0},
                         "grid",
                         "",
                         fmt::format("multiplies to more than {} points", kMostPoints)});
  if (size_ > 0) combinations_ = size_ / workloads_ / file.designs.size();
  for (const Condition& condition : file.conditions) {
    Side left = side_of(condition, condition.left, problems);
    tests_.push_back(
        {std::move(left), condition.relation, side_of(condition, condition.right, problems)});
    if (tests_.back().left.of == Side::Of::constant && tests_.back().right.of == Side::Of::constant)
      problems.add(Problem{condition.written.where, "where", condition.written.text,
                           "compares two values: name a key that is varied"});
  }
  problems.finish();
}

// Whether a key, or designs or workloads, have it among their values.
bool Grid::is_value(const std::string& text) const {
  const auto is = [&](const Text& one) { return one.text == text; };
  const auto in = [&](const std::vector<Text>& all) {
    return std::any_of(all.begin(), all.end(), is);
  };
  if (in(file_->designs) || in(file_->workloads)) return true;
  for (const Block& block : file_->blocks) {
    for (const auto& row : block.rows) {
      if (std::any_of(row.begin(), row.end(), [&](const auto& one) { return one && is(*one); }))
        return true;
    }
  }
  return false;
}

// A word that is no number and no value is a key that is not varied, or misspelt.
Grid::Side Grid::side_of(const Condition& condition, const std::string& text,
                         Problems& problems) const {
  if (text == "design") return {Side::Of::design, 0, 0, ""};
  if (text == "workload") return {Side::Of::workload, 0, 0, ""};
  std::vector<std::string> keys{"design", "workload"};
  for (std::size_t b = 0; b < file_->blocks.size(); ++b) {
    const Block& block = file_->blocks[b];
    for (std::size_t c = 0; c < block.keys.size(); ++c) {
      if (block.keys[c].text == text) return {Side::Of::key, b, c, ""};
      keys.push_back(block.keys[c].text);
    }
  }
  if (!config::number_of(text) && !is_value(text))
    problems.add(Problem{
        condition.written.where, "where", text,
        "is neither a key that is varied nor a value of one; " + config::unknown_name(text, keys)});
  return {Side::Of::constant, 0, 0, text};
}

void Grid::choose(std::uint64_t index, Choice& out) const {
  out.rows.resize(file_->blocks.size());
  for (std::size_t b = file_->blocks.size(); b-- > 0;) {
    const std::uint64_t count = file_->blocks[b].rows.size();
    out.rows[b] = index % count;
    index /= count;
  }
  const std::uint64_t workloads = std::max<std::size_t>(1, file_->workloads.size());
  out.workload = index % workloads;
  out.design = index / workloads;
}

const std::string* Grid::value(const Side& side, const Choice& choice) const {
  switch (side.of) {
    case Side::Of::constant: return &side.text;
    case Side::Of::design: return &file_->designs[choice.design].text;
    case Side::Of::workload:
      return file_->workloads.empty() ? nullptr : &file_->workloads[choice.workload].text;
    case Side::Of::key: {
      const auto& held = file_->blocks[side.block].rows[choice.rows[side.block]][side.column];
      return held ? &held->text : nullptr;
    }
  }
  return nullptr;
}

// A condition on a key that a point leaves out does not apply to it.
bool Grid::wanted(const Choice& choice) const {
  return std::all_of(tests_.begin(), tests_.end(), [&](const Test& test) {
    const std::string* left = value(test.left, choice);
    const std::string* right = value(test.right, choice);
    return left == nullptr || right == nullptr || holds(*left, test.relation, *right);
  });
}

std::uint64_t Grid::turns() const {
  return size_ == 0 ? 0 : size_ / workloads_ / combinations_ * turns_each();
}

std::uint64_t Grid::count_wanted() const {
  if (tests_.empty()) return size_;
  std::uint64_t count = 0;
  Choice choice;
  for (std::uint64_t i = 0; i < size_; ++i) {
    choose(i, choice);
    count += wanted(choice) ? 1 : 0;
  }
  return count;
}

}  // namespace weft::sweep
