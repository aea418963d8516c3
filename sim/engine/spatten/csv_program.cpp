#include "sim/engine/spatten/csv_program.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "models/select/top_k.hpp"

namespace weft::sim::engine::spatten {

using workload::PrunedRow;

CsvProgram::CsvProgram(std::shared_ptr<const workload::PrunedRows> rows, DrawnDeviations deviations,
                       std::uint64_t seed)
    : DrawnScores(std::move(deviations), seed), rows_(std::move(rows)) {
  for (const PrunedRow& row : rows_->rows) {
    extents_.layers = std::max<std::int64_t>(extents_.layers, row.layer + 1);
    extents_.heads = std::max<std::int64_t>(extents_.heads, row.head + 1);
    extents_.tokens = std::max<std::int64_t>(extents_.tokens, row.sentence);
  }
  extents_.rows = static_cast<std::int64_t>(rows_->rows.size());
  importance_.resize(static_cast<std::size_t>(extents_.tokens));
}

// The most important of the candidates, ascending.
CsvProgram::Tokens CsvProgram::chosen(const std::vector<std::int64_t>& candidates,
                                      std::int64_t count, Selecting* selecting) {
  std::vector<std::int64_t> worth;
  worth.reserve(candidates.size());
  for (const std::int64_t token : candidates)
    worth.push_back(importance_[static_cast<std::size_t>(token)]);
  const auto found =
      weft::select::top_k(std::span<const std::int64_t>(worth), count,
                          weft::select::seed_of(seed(), static_cast<std::uint64_t>(selections_++)));
  const auto tokens = std::make_shared<std::vector<std::int64_t>>();
  for (const std::int64_t position : found.kept)
    tokens->push_back(candidates[static_cast<std::size_t>(position)]);
  if (selecting != nullptr) {
    selecting->items = static_cast<std::int64_t>(candidates.size());
    for (const auto& round : found.selection.rounds) selecting->rounds.push_back(round.elements);
  }
  return tokens;
}

// Of those that are alive, or of the whole sentence where more are asked for.
CsvProgram::Tokens CsvProgram::most_important(std::int64_t count, std::int64_t sentence) {
  if (alive_ != nullptr && static_cast<std::int64_t>(alive_->size()) == count) return alive_;
  const auto found = by_count_.find(count);
  if (found != by_count_.end()) return found->second;
  std::vector<std::int64_t> all;
  if (alive_ == nullptr || static_cast<std::int64_t>(alive_->size()) < count) {
    all.resize(static_cast<std::size_t>(sentence));
    std::iota(all.begin(), all.end(), 0);
  } else {
    all = *alive_;
  }
  return by_count_[count] = chosen(all, count, nullptr);
}

std::optional<LayerPlan> CsvProgram::next() {
  if (next_ == rows_->rows.size()) return std::nullopt;
  const PrunedRow& first = rows_->rows[next_];
  LayerPlan plan{.step = first.iteration,
                 .layer = first.layer,
                 .streams = true,
                 .width_qk = first.width,
                 .width_v = first.width,
                 .heads = {}};
  by_count_.clear();
  keep_.reset();
  rescales_ = false;
  Tokens longest;
  for (; next_ < rows_->rows.size(); ++next_) {
    const PrunedRow& row = rows_->rows[next_];
    if (row.iteration != first.iteration || row.layer != first.layer) break;
    HeadPlan head;
    head.head = row.head;
    head.tokens = most_important(row.keys, row.sentence);
    head.queries = {0};
    head.key_bits = row.key_bits;
    head.lower_bits = row.lsb_bits;
    head.value_bits = row.value_bits;
    head.values_kept = row.values;
    head.recomputes = row.requantises;
    if (longest == nullptr || head.tokens->size() > longest->size()) longest = head.tokens;
    plan.heads.push_back(std::move(head));
    sentence_ = row.sentence;
    rescales_ = rescales_ || row.rescales_importance;
    if (row.tokens_after >= 0) keep_ = row.tokens_after;
  }
  alive_ = std::move(longest);
  return plan;
}

// As many as the file says: of those alive, or of the sentence where that is more.
std::vector<Selecting> CsvProgram::select() {
  Selecting selecting;
  std::vector<std::int64_t> candidates = *alive_;
  if (static_cast<std::int64_t>(candidates.size()) < *keep_) {
    candidates.resize(static_cast<std::size_t>(sentence_));
    std::iota(candidates.begin(), candidates.end(), 0);
  }
  by_count_.clear();
  alive_ = chosen(candidates, *keep_, &selecting);
  if (rescales_) {
    for (std::int64_t& importance : importance_) importance /= 2;
  }
  return {selecting};
}

void CsvProgram::add_probabilities(const QueryRow& row, std::int64_t first, std::int64_t count) {
  // A row of the file is a row of the run.
  if (!rows_->rows[static_cast<std::size_t>(row.number)].accumulates_importance) return;
  for (std::int64_t i = first; i < first + count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    importance_[static_cast<std::size_t>(row.tokens[at])] += row.probabilities[at];
  }
}

}  // namespace weft::sim::engine::spatten
