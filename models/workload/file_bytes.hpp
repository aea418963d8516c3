// What the readers of binary files share: checked products, little-endian numbers, printable text.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weft::workload {

static_assert(std::endian::native == std::endian::little,
              "the files are little-endian, and are copied as they are");

// The product of extents, or nothing when one is negative or the product leaves 63 bits.
std::optional<std::int64_t> checked_product(std::span<const std::int64_t> extents);

// The first bytes of `bytes` as a number; the caller has checked that they are there.
template <class T>
T load_number(std::string_view bytes) {
  T number{};
  std::memcpy(&number, bytes.data(), sizeof(T));
  return number;
}

// Throws ConfigError; field and value are made printable.
[[noreturn]] void refuse(const std::string& file, std::string_view field, std::string_view value,
                         const std::string& why);

// For messages: at most 80 characters, control and non-ASCII ones as '?'.
std::string printable(std::string_view text);

std::string shape_text(std::span<const std::int64_t> shape);  // "[2, 8, 32]"

}  // namespace weft::workload
