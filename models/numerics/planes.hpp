// A tensor of integers in memory by planes: of each element some bits, the most significant first,
// apart from the rest, so that an engine can fetch the upper bits of a token and come back for the
// lower ones where it needs them.
//
// A plane has one row a token: its bits of the elements, packed one behind the other from the
// lowest bit of a byte on, in whole bytes, padded to the alignment. Scales of tokens and blocks are
// fp32 words behind the elements of the first plane. All rows of the first plane come first, then
// all of the second, and so on; a row's address is that of the plane plus a stride for each row
// before.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/numerics/encoded.hpp"

namespace weft::numerics {

class Planes {
 public:
  // `widths`: bits of each plane, the upper ones first; together the format's. ContractError
  // otherwise, and where the format is none of integers.
  Planes(const Format& format, const std::vector<int>& widths, std::int64_t rows,
         std::int64_t channels, std::int64_t alignment = 1);

  int count() const { return static_cast<int>(planes_.size()); }
  std::int64_t bytes() const { return bytes_; }  // of the tensor
  // Bytes of a row of a plane, with the scales behind it and the padding.
  std::int64_t row_bytes(int plane) const { return of(plane).row_bytes; }
  // From the tensor's first byte.
  std::int64_t address(int plane, std::int64_t row) const;

  // Writes all planes of a tensor of the format and shape.
  void store(const Encoded& tensor, std::span<std::uint8_t> memory) const;
  // The integer that the first `known` planes tell, the bits of the others being zero.
  std::int64_t integer(std::span<const std::uint8_t> memory, std::int64_t row, std::int64_t channel,
                       int known) const;
  // The scale that lies in memory, of a format with scales of tokens or blocks.
  float scale(std::span<const std::uint8_t> memory, std::int64_t row, std::int64_t channel) const;

 private:
  struct Plane {
    int bits = 0;
    int lowest = 0;  // bit of the element
    std::int64_t begin = 0;
    std::int64_t row_bytes = 0;
  };
  const Plane& of(int plane) const;
  std::int64_t scale_address(std::int64_t row, std::int64_t channel) const;

  Format format_;
  std::int64_t rows_;
  std::int64_t channels_;
  std::vector<Plane> planes_;
  std::int64_t bytes_ = 0;
};

}  // namespace weft::numerics
