// Tiles for the 2D array: their operands, what the feet of the columns give, and the slots in which
// it happens.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_fp32.hpp"
#include "tests/matmul/pe/control.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {

inline float softmax_of(float difference, float scale) {
  return numerics::round_to_bf16(numerics::exp_maccs(difference, scale));
}

// One tile of keys against one of queries; operands by [row or column][e or f]. Rows from `rows` on
// hold anything.
struct Tile {
  int side = 0, rows = 0, diagonal = 0, group = 1, width_qk = 0, width_v = 0;
  std::vector<std::vector<std::uint16_t>> k, v, q;
  std::vector<std::uint32_t> rm;                 // of each column
  std::vector<std::uint32_t> lm, sld;            // results of each column
  std::vector<std::vector<std::uint32_t>> slnv;  // by [f][column]

  bool visible(int row, int column) const { return row * group - column <= diagonal; }

  // Plain loops in the order in which the columns add.
  void compute_maxima() {
    lm.clear();
    scores_.assign(static_cast<std::size_t>(rows),
                   std::vector<float>(static_cast<std::size_t>(side)));
    for (int j = 0; j < side; ++j) {
      float maximum = -std::numeric_limits<float>::infinity();
      for (int i = 0; i < rows; ++i) {
        float sum = 0;
        for (int e = 0; e < width_qk; ++e)
          sum = numerics::macc(numerics::from_bf16(k[i][e]), numerics::from_bf16(q[j][e]), sum);
        scores_[i][j] = visible(i, j) ? sum : -std::numeric_limits<float>::infinity();
        maximum = numerics::max(maximum, scores_[i][j]);
      }
      lm.push_back(as_word(maximum));
    }
  }
  void compute_sums(float scale) {
    sld.clear();
    slnv.assign(static_cast<std::size_t>(width_v), {});
    for (int j = 0; j < side; ++j) {
      std::vector<float> weights;
      float sum = 0;
      for (int i = 0; i < rows; ++i) {
        weights.push_back(softmax_of(numerics::subtract(scores_[i][j], as_float(rm[j])), scale));
        if (visible(i, j)) sum = numerics::add(sum, weights.back());
      }
      sld.push_back(as_word(sum));
      for (int f = 0; f < width_v; ++f) {
        float product = 0;
        for (int i = 0; i < rows; ++i) {
          if (!visible(i, j)) continue;  // nothing of a hidden key is in a sum, whatever it holds
          product = numerics::macc(weights[i], numerics::from_bf16(v[i][f]), product);
        }
        slnv[f].push_back(as_word(product));
      }
    }
  }

 private:
  std::vector<std::vector<float>> scores_;
};

inline std::shared_ptr<Tile> random_tile(Fp32Random& random, int side, int diagonal, int group,
                                         bool wild, float scale) {
  auto tile = std::make_shared<Tile>();
  tile->side = side;
  const int kind = random.in_range(0, 5);
  tile->rows = kind == 0 ? 1 : kind == 1 ? random.in_range(1, side) : side;
  tile->diagonal = diagonal;
  tile->group = group;
  tile->width_qk = random.in_range(1, 12);
  tile->width_v = random.in_range(1, 12);
  const auto operand = [&](bool real) {
    if (!real || (wild && random.in_range(0, 30) == 0))
      return static_cast<std::uint16_t>(random.word() >> 16);
    return static_cast<std::uint16_t>(random.with_exponent(random.in_range(120, 128)) >> 16);
  };
  const auto fill = [&](auto& matrix, int width, int real_rows) {
    matrix.assign(static_cast<std::size_t>(side), {});
    for (int r = 0; r < side; ++r) {
      for (int c = 0; c < width; ++c) matrix[r].push_back(operand(r < real_rows));
    }
  };
  fill(tile->k, tile->width_qk, tile->rows);
  fill(tile->v, tile->width_v, tile->rows);
  fill(tile->q, tile->width_qk, side);
  tile->compute_maxima();
  for (const std::uint32_t own : tile->lm) {  // what ran before may have had a larger maximum
    const float before = as_float(random.with_exponent(random.in_range(124, 130)));
    tile->rm.push_back(
        as_word(random.in_range(0, 1) == 0 ? as_float(own) : numerics::max(as_float(own), before)));
  }
  tile->compute_sums(scale);
  return tile;
}

// What happens in one cycle at element (0, 0), and which column 0 is told a maximum.
struct ArraySlot {
  PeControl control;
  std::shared_ptr<Tile> tile;
  int element = 0;  // e or f
  std::shared_ptr<Tile> rm_tile;
  int rm_context = 0;
};

// Slots of tiles in every context, mixed; a weight's seven are not broken by those of another tile.
class ArrayTraffic {
 public:
  ArrayTraffic(int side, int contexts, int group, bool wild, bool gaps, float scale,
               std::uint64_t seed)
      : side_(side),
        group_(group),
        wild_(wild),
        gaps_(gaps),
        scale_(scale),
        random_(seed),
        places_(static_cast<std::size_t>(contexts)) {}

  std::uint64_t rm_at_once = 0;  // maxima that came in the cycle before their subtraction

  ArraySlot next() {
    ArraySlot slot;
    slot.control.context = random_.in_range(0, 15);
    for (Place& place : places_) {
      if (place.phase == kNeedsRm && !slot.rm_tile && random_.in_range(0, 2) == 0) {
        slot.rm_tile = place.tile;
        slot.rm_context = static_cast<int>(&place - places_.data());
        place.phase = kRmOnItsWay;
      }
    }
    choose(slot);
    for (Place& place : places_) {
      if (place.phase == kRmOnItsWay) {
        place.phase = kSln;
        place.fresh = true;
      } else {
        place.fresh = false;
      }
    }
    return slot;
  }

 private:
  enum Phase : std::uint8_t { kEmpty, kQk, kLm, kNeedsRm, kRmOnItsWay, kSln, kSums };
  struct Place {
    Phase phase = kEmpty;
    bool fresh = false;  // its maximum came in the cycle before
    std::shared_ptr<Tile> tile;
    int done = 0;
    bool sld_done = false;
  };

  void choose(ArraySlot& slot) {
    if (gaps_ && random_.in_range(0, 3) == 0) return;
    if (current_ < 0 || random_.in_range(0, 3) == 0)
      current_ = random_.in_range(0, static_cast<int>(places_.size()) - 1);
    if (chain_ >= 0) current_ = chain_;
    Place& place = places_[static_cast<std::size_t>(current_)];
    if (place.phase == kEmpty) {
      place =
          Place{.phase = kQk,
                .tile = random_tile(random_, side_, tiles_++ % (side_ + side_ * group_ + 1) - side_,
                                    group_, wild_, scale_)};
    }
    if (place.phase == kNeedsRm || place.phase == kRmOnItsWay) {
      current_ = -1;
      return;
    }
    slot.tile = place.tile;
    slot.element = place.done;
    slot.control = {PeOp::nop, false, current_, random_.in_range(0, 1) != 0};
    switch (place.phase) {
      case kQk:
        slot.control.op = PeOp::qk;
        slot.control.first = place.done == 0;
        if (++place.done == place.tile->width_qk) place.phase = kLm;
        break;
      case kLm:
        slot.control.op = PeOp::lm;
        place.phase = kNeedsRm;
        place.done = 0;
        break;
      case kSln:
        rm_at_once += place.fresh ? 1 : 0;
        slot.control.op = kSlnSlots[place.done];
        chain_ = ++place.done == 7 ? -1 : current_;
        if (place.done == 7) {
          place.phase = kSums;
          place.done = 0;
        }
        break;
      default:
        if (!place.sld_done && (place.done == place.tile->width_v || random_.in_range(0, 1) == 0)) {
          slot.control.op = PeOp::sld;
          place.sld_done = true;
        } else {
          slot.control.op = PeOp::slnv;
          ++place.done;
        }
        if (place.sld_done && place.done == place.tile->width_v) place.phase = kEmpty;
    }
  }

  int side_, group_;
  bool wild_, gaps_;
  float scale_;
  Fp32Random random_;
  std::vector<Place> places_;
  int tiles_ = 0;  // each diagonal in turn
  int current_ = -1;
  int chain_ = -1;  // the context whose weights are under way
};

}  // namespace weft::test
