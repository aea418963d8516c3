#include "models/einsum/cascade_file.hpp"

#include "models/einsum/syntax.hpp"

namespace weft::einsum {

void read_custom(const config::Value& value, Word& out, config::Reader& reader) {
  if (!value.is_scalar() || value.text().empty()) {
    reader.add(value.problem(std::string("must be text, not ") + (value.is_scalar() ? "empty" : value.text())));
    return;
  }
  out = {value.text(), value.where()};
}

void read_custom(const config::Value& value, Number& out, config::Reader& reader) {
  const std::optional<double> number = value.is_scalar() && !value.is_quoted() ? value_of(value.text()) : std::nullopt;
  if (!number) {
    reader.add({value.where(), value.path(), value.text(), "must be a number, inf or -inf"});
    return;
  }
  out.value = *number;
}

}  // namespace weft::einsum
