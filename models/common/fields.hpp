// One field table a struct: it drives parsing, messages, `--set`, the canonical form behind the
// hash, and help.
//
//   struct Dram { double bandwidth_bytes_per_s = 0; std::uint64_t latency_cycles = 100; };
//   inline auto fields(Tag<Dram>) {
//     return field_table(required("bandwidth_bytes_per_s", &Dram::bandwidth_bytes_per_s, {1e3,
//     1e18}, "peak bandwidth"),
//                        optional("latency_cycles", &Dram::latency_cycles, {0, 1e6}, "request to
//                        first data"));
//   }
//
// Types: integers, double, bool, std::string, enums with `names(Tag<E>)`, std::vector, std::map by
// name, std::optional, structs with `fields`, and types with `read_custom(Value, T&, Reader&)` and
// `canonical_text(T)`. Defaults live in the struct alone.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "models/common/yaml.hpp"
#include "models/common/yaml_scalar.hpp"

namespace weft::config {

template <class T>
struct Tag {};

struct Range {
  double least = 0;
  double most = 9e15;
};

template <class S, class M>
struct Field {
  std::string_view name;
  M S::*member;
  Range range;
  std::string_view help;
  bool is_required;
};

template <class S, class M>
Field<S, M> required(std::string_view name, M S::*member, std::string_view help) {
  return {name, member, {}, help, true};
}
template <class S, class M>
Field<S, M> required(std::string_view name, M S::*member, Range range, std::string_view help) {
  return {name, member, range, help, true};
}
template <class S, class M>
Field<S, M> optional(std::string_view name, M S::*member, std::string_view help) {
  return {name, member, {}, help, false};
}
template <class S, class M>
Field<S, M> optional(std::string_view name, M S::*member, Range range, std::string_view help) {
  return {name, member, range, help, false};
}

// The fields of a struct: called with a visitor, it calls that with each field in turn. Not a
// std::tuple, whose constructors would take a tenth of a second to compile in every file that sees
// a long one.
template <class... F>
constexpr auto field_table(F... field) {
  return [field...](auto&& visit) { (visit(field), ...); };
}

// The fields of several tables, one table after another.
template <class... T>
constexpr auto joined(T... tables) {
  return [tables...](auto&& visit) { (tables(visit), ...); };
}

// Where each leaf was written, by dotted path: for messages of later checks.
using Origins = std::map<std::string, Location, std::less<>>;

// The place of `path`, or of its nearest ancestor that was written.
Location origin_of(const Origins& origins, std::string_view path);

// Collects problems while reading; `finish()` throws them all at once.
class Reader {
 public:
  explicit Reader(Origins* origins = nullptr) : origins_(origins) {}
  void note(const Value& value) {
    if (origins_ != nullptr) (*origins_)[value.path()] = value.where();
  }
  void add(Problem problem) { problems_.add(std::move(problem)); }
  // See Problems: `make` is called only where its problem will be listed.
  template <std::invocable Make>
  void add(Make&& make) {
    problems_.add(std::forward<Make>(make));
  }
  std::size_t count() const { return problems_.size(); }
  // As JSON of ours has it: null for an optional value that is not there, an empty list for one
  // that may be.
  void take_nothing_as_absent() { nothing_is_absent_ = true; }
  bool nothing_is_absent() const { return nothing_is_absent_; }
  void finish() const { problems_.finish(); }

 private:
  Origins* origins_;
  bool nothing_is_absent_ = false;
  Problems problems_;
};

// Numbers as people write them: 1024, 4K, 16MiB (binary), 940e6, 0.5. Nothing for anything else.
std::optional<double> number_of(std::string_view text);
std::string number_text(double value);
std::string allowed_text(Range range, bool whole);

template <class T>
concept HasFields = requires {
  fields(Tag<T>{});
};
template <class T>
concept HasNames = requires {
  names(Tag<T>{});
};
template <class T>
concept HasCustom = requires(const Value& v, T& t, Reader& r) {
  read_custom(v, t, r);
};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class E>
std::vector<std::string> names_of() {
  std::vector<std::string> all;
  for (const auto& [name, value] : names(Tag<E>{})) all.emplace_back(name);
  return all;
}

template <class E>
std::string_view name_of(E value) {
  for (const auto& [name, known] : names(Tag<E>{})) {
    if (known == value) return name;
  }
  return "?";
}

std::string unknown_name(std::string_view name, const std::vector<std::string>& known);

inline constexpr const char* kQuoted = "; in quotes it is text: leave them out";

template <class T>
void read(const Value& value, T& out, Reader& reader, Range range = {});

template <class T>
void read_number(const Value& value, T& out, Reader& reader, Range range) {
  constexpr bool kWhole = std::is_integral_v<T>;
  const std::optional<double> number =
      value.is_scalar() && !value.is_quoted() ? yaml_number(value.text()) : std::nullopt;
  if (!number || *number < range.least || *number > range.most ||
      (kWhole && *number != static_cast<double>(static_cast<std::int64_t>(*number)))) {
    reader.add([&] {
      const std::string trouble = value.is_quoted() ? kQuoted
                                  : number          ? ""
                                                    : number_trouble(value.text());
      return Problem{value.where(), value.path(), value.text(),
                     "must be " + allowed_text(range, kWhole) + trouble};
    });
    return;
  }
  out = static_cast<T>(*number);
}

template <class S>
void read_struct(const Value& value, S& out, Reader& reader) {
  if (!value.is_map()) {
    reader.add({value.where(), value.path(), value.text(), "must be a map of named fields"});
    return;
  }
  const auto table = fields(Tag<S>{});
  std::vector<std::string> known;
  table([&](const auto& field) { known.emplace_back(field.name); });
  std::vector<std::string> seen;
  for (const auto& [key, member] : value.members()) {
    if (std::find(known.begin(), known.end(), key.text()) == known.end()) {
      reader.add([&, &where = key] {
        return Problem{where.where(), where.path(), "",
                       "unknown key; " + unknown_name(where.text(), known)};
      });
      continue;
    }
    seen.push_back(key.text());
    const auto read_one = [&](const auto& field) {
      if (field.name == key.text()) read(member, out.*field.member, reader, field.range);
    };
    table(read_one);
  }
  const auto miss_one = [&](const auto& field) {
    if (field.is_required && std::find(seen.begin(), seen.end(), field.name) == seen.end()) {
      const std::string path = value.path().empty() ? std::string(field.name)
                                                    : value.path() + "." + std::string(field.name);
      reader.add({value.where(), path, "", "missing key: " + std::string(field.help)});
    }
  };
  table(miss_one);
}

template <class T>
void read(const Value& value, T& out, Reader& reader, Range range) {
  reader.note(value);
  if constexpr (HasCustom<T>) {
    read_custom(value, out, reader);
  } else if constexpr (HasNames<T>) {
    for (const auto& [name, known] : names(Tag<T>{})) {
      if (value.is_scalar() && value.text() == name) {
        out = known;
        return;
      }
    }
    reader.add(
        {value.where(), value.path(), value.text(), unknown_name(value.text(), names_of<T>())});
  } else if constexpr (std::is_same_v<T, bool>) {
    const std::optional<bool> truth =
        value.is_scalar() && !value.is_quoted() ? yaml_bool(value.text()) : std::nullopt;
    if (truth) {
      out = *truth;
    } else {
      reader.add({value.where(), value.path(), value.text(),
                  std::string("must be true or false") + (value.is_quoted() ? kQuoted : "")});
    }
  } else if constexpr (std::is_arithmetic_v<T>) {
    read_number(value, out, reader, range);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (value.is_scalar() && !value.text().empty()) {
      out = value.text();
    } else {
      reader.add({value.where(), value.path(), value.text(), "must be text"});
    }
  } else if constexpr (IsOptional<T>::value) {
    if (value.is_null() && reader.nothing_is_absent()) {
      out.reset();
      return;
    }
    read(value, out.emplace(), reader, range);
  } else if constexpr (IsVector<T>::value) {
    if (value.is_list() && value.size() == 0 && reader.nothing_is_absent()) {
      out.clear();
      return;
    }
    if (!value.is_list() || value.size() == 0) {
      reader.add({value.where(), value.path(), value.text(), "must be a list of one or more"});
      return;
    }
    out.clear();
    for (const Value& item : value.items()) read(item, out.emplace_back(), reader, range);
  } else if constexpr (IsMap<T>::value) {
    if (!value.is_map()) {
      reader.add({value.where(), value.path(), value.text(), "must be a map from name to value"});
      return;
    }
    out.clear();
    for (const auto& [key, member] : value.members()) read(member, out[key.text()], reader, range);
  } else {
    static_assert(HasFields<T>,
                  "a type that cannot be read: give it fields(), names() or read_custom()");
    read_struct(value, out, reader);
  }
}

// "links[0].hops" as "links.0.hops", in which form paths are taken apart.
std::string dotted(std::string_view path);

// Sets one leaf by its dotted path, as `--set` does; entries of a list by their index, from 0.
// ConfigError names the path, the value and what is allowed.
template <class T>
void set_path(T& out, std::string_view path, std::string_view rest, const std::string& text,
              Range range = {}) {
  const auto dot = rest.find('.');
  const std::string head(rest.substr(0, dot));
  const std::string_view tail =
      dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  const auto unknown = [&](const std::vector<std::string>& known) {
    throw ConfigError(Problem{
        {"--set", 0, 0}, std::string(path), text, "no such field; " + unknown_name(head, known)});
  };
  if constexpr (HasFields<T>) {
    if (!rest.empty()) {
      const auto table = fields(Tag<T>{});
      std::vector<std::string> known;
      bool found = false;
      const auto visit = [&](const auto& field) {
        known.emplace_back(field.name);
        if (field.name != head) return;
        found = true;
        set_path(out.*field.member, path, tail, text, field.range);
      };
      table(visit);
      if (!found) unknown(known);
      return;
    }
  } else if constexpr (IsMap<T>::value) {
    if (!rest.empty()) {
      if (!out.contains(head)) {
        std::vector<std::string> known;
        for (const auto& [name, member] : out) known.push_back(name);
        unknown(known);
      }
      set_path(out.at(head), path, tail, text, range);
      return;
    }
  } else if constexpr (IsVector<T>::value) {
    if (!rest.empty()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(head.data(), head.data() + head.size(), index);
      if (error != std::errc{} || end != head.data() + head.size() || index >= out.size()) {
        const std::string allowed =
            out.empty() ? "the list is empty" : "allowed: 0 to " + std::to_string(out.size() - 1);
        throw ConfigError(Problem{{"--set", 0, 0},
                                  std::string(path),
                                  text,
                                  "no entry '" + head + "' of the list; " + allowed});
      }
      set_path(out[index], path, tail, text, range);
      return;
    }
  } else if constexpr (IsOptional<T>::value) {
    if (!out) out.emplace();
    set_path(*out, path, rest, text, range);
    return;
  }
  if (!rest.empty())
    throw ConfigError(Problem{{"--set", 0, 0},
                              std::string(path),
                              text,
                              "a single value, it has no field '" + head + "'"});
  Reader reader;
  read(load_text(text, "--set", std::string(path)), out, reader, range);
  reader.finish();
}

// "path = value" a line, defaults included, in field order: what the hash covers.
template <class T>
void canonical(const T& value, const std::string& path, std::string& out) {
  if constexpr (HasCustom<T>) {
    out += path + " = " + canonical_text(value) + "\n";
  } else if constexpr (HasNames<T>) {
    out += path + " = " + std::string(name_of(value)) + "\n";
  } else if constexpr (std::is_same_v<T, bool>) {
    out += path + (value ? " = true\n" : " = false\n");
  } else if constexpr (std::is_arithmetic_v<T>) {
    out += path + " = " + number_text(static_cast<double>(value)) + "\n";
  } else if constexpr (std::is_same_v<T, std::string>) {
    out += path + " = " + value + "\n";
  } else if constexpr (IsOptional<T>::value) {
    if (value) canonical(*value, path, out);
  } else if constexpr (IsVector<T>::value) {
    for (std::size_t i = 0; i < value.size(); ++i)
      canonical(value[i], path + "[" + std::to_string(i) + "]", out);
  } else if constexpr (IsMap<T>::value) {
    for (const auto& [name, member] : value) canonical(member, path + "." + name, out);
  } else {
    fields(Tag<T>{})([&](const auto& field) {
      canonical(value.*field.member, path + "." + std::string(field.name), out);
    });
  }
}

}  // namespace weft::config
