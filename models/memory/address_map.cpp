#include "models/memory/address_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "models/common/error.hpp"

namespace weft::memory {
namespace {

int log2_of(std::int64_t power) { return std::countr_zero(static_cast<std::uint64_t>(power)); }

std::uint64_t ones(std::int32_t bits) { return (std::uint64_t{1} << bits) - 1; }

std::array<std::int32_t, kPlaceFields> bits_of(const Organisation& o) {
  return {log2_of(o.columns()),   log2_of(o.pseudochannels), log2_of(o.stack_ids),
          log2_of(o.bank_groups), log2_of(o.banks),          log2_of(o.rows)};
}

// "column:2" is the field and 2; "column" is the field and nothing. Absent where it is neither.
struct Part {
  PlaceField field;
  std::optional<std::int32_t> bits;
};
std::optional<Part> part_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  for (const auto& [name, field] : names(config::Tag<PlaceField>{})) {
    if (name != text.substr(0, colon)) continue;
    if (colon == std::string::npos) return Part{field, std::nullopt};
    const std::optional<double> number = config::number_of(text.substr(colon + 1));
    if (!number || *number < 1 || *number > 40 || *number != static_cast<int>(*number))
      return std::nullopt;
    return Part{field, static_cast<int>(*number)};
  }
  return std::nullopt;
}

}  // namespace

AddressMap::AddressMap(const MappingFile& mapping, const Organisation& organisation,
                       const config::Origins& origins)
    : offset_bits_(log2_of(organisation.access_bytes)), bits_(bits_of(organisation)) {
  Problems problems;
  const auto add = [&](const std::string& path, const std::string& value, std::string message) {
    problems.add({config::origin_of(origins, path), path, value, std::move(message)});
  };
  const auto name = [](std::size_t f) {
    return std::string(config::name_of(static_cast<PlaceField>(f)));
  };
  std::array<std::int32_t, kPlaceFields> taken{};
  for (std::size_t i = 0; i < mapping.low_to_high.size(); ++i) {
    const std::string path = fmt::format("low_to_high[{}]", i);
    const std::optional<Part> part = part_of(mapping.low_to_high[i]);
    if (!part) {
      add(path, mapping.low_to_high[i],
          "must be column, pseudochannel, stack_id, bank_group, bank or row, or one of them and "
          "how "
          "many of its bits, such as column:2");
      continue;
    }
    const auto f = static_cast<std::size_t>(part->field);
    const std::int32_t left = bits_[f] - taken[f];
    const std::int32_t bits = part->bits.value_or(left);
    if (bits > left) {
      add(path, mapping.low_to_high[i],
          fmt::format("{} bits of it are left, of {}", left, bits_[f]));
      continue;
    }
    if (bits > 0)
      slices_.push_back({static_cast<std::uint8_t>(f), spot_of(f, taken[f]), ones(bits),
                         static_cast<std::uint8_t>(bits)});
    taken[f] += bits;
  }
  for (std::size_t f = 0; f < kPlaceFields && problems.empty(); ++f) {
    if (taken[f] < bits_[f])
      add("low_to_high", "",
          fmt::format("{} of the {} bits of {} are not in the list", bits_[f] - taken[f], bits_[f],
                      name(f)));
  }
  for (std::size_t i = 0; i < mapping.xor_.size(); ++i) {
    const Xor& one = mapping.xor_[i];
    const auto with = static_cast<std::size_t>(one.with);
    for (const Xor& other : mapping.xor_) {
      if (std::find(other.fields.begin(), other.fields.end(), one.with) != other.fields.end())
        add(fmt::format("xor[{}].with", i), name(with),
            "an XOR changes it: two places would have one address");
    }
    auto shift = static_cast<std::int32_t>(one.from);
    for (const PlaceField field : one.fields) {
      const auto f = static_cast<std::size_t>(field);
      if (bits_[f] == 0 || shift >= bits_[with]) continue;
      folds_.push_back({static_cast<std::uint8_t>(f), static_cast<std::uint8_t>(with),
                        spot_of(with, shift), spot_of(f, 0),
                        ones(std::min(bits_[f], bits_[with] - shift))});
      shift += bits_[f];
    }
  }
  problems.finish();
  // What lies above the list is row where row stands last.
  if (!slices_.empty() && slices_.back().field == static_cast<std::uint8_t>(PlaceField::row))
    slices_.back().mask = ~std::uint64_t{0} >> 1;
}

AddressMap::Spot AddressMap::spot_of(std::size_t field, std::int32_t bit) const {
  const auto kind = static_cast<PlaceField>(field);
  if (kind == PlaceField::column) return {2, static_cast<std::uint8_t>(bit)};
  if (kind == PlaceField::row) return {1, static_cast<std::uint8_t>(bit)};
  // Pseudo-channel, stack identifier, bank group, bank, the highest first.
  for (std::size_t f = field + 1; f <= static_cast<std::size_t>(PlaceField::bank); ++f)
    bit += bits_[f];
  return {0, static_cast<std::uint8_t>(bit)};
}

Place AddressMap::place(std::uint64_t address) const {
  std::uint64_t rest = address >> offset_bits_;
  std::array<std::uint64_t, kParts> value{};
  for (const Slice& slice : slices_) {
    value[slice.to.part] |= (rest & slice.mask) << slice.to.bit;
    rest >>= slice.bits;
  }
  for (const Fold& fold : folds_)
    value[fold.to.part] ^= (value[fold.from.part] >> fold.from.bit & fold.mask) << fold.to.bit;
  return {static_cast<std::int32_t>(value[0]), static_cast<std::int64_t>(value[1]),
          static_cast<std::int32_t>(value[2])};
}

std::optional<std::uint64_t> AddressMap::row_span() const {
  constexpr auto kRow = static_cast<std::uint8_t>(PlaceField::row);
  int below = offset_bits_;
  for (std::size_t i = 0; i + 1 < slices_.size(); ++i) {
    if (slices_[i].field == kRow) return std::nullopt;
    below += slices_[i].bits;
  }
  const bool folded = std::any_of(folds_.begin(), folds_.end(), [](const Fold& fold) {
    return fold.with == kRow || fold.field == kRow;
  });
  if (slices_.empty() || slices_.back().field != kRow || folded) return std::nullopt;
  return std::uint64_t{1} << below;
}

MappingFile load_mapping_file(const std::filesystem::path& file, const Organisation& organisation) {
  config::Origins origins;
  config::Reader reader(&origins);
  MappingFile mapping;
  config::read(config::load_file(file), mapping, reader);
  reader.finish();
  static_cast<void>(AddressMap(mapping, organisation, origins));
  return mapping;
}

AddressMap load_mapping(const std::filesystem::path& file, const Organisation& organisation) {
  return AddressMap(load_mapping_file(file, organisation), organisation);
}

ChannelMap::ChannelMap(std::int64_t channels, std::int64_t interleave_bytes)
    : low_bits_(log2_of(interleave_bytes)),
      channel_bits_(log2_of(channels)),
      channel_mask_(static_cast<std::uint64_t>(channels) - 1) {
  check(std::has_single_bit(static_cast<std::uint64_t>(channels)) &&
            std::has_single_bit(static_cast<std::uint64_t>(interleave_bytes)),
        "channels and interleave are powers of two");
}

}  // namespace weft::memory
