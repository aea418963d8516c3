// Whether what was lowered for one architecture or binding serves another, but for numbers that
// are taken over as they stand.
#include <algorithm>

#include "models/engine/binding/lowering.hpp"

namespace weft::engine {
namespace {

bool alike(const Operations& a, const Operations& b) {
  const auto both = [](const auto& p, const auto& q) { return p.has_value() == q.has_value(); };
  return both(a.macc, b.macc) && both(a.multiply, b.multiply) && both(a.add, b.add) &&
         both(a.max, b.max) && both(a.divide, b.divide) && both(a.exp, b.exp) &&
         (!a.exp || a.exp->absorbs_subtract == b.exp->absorbs_subtract);
}

// Of `b`, where `a` is sound: a number can stand wherever another size does. But tiles of one
// coordinate hold one generation: a rule of its own.
bool alike(const Size& a, const Size& b) {
  const auto one = [](const Size& size) {
    return size.kind == Size::Kind::number && size.number == 1;
  };
  const bool fits = b.kind == Size::Kind::number || (a.kind == b.kind && a.array == b.array);
  return fits && one(a) == one(b);
}

bool alike(const Tiling& a, const Tiling& b) {
  const auto options = [](const Tiling& tiling) { return tiling.times ? tiling.times->size() : 0; };
  return alike(a.tile, b.tile) && options(a) == options(b) &&
         a.block.has_value() == b.block.has_value() && (!a.block || alike(*a.block, *b.block));
}

bool alike(const Group& a, const Group& b) {
  return a.name == b.name && a.loops == b.loops && a.orders == b.orders && a.steps == b.steps &&
         std::equal(a.tiles.begin(), a.tiles.end(), b.tiles.begin(), b.tiles.end(),
                    [](const auto& one, const auto& other) {
                      return one.first == other.first && alike(one.second, other.second);
                    });
}

bool alike(const Residency& a, const Residency& b) { return a.at == b.at && a.hold == b.hold; }

bool alike(const numerics::Format& a, const numerics::Format& b) {
  return a == b || (!a.is_integer() && !b.is_integer());
}

bool alike(const TensorBinding& a, const TensorBinding& b) {
  const auto listed = [](const TensorBinding& tensor) {
    return tensor.first_of.value_or(std::vector<Residency>{});
  };
  const std::vector<Residency> x = listed(a);
  const std::vector<Residency> y = listed(b);
  return a.at == b.at && a.hold == b.hold && a.copies.has_value() == b.copies.has_value() &&
         a.first_of.has_value() == b.first_of.has_value() && a.along == b.along &&
         alike(a.format, b.format) &&
         std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](const Residency& p, const Residency& q) { return alike(p, q); });
}

bool alike(const RankExtent& a, const RankExtent& b) {
  return a.number.has_value() == b.number.has_value() && (a.number || a.quantity == b.quantity);
}

template <class Map>
bool all_alike(const Map& a, const Map& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && alike(x.second, y.second);
  });
}

// Of a rank that two groups cut, rules ask whether they cut it alike.
bool groups_agree_alike(const Binding& a, const Binding& b) {
  for (std::size_t g = 0; g < a.groups.size(); ++g) {
    for (const auto& [rank, own] : a.groups[g].tiles) {
      const Tiling& then = b.groups[g].tiles.at(rank);
      for (std::size_t o = 0; o < g; ++o) {
        const auto other = a.groups[o].tiles.find(rank);
        if (other == a.groups[o].tiles.end()) continue;
        const Tiling& other_then = b.groups[o].tiles.at(rank);
        if (own.times != then.times || other->second.times != other_then.times ||
            (own.tile == other->second.tile) != (then.tile == other_then.tile))
          return false;
      }
    }
  }
  return true;
}

}  // namespace

bool lowers_alike(const Architecture& a, const Architecture& b) {
  const auto same = [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.kind == other.second.kind &&
           one.second.overlaps_preload == other.second.overlaps_preload &&
           alike(one.second.operations, other.second.operations);
  };
  return a.buffer.ports == b.buffer.ports && a.buffer.read_ports == b.buffer.read_ports &&
         a.buffer.write_ports == b.buffer.write_ports &&
         std::equal(a.arrays.begin(), a.arrays.end(), b.arrays.begin(), b.arrays.end(), same);
}

bool lowers_alike(const Binding& a, const Binding& b) {
  return std::equal(a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(),
                    [](const Group& x, const Group& y) { return alike(x, y); }) &&
         all_alike(a.ranks, b.ranks) && all_alike(a.tensors, b.tensors) && groups_agree_alike(a, b);
}

}  // namespace weft::engine
