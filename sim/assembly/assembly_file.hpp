// Reads an assembly from YAML: an instance tree of units by class, count, clock and attributes, and
// links between their ports. docs/units/assembly.md has the format.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "models/common/fields.hpp"
#include "sim/assembly/assembly.hpp"

namespace weft::sim {

// What stands under a unit's `attributes`, and where the unit stands.
struct Attributes {
  std::optional<config::Value> value;
  Location unit;
  std::string path;  // of the attributes in the file
};

// Makes a unit of a class; adds what is wrong with its attributes to the reader's problems, and
// then makes none.
using UnitFactory =
    std::function<std::unique_ptr<Unit>(const Attributes& attributes, config::Reader& reader)>;
using UnitFactories = std::map<std::string, UnitFactory>;  // by name of the class

// Of a class of units with a Config that has fields().
template <class U>
UnitFactory factory_of() {
  return [](const Attributes& attributes, config::Reader& reader) -> std::unique_ptr<Unit> {
    typename U::Config made;
    const std::size_t before = reader.count();
    if (attributes.value) {
      config::read(*attributes.value, made, reader);
    } else {
      const auto miss = [&](const auto& field) {
        if (!field.is_required) return;
        reader.add({attributes.unit, attributes.path + "." + std::string(field.name), "",
                    "missing key: " + std::string(field.help)});
      };
      fields(config::Tag<typename U::Config>{})(miss);
    }
    if (reader.count() > before) return nullptr;
    return std::make_unique<U>(made);
  };
}

// ConfigError lists everything wrong with the file: keys, classes, clocks and ports that there are
// not, with their nearest names; ports that are joined twice, the wrong way round or not at all;
// messages that differ.
Assembly read_assembly(const std::filesystem::path& file, const UnitFactories& factories);
Assembly read_assembly(const config::Value& document, const UnitFactories& factories);

}  // namespace weft::sim
