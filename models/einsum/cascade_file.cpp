#include "models/einsum/cascade_file.hpp"

#include "models/einsum/syntax.hpp"

namespace weft::einsum {

void read_custom(const config::Value& value, Word& out, config::Reader& reader) {
  if (!value.is_scalar() || value.text().empty()) {
    reader.add(value.problem(std::string("must be text, not ") +
                             (value.is_scalar() ? "empty" : value.text())));
    return;
  }
  out = {value.text(), value.where()};
}

void read_custom(const config::Value& value, Number& out, config::Reader& reader) {
  const bool plain = value.is_scalar() && !value.is_quoted();
  std::optional<double> number = plain ? config::yaml_infinity(value.text()) : std::nullopt;
  if (plain && !number) number = config::yaml_number(value.text());
  if (!number) {
    const std::string trouble =
        value.is_quoted() ? config::kQuoted : config::number_trouble(value.text());
    reader.add(
        {value.where(), value.path(), value.text(), "must be a number, inf or -inf" + trouble});
    return;
  }
  out.value = *number;
}

}  // namespace weft::einsum
