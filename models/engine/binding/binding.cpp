#include "models/engine/binding/binding.hpp"

#include <cmath>

namespace weft::engine {

void read_custom(const config::Value& value, Size& out, config::Reader& reader) {
  const auto refuse = [&] {
    reader.add({value.where(), value.path(), value.text(),
                "must be a whole number from 1 to 1e9, 'all', 'fit', or a size of an array such as "
                "array_2d.rows"});
  };
  if (!value.is_scalar()) return refuse();
  const std::string text = value.text();
  if (const auto number = config::number_of(text)) {
    if (*number < 1 || *number > 1e9 ||
        *number != static_cast<double>(static_cast<std::int64_t>(*number)))
      return refuse();
    out = {Size::Kind::number, static_cast<std::int64_t>(*number), ""};
    return;
  }
  if (text == "all" || text == "fit") {
    out = {text == "all" ? Size::Kind::all : Size::Kind::fit, 0, ""};
    return;
  }
  const auto dot = text.find('.');
  if (dot == std::string::npos) return refuse();
  const std::string field = text.substr(dot + 1);
  if (field != "rows" && field != "columns" && field != "lanes") return refuse();
  out = {field == "rows"      ? Size::Kind::rows
         : field == "columns" ? Size::Kind::columns
                              : Size::Kind::lanes,
         0, text.substr(0, dot)};
}

std::string canonical_text(const Size& size) {
  switch (size.kind) {
    case Size::Kind::number: return std::to_string(size.number);
    case Size::Kind::rows: return size.array + ".rows";
    case Size::Kind::columns: return size.array + ".columns";
    case Size::Kind::lanes: return size.array + ".lanes";
    case Size::Kind::fit: return "fit";
    case Size::Kind::all: break;
  }
  return "all";
}

void read_custom(const config::Value& value, RankExtent& out, config::Reader& reader) {
  constexpr double kMost = 4294967296;  // as of any extent
  const std::optional<double> number =
      value.is_scalar() ? config::number_of(value.text()) : std::nullopt;
  if (!number) {
    out.number.reset();
    return config::read(value, out.quantity, reader);
  }
  if (*number < 1 || *number > kMost || *number != std::floor(*number)) {
    reader.add({value.where(), value.path(), value.text(),
                "must be a whole number from 1 to 4294967296, or what of the workload it is: " +
                    one_of(config::names_of<Quantity>())});
    return;
  }
  out.number = static_cast<std::int64_t>(*number);
}

std::string canonical_text(const RankExtent& extent) {
  return extent.number ? std::to_string(*extent.number)
                       : std::string(config::name_of(extent.quantity));
}

std::vector<Residency> TensorBinding::choices() const {
  if (first_of) return *first_of;
  return {Residency{at.value_or(""), hold, copies}};
}

}  // namespace weft::engine
