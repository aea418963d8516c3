#include "models/workload/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "models/common/atomic_file.hpp"
#include "models/common/error.hpp"
#include "models/common/input_file.hpp"
#include "models/numerics/bf16.hpp"
#include "models/numerics/half.hpp"
#include "models/workload/file_bytes.hpp"
#include "models/workload/json_text.hpp"

namespace weft::workload {
namespace {

using Json = nlohmann::json;

struct DtypeEntry {
  std::string_view name;
  std::int64_t bits;
  Dtype dtype;
};

// All types of the format as of safetensors 0.8.0. Another name is a type of a later release: its
// size is not known.
constexpr std::array<DtypeEntry, 22> kDtypes{
    {{"F32", 32, Dtype::f32},          {"BF16", 16, Dtype::bf16},
     {"F16", 16, Dtype::f16},          {"F64", 64, Dtype::f64},
     {"BOOL", 8, Dtype::other},        {"U8", 8, Dtype::other},
     {"I8", 8, Dtype::other},          {"F8_E5M2", 8, Dtype::other},
     {"F8_E4M3", 8, Dtype::other},     {"F8_E8M0", 8, Dtype::other},
     {"F8_E4M3FNUZ", 8, Dtype::other}, {"F8_E5M2FNUZ", 8, Dtype::other},
     {"F4", 4, Dtype::other},          {"F6_E2M3", 6, Dtype::other},
     {"F6_E3M2", 6, Dtype::other},     {"I16", 16, Dtype::other},
     {"U16", 16, Dtype::other},        {"I32", 32, Dtype::other},
     {"U32", 32, Dtype::other},        {"I64", 64, Dtype::other},
     {"U64", 64, Dtype::other},        {"C64", 64, Dtype::other}}};

const DtypeEntry* dtype_entry(std::string_view name) {
  const auto found = std::find_if(kDtypes.begin(), kDtypes.end(),
                                  [&](const DtypeEntry& entry) { return entry.name == name; });
  return found == kDtypes.end() ? nullptr : found;
}

// Any JSON as text for a message, also where it holds bytes that are not UTF-8.
std::string shown(const Json& json) {
  return printable(json.dump(-1, ' ', true, Json::error_handler_t::replace));
}

// The checks of one file's header; every refusal is a ConfigError that names the file and the
// tensor's field.
class HeaderReader {
 public:
  HeaderReader(std::string file, std::uint64_t body_bytes)
      : file_(std::move(file)), body_bytes_(body_bytes) {}

  TensorInfo tensor(const std::string& name, const Json& entry) const {
    if (!entry.is_object())
      refuse(name, shown(entry), "must be an object with dtype, shape and data_offsets");
    TensorInfo info{.name = name, .dtype_name = "", .shape = {}};
    const Json& dtype = member(name, entry, "dtype");
    if (!dtype.is_string()) refuse(name + ".dtype", shown(dtype), "must be text, such as \"F32\"");
    info.dtype_name = dtype.get<std::string>();
    const DtypeEntry* kind = dtype_entry(info.dtype_name);
    if (kind != nullptr) info.dtype = kind->dtype;
    info.shape = numbers(name + ".shape", member(name, entry, "shape"));
    set_offsets(info, numbers(name + ".data_offsets", member(name, entry, "data_offsets")));
    set_elements(info, kind);
    return info;
  }

  std::map<std::string, std::string> metadata(const Json& entry) const {
    if (entry.is_null()) return {};
    if (!entry.is_object())
      refuse("__metadata__", shown(entry), "must be an object of texts, or null");
    std::map<std::string, std::string> all;
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) refuse("__metadata__." + key, shown(value), "must be text in quotes");
      all.emplace(key, value.get<std::string>());
    }
    return all;
  }

  // Tensors by offset must cover the body once: no overlap, hole or rest.
  void check_cover(const std::vector<TensorInfo>& tensors) const {
    std::uint64_t covered = 0;
    for (const TensorInfo& tensor : tensors) {
      if (tensor.begin != covered) {
        refuse(tensor.name + ".data_offsets", std::to_string(tensor.begin),
               std::string(tensor.begin < covered ? "overlaps the tensor before it"
                                                  : "leaves a hole before it") +
                   "; must begin at " + std::to_string(covered));
      }
      covered = tensor.end;
    }
    if (covered != body_bytes_) {
      refuse("body", std::to_string(body_bytes_) + " bytes",
             "the tensors fill " + std::to_string(covered) + " bytes; nothing may follow them");
    }
  }

  [[noreturn]] void refuse(const std::string& field, const std::string& value,
                           const std::string& why) const {
    workload::refuse(file_, field, value, why);
  }

 private:
  const Json& member(const std::string& name, const Json& entry, const char* key) const {
    const auto found = entry.find(key);
    if (found == entry.end()) refuse(name + "." + key, "", "missing key");
    return *found;
  }

  std::vector<std::int64_t> numbers(const std::string& field, const Json& list) const {
    if (!list.is_array()) refuse(field, shown(list), "must be a list of whole numbers");
    std::vector<std::int64_t> all;
    for (const Json& item : list) {
      if (!item.is_number_unsigned() || item.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
        refuse(field, shown(list), "must hold whole numbers from 0 to 2^63 - 1");
      }
      all.push_back(item.get<std::int64_t>());
    }
    return all;
  }

  void set_offsets(TensorInfo& info, const std::vector<std::int64_t>& offsets) const {
    const std::string field = info.name + ".data_offsets";
    const std::string value = shape_text(offsets);
    if (offsets.size() != 2) refuse(field, value, "must be two numbers, begin and end");
    info.begin = static_cast<std::uint64_t>(offsets[0]);
    info.end = static_cast<std::uint64_t>(offsets[1]);
    if (info.begin > info.end) refuse(field, value, "must have begin before end");
    if (info.end > body_bytes_)
      refuse(field, value,
             "must stay within the file's " + std::to_string(body_bytes_) + " bytes of tensors");
  }

  // The product of the shape, and, of a type whose size is known (`kind`), that it fills the
  // offsets.
  void set_elements(TensorInfo& info, const DtypeEntry* kind) const {
    const std::string field = info.name + ".shape";
    const std::string value = shape_text(info.shape);
    const auto elements = checked_product(info.shape);
    const auto bits = elements ? checked_product(std::array<std::int64_t, 2>{
                                     *elements, kind == nullptr ? 1 : kind->bits})
                               : std::nullopt;
    if (!bits) refuse(field, value, "must have a product below 2^63 bits");
    info.elements = *elements;
    if (kind == nullptr) return;
    if (*bits % 8 != 0)
      refuse(field, value,
             "takes " + std::to_string(*bits) + " bits in " + info.dtype_name +
                 "; must be whole bytes");
    const std::uint64_t held = info.end - info.begin;
    if (static_cast<std::uint64_t>(*bits / 8) != held) {
      refuse(field, value,
             "takes " + std::to_string(*bits / 8) + " bytes in " + info.dtype_name +
                 "; must match data_offsets [" + std::to_string(info.begin) + ", " +
                 std::to_string(info.end) + "], " + std::to_string(held) + " bytes");
    }
  }

  std::string file_;
  std::uint64_t body_bytes_;
};

constexpr std::uint64_t kLengthBytes = 8;

// What the first 8 bytes say, checked against the limit and the size of the file.
std::uint64_t header_length(std::string_view head, std::uint64_t file_bytes,
                            const std::string& file, const ReadLimits& limits) {
  if (head.size() < kLengthBytes)
    refuse(file, "", std::to_string(file_bytes) + " bytes",
           "too short for safetensors; must begin with 8 bytes of header length");
  const auto length = load_number<std::uint64_t>(head);
  const std::uint64_t most = file_bytes - kLengthBytes;
  if (length < 2 || length > most)
    refuse(file, "header length", std::to_string(length),
           "must be from 2 to " + std::to_string(most) + " in this file of " +
               std::to_string(file_bytes) + " bytes");
  limits.safetensors_header.hold(length, {file});
  return length;
}

std::string json_quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

Safetensors::Safetensors(std::string bytes, std::string file, const ReadLimits& limits)
    : bytes_(std::move(bytes)), file_(std::move(file)) {
  read_header(bytes_, bytes_.size(), limits);
}

Safetensors::Safetensors(const std::filesystem::path& path, const ReadLimits& limits)
    : file_(path.string()) {
  const InputFile file(path);
  limits.safetensors_bytes.hold(file.size(), {file_});
  std::string head = file.read(0, kLengthBytes);
  head += file.read(kLengthBytes, header_length(head, file.size(), file_, limits));
  read_header(head, file.size(), limits);
  bytes_ = file.read(0, file.size());
  if (bytes_.size() != file.size() || !bytes_.starts_with(head))
    refuse(file_, "", "", "changed while it was read");
}

void Safetensors::read_header(std::string_view head, std::uint64_t file_bytes,
                              const ReadLimits& limits) {
  limits.safetensors_bytes.hold(file_bytes, {file_});
  const std::uint64_t header_bytes = header_length(head, file_bytes, file_, limits);
  body_ = kLengthBytes + header_bytes;
  const HeaderReader reader(file_, file_bytes - body_);
  const std::string_view text = head.substr(kLengthBytes, header_bytes);
  if (const auto first = text.find_first_not_of(" \t\r\n");
      first == std::string_view::npos || text[first] != '{') {
    reader.refuse("header", std::string(text.substr(0, 1)), "must begin with '{'");
  }
  const Json header =
      parse_json(text, file_, "header",
                 {limits.safetensors_header, limits.safetensors_nodes, limits.json_depth});
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      metadata_ = reader.metadata(entry);
    } else {
      tensors_.push_back(reader.tensor(name, entry));
    }
  }
  std::stable_sort(tensors_.begin(), tensors_.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  reader.check_cover(tensors_);
  for (std::size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
}

const TensorInfo* Safetensors::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

template <class Narrow>
std::vector<float> Safetensors::convert(const TensorInfo& tensor, Narrow narrow) const {
  check(tensor.end <= bytes_.size() - body_, "the tensor is one of this file");
  // Before anything is allocated: of another type, the shape need not match the bytes.
  if (tensor.dtype == Dtype::other) {
    refuse(file_, tensor.name + ".dtype", tensor.dtype_name,
           "cannot be used here; must be F32, BF16, F16 or F64");
  }
  const auto count = static_cast<std::size_t>(tensor.elements);
  const char* from = bytes_.data() + body_ + tensor.begin;
  std::vector<float> all(count);
  const auto each = [&]<class Stored>(Stored, auto widen) {
    for (std::size_t i = 0; i < count; ++i)
      all[i] = narrow(widen(load_number<Stored>({from + sizeof(Stored) * i, sizeof(Stored)})));
  };
  switch (tensor.dtype) {
    case Dtype::f32: each(float{}, [](float value) { return value; }); break;
    case Dtype::bf16: each(std::uint16_t{}, numerics::from_bf16); break;
    case Dtype::f16: each(std::uint16_t{}, numerics::from_half); break;
    case Dtype::f64: each(double{}, [](double value) { return value; }); break;
    case Dtype::other: break;
  }
  return all;
}

std::vector<float> Safetensors::values(const TensorInfo& tensor) const {
  return convert(tensor, [](auto value) { return static_cast<float>(value); });
}

std::vector<float> Safetensors::operand_values(const TensorInfo& tensor) const {
  return convert(tensor, [](auto value) {
    if constexpr (std::is_same_v<decltype(value), double>)
      return numerics::flush(numerics::float_from_double(value));
    else
      return numerics::flush(value);
  });
}

Safetensors load_safetensors(const std::filesystem::path& path, const ReadLimits& limits) {
  return Safetensors(path, limits);
}

std::string safetensors_bytes(std::vector<TensorToWrite> tensors,
                              const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorToWrite& a, const TensorToWrite& b) {
    return std::pair(a.dtype, a.name) < std::pair(b.dtype, b.name);
  });
  std::string header = "{";
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata)
      header += fmt::format("{}{}:{}", header.back() == '{' ? "" : ",", json_quoted(key),
                            json_quoted(value));
    header += '}';
  }
  std::uint64_t offset = 0;
  std::string_view before;
  for (const TensorToWrite& tensor : tensors) {
    check(tensor.dtype == Dtype::f32 || tensor.dtype == Dtype::bf16,
          "only F32 and BF16 are written");
    check(tensor.name != "__metadata__" && (tensor.name != before || &tensor == tensors.data()),
          "tensors have names of their own");
    check(checked_product(tensor.shape) == static_cast<std::int64_t>(tensor.values.size()),
          "a tensor's values fill its shape");
    before = tensor.name;
    const bool wide = tensor.dtype == Dtype::f32;
    const std::uint64_t end = offset + tensor.values.size() * (wide ? 4 : 2);
    header += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                          header.size() == 1 ? "" : ",", json_quoted(tensor.name),
                          wide ? "F32" : "BF16", fmt::join(tensor.shape, ","), offset, end);
    offset = end;
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');

  const std::uint64_t header_bytes = header.size();
  std::string bytes;
  bytes.reserve(8 + header_bytes + offset);
  bytes.append(reinterpret_cast<const char*>(&header_bytes), 8);
  bytes += header;
  for (const TensorToWrite& tensor : tensors) {
    if (tensor.dtype == Dtype::f32) {
      bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes());
      continue;
    }
    for (const float value : tensor.values) {
      const std::uint16_t bits = numerics::bf16_bits(value);
      bytes.append(reinterpret_cast<const char*>(&bits), 2);
    }
  }
  return bytes;
}

void write_safetensors(const std::filesystem::path& path, std::vector<TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata,
                       const std::stop_token& stop) {
  write_file_atomically(path, safetensors_bytes(std::move(tensors), metadata), stop);
}

}  // namespace weft::workload
