// What one lane is sent and what it should make of it: the arithmetic of
// models/softmax/fusemax_bits.cpp, tile by tile.
#pragma once

#include <cstdint>
#include <vector>

#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_fp32.hpp"
#include "tests/matmul/vector_lane/lane_traffic.hpp"

namespace weft::test {

class LaneValues {
 public:
  LaneValues(const LaneTraffic& traffic, float scale, bool wild, std::uint64_t seed)
      : width_(traffic.width()), tiles_(traffic.tiles().size()) {
    Fp32Random random(seed);
    struct Query {
      float maximum = -std::numeric_limits<float>::infinity();
      float denominator = 0;
      std::vector<float> numerator;
    };
    std::vector<Query> queries(static_cast<std::size_t>(traffic.queries()));
    out_.resize(queries.size());
    const auto number = [&](int low, int high) {
      return as_float(wild && random.in_range(0, 40) == 0
                          ? random.word()
                          : random.with_exponent(random.in_range(low, high)));
    };
    for (std::size_t k = 0; k < tiles_.size(); ++k) {
      Sent& sent = tiles_[k];
      Query& query = queries[static_cast<std::size_t>(traffic.tiles()[k].query)];
      query.numerator.resize(static_cast<std::size_t>(width_), 0.0f);
      sent.lm = number(120, 129);
      sent.sld = wild ? number(120, 130) : std::fabs(number(120, 130));
      for (int f = 0; f < width_; ++f)
        sent.slnv.push_back(random.in_range(0, 20) == 0 ? -0.0f : number(110, 130));
      const float maximum = numerics::max(query.maximum, sent.lm);
      const float correction =
          numerics::exp_maccs(numerics::subtract(query.maximum, maximum), scale);
      query.maximum = sent.rm = maximum;
      query.denominator =
          numerics::add(sent.sld, numerics::multiply(query.denominator, correction));
      for (std::size_t f = 0; f < query.numerator.size(); ++f) {
        query.numerator[f] =
            numerics::add(sent.slnv[f], numerics::multiply(query.numerator[f], correction));
      }
      if (!traffic.tiles()[k].last) continue;
      for (const float numerator : query.numerator) {
        out_[static_cast<std::size_t>(traffic.tiles()[k].query)].push_back(
            numerics::bf16_bits(numerics::divide(numerator, query.denominator)));
      }
    }
  }

  // What arrives at the column's foot.
  std::uint32_t foot(const Foot& foot) const {
    const Sent& sent = tiles_[static_cast<std::size_t>(foot.tile)];
    if (foot.op == PeOp::lm) return as_word(sent.lm);
    if (foot.op == PeOp::sld) return as_word(sent.sld);
    return foot.op == PeOp::slnv ? as_word(sent.slnv[static_cast<std::size_t>(foot.element)])
                                 : 0xDEADBEEFu;
  }
  // The running maximum after a tile.
  std::uint32_t maximum(int tile) const {
    return as_word(tiles_[static_cast<std::size_t>(tile)].rm);
  }
  const std::vector<std::uint16_t>& out(int query) const {
    return out_[static_cast<std::size_t>(query)];
  }

 private:
  struct Sent {
    float lm = 0, sld = 0, rm = 0;
    std::vector<float> slnv;
  };
  int width_;
  std::vector<Sent> tiles_;
  std::vector<std::vector<std::uint16_t>> out_;
};

}  // namespace weft::test
