// Designs of other engines than the spatial one: an architecture that names its engine and says of
// which units and links it is put together, and a binding of that engine's own. Decided in
// docs/adr/0026-engine-classes.md. What results need of a design (names of units and tensors,
// clock, memory) they find where they find that of all others: in an Architecture without arrays
// and in a Lowering without groups.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/yaml.hpp"
#include "models/engine/architecture/architecture.hpp"
#include "models/engine/binding/binding.hpp"
#include "models/engine/design/design_files.hpp"

namespace weft::engine {

// A setting as Design has them.
using Set = std::pair<std::string, std::string>;

// Classes of engines beside the spatial one.
// `spatten` is an assembly of units and is simulated; the others have a
// `model` (models/baseline): measured platforms, engines computed from their mechanism, and the
// processor at hand.
enum class EngineClass : std::uint8_t { spatten, platform, a3, mnnfast, host };
constexpr auto names(config::Tag<EngineClass>) {
  return std::array<std::pair<std::string_view, EngineClass>, 5>{
      {{"spatten", EngineClass::spatten},
       {"platform", EngineClass::platform},
       {"a3", EngineClass::a3},
       {"mnnfast", EngineClass::mnnfast},
       {"host", EngineClass::host}}};
}
constexpr bool is_simulated(EngineClass engine) { return engine == EngineClass::spatten; }

// A document's part that is read later, by whoever knows its keys.
struct LaterRead {
  std::optional<config::Value> value;
};
inline void read_custom(const config::Value& value, LaterRead& out, config::Reader& reader) {
  if (!value.is_map()) reader.add(value.problem("must be a map"));
  out.value = value;
}

struct AssembledArch {
  EngineClass engine = EngineClass::spatten;
  std::string description;
  std::string source;
  double clock_hz = 0;
  Dram dram;
  LaterRead assembly;  // sim/assembly/assembly_file.hpp
  LaterRead model;     // models/baseline
  std::string rtl;     // the engine of rtl/engine that it is; empty: none
};
inline auto fields(config::Tag<AssembledArch>) {
  using A = AssembledArch;
  using config::optional, config::required;
  return config::field_table(
      required("engine", &A::engine, "the class of engine"),
      optional("description", &A::description, "what it is"),
      required("source", &A::source, "where the numbers come from"),
      required("clock_hz", &A::clock_hz, {1e3, 1e12}, "cycles a second"),
      required("dram", &A::dram, "the memory"),
      optional("assembly", &A::assembly, "its units and links, of an engine that is simulated"),
      optional("model", &A::model, "its figures, of one that is not"),
      optional("rtl", &A::rtl, "the engine of rtl/ that it is, for --fidelity rtl"));
}

struct AssembledBinding {
  EngineClass engine = EngineClass::spatten;
  std::string description;
  std::string source;
  std::string cascade;
  LaterRead run;  // what the class of engine does, by its own keys
};
inline auto fields(config::Tag<AssembledBinding>) {
  using B = AssembledBinding;
  using config::optional, config::required;
  return config::field_table(required("engine", &B::engine, "the class of engine it is for"),
                             optional("description", &B::description, "what it is"),
                             required("source", &B::source, "where it comes from"),
                             required("cascade", &B::cascade, "the cascade whose tensors it moves"),
                             optional("run", &B::run, "what the engine does"));
}

// Both files, with what is set over them.
struct Assembled {
  AssembledArch arch;
  AssembledBinding binding;
  config::Origins arch_origins;
  config::Origins binding_origins;
  std::vector<std::string> units;  // paths of the assembly's units: its names in results
  std::string canonical;           // of all values
};

// Whether the architecture's file is of another engine than the spatial one.
bool names_engine(const std::filesystem::path& arch_file);
// ConfigError lists all that is wrong with either, and what is set that cannot be.
std::shared_ptr<const Assembled> read_assembled(const std::filesystem::path& arch_file,
                                                const std::filesystem::path& binding_file,
                                                const std::vector<Set>& settings);

// What results take from it.
Architecture architecture_of(const AssembledArch& arch);
Binding binding_of(const AssembledBinding& binding);

}  // namespace weft::engine
