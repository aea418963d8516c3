// From an address to a place in a channel: a list of fields from the lowest bit upwards, some of
// them XORed with another. From configs/mapping/*.yaml.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/common/fields.hpp"
#include "models/memory/dram_part.hpp"

namespace weft::memory {

enum class PlaceField : std::uint8_t { column, pseudochannel, stack_id, bank_group, bank, row };
constexpr std::size_t kPlaceFields = 6;
constexpr auto names(config::Tag<PlaceField>) {
  return std::array<std::pair<std::string_view, PlaceField>, kPlaceFields>{
      {{"column", PlaceField::column},
       {"pseudochannel", PlaceField::pseudochannel},
       {"stack_id", PlaceField::stack_id},
       {"bank_group", PlaceField::bank_group},
       {"bank", PlaceField::bank},
       {"row", PlaceField::row}}};
}

// The bits of the `fields` together, the first field's lowest, are XORed with those of `with` from
// bit `from` up, as many as there are on both sides. `with` is a field that no XOR changes.
struct Xor {
  std::vector<PlaceField> fields;
  PlaceField with = PlaceField::column;
  std::int64_t from = 0;
};

inline auto fields(config::Tag<Xor>) {
  return config::field_table(
      config::required("fields", &Xor::fields, "fields that change, the lowest bits first"),
      config::required("with", &Xor::with, "the field they are XORed with"),
      config::optional("from", &Xor::from, {0, 40}, "its first bit"));
}

struct MappingFile {
  std::string description;
  std::vector<std::string> low_to_high;  // "column:2" two bits of it, "column" all that are left
  std::vector<Xor> xor_;
};

inline auto fields(config::Tag<MappingFile>) {
  return config::field_table(
      config::optional("description", &MappingFile::description, "what it is"),
      config::required("low_to_high", &MappingFile::low_to_high,
                       "fields from the lowest address bit above an access: column, pseudochannel, "
                       "stack_id, bank_group, bank, row; NAME:N takes N bits, NAME all that are "
                       "left"),
      config::optional("xor", &MappingFile::xor_, "fields XORed with another"));
}

// Where an access is. `bank` counts through the channel: pseudo-channel, stack identifier, bank
// group, bank.
struct Place {
  std::int32_t bank = 0;
  std::int64_t row = 0;
  std::int32_t column = 0;
};

class AddressMap {
 public:
  // Every address bit of a row, a bank and so on is in the list once; ConfigError otherwise.
  AddressMap(const MappingFile& mapping, const Organisation& organisation,
             const config::Origins& origins = {});

  // Of an address within the channel, in bytes. Bits above the last field go to the row where that
  // is the last, and are dropped otherwise.
  Place place(std::uint64_t address) const;

  // Bytes of a channel from a place to the same place in the next row of every bank: addresses
  // moved by that differ in the row alone, by one. Absent where the row is not the last of the
  // list, or is taken apart or XORed with.
  std::optional<std::uint64_t> row_span() const;

 private:
  // A place is put together from parts: bank, row and column. The fields of a bank lie one above
  // the other in it.
  static constexpr std::size_t kParts = 3;
  struct Spot {
    std::uint8_t part = 0;
    std::uint8_t bit = 0;  // its first in the part
  };
  struct Slice {
    std::uint8_t field = 0;
    Spot to;
    std::uint64_t mask = 0;
    std::uint8_t bits = 0;
  };
  struct Fold {
    std::uint8_t field = 0;
    std::uint8_t with = 0;
    Spot from, to;
    std::uint64_t mask = 0;
  };
  // Of a field's bit.
  Spot spot_of(std::size_t field, std::int32_t bit) const;

  int offset_bits_ = 0;
  std::array<std::int32_t, kPlaceFields> bits_{};
  std::vector<Slice> slices_;
  std::vector<Fold> folds_;
};

// ConfigError lists every fault with file and line, those against the part's shape too.
MappingFile load_mapping_file(const std::filesystem::path& file, const Organisation& organisation);
AddressMap load_mapping(const std::filesystem::path& file, const Organisation& organisation);

// Which channel an address belongs to, and where it is in that: `interleave_bytes` to each channel
// in turn. Both are powers of two.
class ChannelMap {
 public:
  ChannelMap(std::int64_t channels, std::int64_t interleave_bytes);

  std::size_t channel(std::uint64_t address) const {
    return static_cast<std::size_t>((address >> low_bits_) & channel_mask_);
  }
  // The bits that choose the channel are cut out, and the rest closes up.
  std::uint64_t within(std::uint64_t address) const {
    const std::uint64_t low = address & ((std::uint64_t{1} << low_bits_) - 1);
    return (address >> (low_bits_ + channel_bits_) << low_bits_) | low;
  }

 private:
  int low_bits_;
  int channel_bits_;
  std::uint64_t channel_mask_;
};

}  // namespace weft::memory
