#include "models/workload/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "models/common/atomic_file.hpp"
#include "models/common/error.hpp"
#include "models/common/input_file.hpp"
#include "models/numerics/half.hpp"
#include "models/workload/file_bytes.hpp"

namespace weft::workload {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostBefore = 12;  // bytes of magic, version and length

struct NpyHeader {
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
};

// The header is the literal of a Python dictionary with three keys, and nothing more of Python is
// understood.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  NpyHeader parse() {
    NpyHeader header;
    expect('{');
    while (!take('}')) {
      entry(header);
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (!rest_.empty()) fail("nothing but blanks may follow the dictionary");
    return header;
  }

 private:
  void entry(NpyHeader& header) {
    const std::string key = text();
    expect(':');
    if (key == "descr") {
      once(header.descr.has_value(), key);
      header.descr = text();
    } else if (key == "fortran_order") {
      once(header.fortran_order.has_value(), key);
      header.fortran_order = boolean();
    } else if (key == "shape") {
      once(header.shape.has_value(), key);
      header.shape = tuple();
    } else {
      refuse(file_, "header", key, "unknown key; allowed: descr, fortran_order, shape");
    }
  }

  void once(bool seen, const std::string& key) const {
    if (seen) refuse(file_, "header", key, "the same key stands twice");
  }

  std::string text() {
    skip_blanks();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"'))
      fail("a text in quotes is expected");
    const auto end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) fail("a quote is not closed");
    std::string inside(rest_.substr(1, end - 1));
    if (inside.find('\\') != std::string::npos) fail("a backslash is not allowed");
    rest_.remove_prefix(end + 1);
    return inside;
  }

  bool boolean() {
    skip_blanks();
    for (const auto& [name, value] :
         {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
      if (rest_.starts_with(name)) {
        rest_.remove_prefix(name.size());
        return value;
      }
    }
    fail("True or False is expected");
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> extents;
    expect('(');
    while (!take(')')) {
      extents.push_back(number());
      if (take(',')) continue;
      if (extents.size() == 1) fail("a comma is expected: (n,) is a shape, (n) is not");
      expect(')');
      break;
    }
    return extents;
  }

  std::int64_t number() {
    skip_blanks();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 0) fail("a whole number from 0 to 2^63 - 1 is expected");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }
  bool take(char letter) {
    skip_blanks();
    if (!rest_.starts_with(letter)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char letter) {
    if (!take(letter)) fail(std::string("'") + letter + "' is expected");
  }
  [[noreturn]] void fail(const std::string& why) const { refuse(file_, "header", rest_, why); }

  std::string_view rest_;
  const std::string& file_;
};

// The header's text and where the elements begin, of a file of `size` bytes that `bytes` begins
// with.
std::pair<std::string_view, std::size_t> split(std::string_view bytes, std::uint64_t size,
                                               const std::string& file, const ReadLimits& limits) {
  if (!bytes.starts_with(kMagic))
    refuse(file, "magic", bytes.substr(0, 6), "must begin with \\x93NUMPY");
  if (bytes.size() < 8) refuse(file, "version", "", "the file ends before it");
  const int major = static_cast<unsigned char>(bytes[6]);
  const int minor = static_cast<unsigned char>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0)
    refuse(file, "version", std::to_string(major) + "." + std::to_string(minor),
           "must be 1.0, 2.0 or 3.0");
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t begin = 8 + length_bytes;
  if (bytes.size() < begin) refuse(file, "header length", "", "the file ends before it");
  const std::size_t length = major == 1 ? load_number<std::uint16_t>(bytes.substr(8))
                                        : load_number<std::uint32_t>(bytes.substr(8));
  const std::uint64_t most = size - begin;
  if (length > most)
    refuse(file, "header length", std::to_string(length),
           "must be at most " + std::to_string(most) + " in this file");
  limits.npy_header.hold(length, {file});
  return {bytes.substr(begin, length), begin + length};
}

float narrowed(double value, std::size_t at, const std::string& file) {
  if (std::isfinite(value) && std::abs(value) > double{std::numeric_limits<float>::max()}) {
    refuse(file, "element " + std::to_string(at), std::to_string(value),
           "must fit single precision");
  }
  return static_cast<float>(value);
}

// An element's type: its width in bytes, and whether its bytes stand in the other order.
struct Element {
  std::size_t bytes = 0;
  bool swapped = false;
};

Element element_of(const std::string& descr, const std::string& file) {
  const bool known = descr.size() == 3 && (descr[0] == '<' || descr[0] == '>') && descr[1] == 'f';
  if (!known || (descr[2] != '2' && descr[2] != '4' && descr[2] != '8')) {
    refuse(file, "header.descr", descr, "must be '<f2', '<f4' or '<f8', or the same with '>'");
  }
  return {static_cast<std::size_t>(descr[2] - '0'), descr[0] == '>'};
}

// The bytes of one element as a float.
float element(std::string_view bytes, bool swapped, std::size_t at, const std::string& file) {
  std::array<char, 8> ordered{};
  std::copy(bytes.begin(), bytes.end(), ordered.begin());
  if (swapped)
    std::reverse(ordered.begin(), ordered.begin() + static_cast<std::ptrdiff_t>(bytes.size()));
  const std::string_view text(ordered.data(), bytes.size());
  if (bytes.size() == 2) return numerics::from_half(load_number<std::uint16_t>(text));
  return bytes.size() == 4 ? load_number<float>(text)
                           : narrowed(load_number<double>(text), at, file);
}

// The values of an array whose first extent runs fastest, with the last running fastest.
std::vector<float> from_fortran_order(const std::vector<std::int64_t>& shape,
                                      const std::vector<float>& stored) {
  std::vector<float> values;
  values.reserve(stored.size());
  std::vector<std::int64_t> at(shape.size());
  while (values.size() < stored.size()) {
    std::int64_t from = 0;
    for (std::size_t d = shape.size(); d-- > 0;) from = from * shape[d] + at[d];
    values.push_back(stored[static_cast<std::size_t>(from)]);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++at[d] < shape[d]) break;
      at[d] = 0;
    }
  }
  return values;
}

// What a header says, once it has been found to fit the file.
struct Layout {
  std::vector<std::int64_t> shape;
  Element type;
  bool fortran_order = false;
  std::size_t elements = 0;
  std::uint64_t begin = 0;  // of the elements, in the file
};

Layout layout_of(std::string_view bytes, std::uint64_t size, const std::string& file,
                 const ReadLimits& limits) {
  limits.npy_bytes.hold(size, {file});
  const auto [text, begin] = split(bytes, size, file, limits);
  const NpyHeader header = HeaderParser(text, file).parse();
  if (!header.descr) refuse(file, "header.descr", "", "missing key: the element's type");
  if (!header.fortran_order) refuse(file, "header.fortran_order", "", "missing key: True or False");
  if (!header.shape) refuse(file, "header.shape", "", "missing key: the extents");
  limits.npy_dimensions.hold(header.shape->size(), {file});
  const Element type = element_of(*header.descr, file);
  const auto elements = checked_product(*header.shape);
  const auto needed = elements ? checked_product(std::array<std::int64_t, 2>{
                                     *elements, static_cast<std::int64_t>(type.bytes)})
                               : std::nullopt;
  if (!needed || static_cast<std::uint64_t>(*needed) != size - begin) {
    refuse(file, "header.shape", shape_text(*header.shape),
           "must take the " + std::to_string(size - begin) + " bytes that follow the header, of " +
               std::to_string(type.bytes) + " bytes each element");
  }
  return {*header.shape, type, *header.fortran_order, static_cast<std::size_t>(*elements), begin};
}

NpyArray decode(const Layout& layout, std::string_view body, const std::string& file) {
  NpyArray array{layout.shape, std::vector<float>(layout.elements)};
  const std::size_t width = layout.type.bytes;
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    array.values[i] = element(body.substr(width * i, width), layout.type.swapped, i, file);
  }
  if (layout.fortran_order) array.values = from_fortran_order(array.shape, array.values);
  return array;
}

}  // namespace

NpyArray parse_npy(std::string_view bytes, const std::string& file, const ReadLimits& limits) {
  const Layout layout = layout_of(bytes, bytes.size(), file, limits);
  return decode(layout, bytes.substr(layout.begin), file);
}

NpyArray load_npy(const std::filesystem::path& path, const ReadLimits& limits) {
  const InputFile file(path);
  const Layout layout = layout_of(file.read(0, kMostBefore + limits.npy_header.value), file.size(),
                                  file.name(), limits);
  const std::string body = file.read(layout.begin, file.size() - layout.begin);
  if (body.size() != file.size() - layout.begin)
    refuse(file.name(), "", "", "became shorter while it was read");
  return decode(layout, body, file.name());
}

std::string npy_bytes(std::span<const std::int64_t> shape, std::span<const float> values) {
  check(checked_product(shape) == static_cast<std::int64_t>(values.size()),
        "an array's values fill its shape");
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i)
    header += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  header += shape.size() == 1 ? ",), }" : "), }";
  constexpr std::size_t kBefore = 10;  // magic, version and length
  header.append((64 - (kBefore + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  check(header.size() <= 0xFFFF, "the header fits version 1.0");
  const auto length = static_cast<std::uint16_t>(header.size());
  std::string bytes(kMagic);
  bytes += '\x01';
  bytes += '\0';
  bytes.append(reinterpret_cast<const char*>(&length), 2);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return bytes;
}

void write_npy(const std::filesystem::path& path, std::span<const std::int64_t> shape,
               std::span<const float> values) {
  write_file_atomically(path, npy_bytes(shape, values));
}

}  // namespace weft::workload
