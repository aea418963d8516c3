#include "models/sweep/row.hpp"

#include <zlib.h>

#include <algorithm>
#include <type_traits>

#include "models/engine/result/energy.hpp"
#include "models/engine/run/result_figures.hpp"
#include "models/sweep/words.hpp"

namespace weft::sweep {
namespace {

constexpr std::size_t kLengthBytes = 4;  // of the text, before what zlib made of it

std::uint8_t digit(char c) {
  return static_cast<std::uint8_t>(c >= '0' && c <= '9' ? c - '0' : c - 'a' + 10);
}

}  // namespace

Key key_of(std::string_view sha256_hex) {
  check(sha256_hex.size() == 64, "a hash of 64 digits");
  Key key{};
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] =
        static_cast<std::uint8_t>(digit(sha256_hex[2 * i]) << 4 | digit(sha256_hex[2 * i + 1]));
  return key;
}

std::string settings_text(const std::vector<engine::Setting>& settings) {
  std::string text;
  for (const auto& [path, value] : settings) text += (text.empty() ? "" : " ") + path + "=" + value;
  return text;
}

Row row_of(const engine::Design& design, const engine::Result& result, const cost::Table* cost) {
  Row row;
  row.settings = settings_text(design.settings());
  row.fidelity = result.fidelity;
  row.status = result.status;
  row.reason = result.reason;
  row.shape = result.shape;
  if (!result.ran()) return row;
  const engine::Lowering& lowering = engine::lowering_of(design, result);
  row.cycles = result.cycles;
  row.seconds = result.seconds();
  row.dram_bytes = engine::dram_bytes(result);
  row.peak_bytes_per_s = result.peak_bytes_per_s;
  if (const double slots = engine::mac_slots(lowering); slots > 0)
    row.peak_macs_per_s = slots * result.clock_hz;
  const auto use = [&](engine::ArrayKind kind) -> std::optional<double> {
    if (!engine::has_kind(lowering, kind)) return std::nullopt;
    return engine::utilisation(result, lowering, kind);
  };
  row.utilisation_2d = use(engine::ArrayKind::spatial);
  row.utilisation_1d = use(engine::ArrayKind::vector);
  row.useful_macs = result.useful_macs;
  if (cost != nullptr) row.energy_pj = engine::total_pj(engine::energy_of(result, lowering, *cost));
  if (result.bound_by != engine::kNone)
    row.bound_by =
        engine::unit_name(lowering, result.units[static_cast<std::size_t>(result.bound_by)]);
  return row;
}

namespace {

void put(std::string& out, std::string_view text) {
  const std::uint64_t size = text.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += text;
}
template <class T>
void put_plain(std::string& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  put(out, {reinterpret_cast<const char*>(&value), sizeof value});
}
std::string_view take(std::string_view& bytes) {
  std::uint64_t size = 0;
  check(bytes.size() >= sizeof size, "a row in bytes is cut");
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  check(bytes.size() >= size, "a row in bytes is cut");
  const std::string_view text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return text;
}
template <class T>
void take_plain(std::string_view& bytes, T& value) {
  const std::string_view held = take(bytes);
  check(held.size() == sizeof value, "a row in bytes of another form");
  std::memcpy(&value, held.data(), sizeof value);
}

// Both ways over the same fields.
template <class Row, class Plain, class Text>
void each_field(Row& row, const Plain& plain, const Text& text) {
  plain(row.key);
  text(row.settings);
  plain(row.fidelity);
  plain(row.status);
  text(row.reason);
  plain(row.shape);
  plain(row.cycles);
  plain(row.seconds);
  plain(row.dram_bytes);
  plain(row.peak_bytes_per_s);
  plain(row.peak_macs_per_s);
  plain(row.utilisation_2d);
  plain(row.utilisation_1d);
  plain(row.useful_macs);
  plain(row.energy_pj);
  text(row.bound_by);
  text(row.json);
}

}  // namespace

std::string packed(const Row& row) {
  std::string out;
  each_field(
      row, [&](const auto& value) { put_plain(out, value); },
      [&](const std::string& value) { put(out, value); });
  return out;
}

Row unpacked(std::string_view bytes) {
  Row row;
  each_field(
      row, [&](auto& value) { take_plain(bytes, value); },
      [&](std::string& value) { value = take(bytes); });
  return row;
}

namespace {

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

ConfigError damaged() {
  return ConfigError(Problem{{}, "store", "", "a stored result is damaged"});
}

}  // namespace

std::string compressed(std::string_view text) {
  constexpr int kBest = 9;
  z_stream stream{};
  check(::deflateInit(&stream, kBest) == Z_OK &&
            ::deflateSetDictionary(&stream, bytes_of(kWords), kWords.size()) == Z_OK,
        "zlib begins");
  std::string out(kLengthBytes + ::deflateBound(&stream, text.size()), '\0');
  const auto length = static_cast<std::uint32_t>(text.size());
  for (std::size_t i = 0; i < kLengthBytes; ++i) out[i] = static_cast<char>(length >> (8 * i));
  stream.next_in = const_cast<Bytef*>(bytes_of(text));  // which it does not write to
  stream.avail_in = length;
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + kLengthBytes);
  stream.avail_out = static_cast<uInt>(out.size() - kLengthBytes);
  const int made = ::deflate(&stream, Z_FINISH);
  out.resize(kLengthBytes + stream.total_out);
  ::deflateEnd(&stream);
  check(made == Z_STREAM_END, "a text that cannot be compressed");
  return out;
}

std::string uncompressed(std::string_view bytes) {
  constexpr std::uint32_t kMost = 1u << 30;
  if (bytes.size() < kLengthBytes) throw damaged();
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    length |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
  if (length > kMost) throw damaged();
  std::string out(length, '\0');
  z_stream stream{};
  check(::inflateInit(&stream) == Z_OK, "zlib begins");
  stream.next_in = const_cast<Bytef*>(bytes_of(bytes.substr(kLengthBytes)));
  stream.avail_in = static_cast<uInt>(bytes.size() - kLengthBytes);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = length;
  int got = ::inflate(&stream, Z_FINISH);
  if (got == Z_NEED_DICT &&
      ::inflateSetDictionary(&stream, bytes_of(kWords), kWords.size()) == Z_OK)
    got = ::inflate(&stream, Z_FINISH);
  const bool whole = got == Z_STREAM_END && stream.total_out == length;
  ::inflateEnd(&stream);
  if (!whole) throw damaged();
  return out;
}

}  // namespace weft::sweep
