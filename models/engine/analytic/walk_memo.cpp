#include "models/engine/analytic/walk_memo.hpp"

namespace weft::engine {

StateHash::Value WalkMemo::key(const Lowering& lowering, const Sizing& sizing, std::size_t group) {
  StateHash out;
  out.word(static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(&lowering)));
  out.word(static_cast<std::int64_t>(group));
  out.word(sizing.together);
  // Heads that share a slice of the keys: all that the layout takes of the shape.
  out.word(sizing.shape.heads / sizing.shape.kv_heads);
  out.word(sizing.masked ? 1 : 0);
  out.word(sizing.mask_offset);
  for (const std::int64_t extent : sizing.extents) out.word(extent);
  for (const int choice : sizing.choice) out.word(choice);
  for (const std::int64_t reach : sizing.reach) out.word(reach);
  const GroupSize& size = sizing.groups[group];
  for (std::size_t i = 0; i < lowering.groups[group].tiled.size(); ++i) {
    const RankSize& rank = size.ranks[i];
    for (const std::int64_t word :
         {rank.tile, rank.tiles, rank.edge, rank.block, rank.blocks, rank.last_block, rank.extent})
      out.word(word);
  }
  out.word(size.buffer_bytes);
  return out.value();
}

std::optional<Walked> WalkMemo::find(const StateHash::Value& key, std::int64_t heads) const {
  if (shared_ != nullptr) return shared_->find(key, heads);
  Known known;
  {
    const std::unique_lock lock(mutex_);
    const auto found = known_.find(key);
    if (found == known_.end()) return std::nullopt;
    known = found->second;
  }
  Walked& walked = known.walked;
  walked.firings = 0;
  if (heads == known.heads) {
    ++told_;
    return walked;
  }
  const HeadsRecur& recur = walked.heads_recur;
  if (recur.heads == 0) return std::nullopt;
  const std::int64_t more = heads - known.heads;
  if (more % recur.heads != 0 || more / recur.heads < -recur.times) return std::nullopt;
  ++told_;
  walked.cycles += static_cast<double>(more / recur.heads) * static_cast<double>(recur.cycles);
  return walked;
}

void WalkMemo::keep(const StateHash::Value& key, std::int64_t heads, const Walked& walked) {
  if (shared_ != nullptr) return shared_->keep(key, heads, walked);
  if (!walked.finished) return;
  const std::unique_lock lock(mutex_);
  if (known_.size() >= kMost) known_.clear();
  known_[key] = {heads, walked};
}

void WalkMemo::forget() {
  sized_.forget();
  simulated_.forget();
  const std::unique_lock lock(mutex_);
  known_.clear();
}

}  // namespace weft::engine
