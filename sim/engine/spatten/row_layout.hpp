// Where the planes of keys and values lie in memory: docs/units/engine/spatten.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "models/common/count.hpp"
#include "models/common/fields.hpp"

namespace weft::sim::engine::spatten {

// head_major: the tokens of a head (or of heads side by side) lie one behind another. token_major:
// the heads of a token do.
enum class RowOrder : std::uint8_t { head_major, token_major };
constexpr auto names(config::Tag<RowOrder>) {
  return std::array<std::pair<std::string_view, RowOrder>, 2>{
      {{"head-major", RowOrder::head_major}, {"token-major", RowOrder::token_major}}};
}

enum class Plane : std::uint8_t { keys, lower_keys, values };

class Layout {
 public:
  struct Config {
    std::int64_t layers = 1;
    std::int64_t heads = 1;
    std::int64_t tokens = 1;
    std::int64_t side_by_side = 1;  // heads whose keys of a token lie together
    RowOrder order = RowOrder::head_major;
    std::int64_t most_row_bytes = 0;  // of one head in any plane
    std::int64_t align_bytes = 4096;  // where a layer's plane begins
  };
  explicit Layout(const Config& config) : config_(config) {
    const std::int64_t groups = ceil_div(config.heads, config.side_by_side);
    const std::int64_t bytes = groups * config.side_by_side * config.tokens * config.most_row_bytes;
    plane_bytes_ = round_up(bytes, config.align_bytes);
  }

  struct Rows {
    std::uint64_t address = 0;  // of token 0
    std::int64_t pitch_bytes = 0;
  };
  // Of a head's rows of `row_bytes`; `together`: of the heads beside it too, it being the first.
  Rows rows(Plane plane, std::int64_t layer, std::int64_t head, std::int64_t row_bytes) const {
    const std::int64_t side = plane == Plane::keys ? config_.side_by_side : 1;
    const std::int64_t groups = ceil_div(config_.heads, side);
    const std::int64_t group = head / side;
    const std::int64_t base =
        (layer * 3 + static_cast<std::int64_t>(plane)) * plane_bytes_ + head % side * row_bytes;
    const std::int64_t pitch = side * row_bytes;
    const bool by_head = config_.order == RowOrder::head_major;
    const std::int64_t address = base + group * pitch * (by_head ? config_.tokens : 1);
    return {static_cast<std::uint64_t>(address), by_head ? pitch : groups * pitch};
  }

 private:
  Config config_;
  std::int64_t plane_bytes_ = 0;
};

}  // namespace weft::sim::engine::spatten
