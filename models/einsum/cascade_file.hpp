// A cascade's YAML as written, each name and value with its place; nothing is resolved yet.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/common/fields.hpp"

namespace weft::einsum {

// Text of a scalar, and where it stands.
struct Word {
  std::string text;
  Location where;
};

// A number that may be infinite, written -inf or -.inf.
struct Number {
  double value = 0;
};

// A YAML map in file order, with the places of its keys.
template <class T>
struct Entries {
  std::vector<std::pair<Word, T>> items;
};

struct CascadeFile {
  std::string description;
  std::string source;
  Entries<Word> ranks;
  Entries<std::vector<Word>> tensors;
  std::vector<Word> outputs;
  Entries<std::vector<Word>> partitions;
  Entries<Word> dynamic;
  Entries<Number> scalars;
  Entries<Number> initial;
  std::vector<Word> einsums;
};

void read_custom(const config::Value& value, Word& out, config::Reader& reader);
void read_custom(const config::Value& value, Number& out, config::Reader& reader);

template <class T>
void read_custom(const config::Value& value, Entries<T>& out, config::Reader& reader) {
  if (!value.is_map() || value.size() == 0) {
    reader.add(value.problem("must be a map from name to value, with one or more"));
    return;
  }
  out.items.clear();
  for (const auto& [key, member] : value.members()) {
    out.items.emplace_back(Word{key.text(), key.where()}, T{});
    config::read(member, out.items.back().second, reader);
  }
}

inline auto fields(config::Tag<CascadeFile>) {
  using config::optional;
  using config::required;
  return config::field_table(
      required("description", &CascadeFile::description, "what the cascade computes"),
      required("source", &CascadeFile::source, "where it comes from: paper and section"),
      required("ranks", &CascadeFile::ranks, "map from rank name to what it is, such as 'M: keys'"),
      required("tensors", &CascadeFile::tensors, "inputs and their ranks, such as 'Q: [E, P]'"),
      required("outputs", &CascadeFile::outputs, "list of the tensors to keep"),
      optional("partitions", &CascadeFile::partitions,
               "how ranks split, outermost first, such as 'M: [M1, M0]'"),
      optional("dynamic", &CascadeFile::dynamic,
               "ranks that list selected coordinates, and of which rank, such as 'S: M'"),
      optional("scalars", &CascadeFile::scalars, "scalars and their defaults, such as 'scale: 1'"),
      optional("initial", &CascadeFile::initial,
               "values of generational tensors at generation 0, such as 'RM: -inf'"),
      required("einsums", &CascadeFile::einsums, "list of Einsums, in program order"));
}

}  // namespace weft::einsum
