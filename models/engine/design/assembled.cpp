#include "models/engine/design/assembled.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "models/common/text.hpp"
#include "models/common/yaml_edit.hpp"

namespace weft::engine {
namespace {

constexpr std::string_view kArch = "arch.";
constexpr std::string_view kBinding = "binding.";

// What bindings of the spatial engine alone say, the option of each, and what engines of assembled
// units do.
struct Convention {
  std::string_view path, option, own;
};
constexpr std::array<Convention, 2> kConventions{
    {{"binding.causal_alignment", "--causal-alignment", "bottom-right"},
     {"binding.empty_rows", "--empty-rows", "zero"}}};

// Whether a setting is one of those, of which there is nothing to be set. ConfigError where it
// asks for another than there is.
bool is_convention(const std::string& path, const std::string& text) {
  for (const Convention& one : kConventions) {
    if (one.path != path) continue;
    if (text == one.own) return true;
    throw ConfigError(
        Problem{{fmt::format("{} or --set", one.option), 0, 0},
                path,
                text,
                fmt::format("not of this class of engines: allowed, in a trace's metadata too: {}",
                            one.own)});
  }
  return false;
}

void apply(const std::vector<Set>& settings, config::Value& arch, config::Value& binding) {
  for (const auto& [path, text] : settings) {
    const std::string whole = config::dotted(path);
    const std::string_view view = whole;
    if (is_convention(whole, text)) continue;
    if (view.starts_with(kArch)) {
      arch = config::with_scalar(arch, path, view.substr(kArch.size()), text);
    } else if (view.starts_with(kBinding)) {
      binding = config::with_scalar(binding, path, view.substr(kBinding.size()), text);
    } else {
      throw ConfigError(Problem{{"--set", 0, 0},
                                path,
                                text,
                                "a path begins with 'arch.' or 'binding.', such as "
                                "arch.dram.bandwidth_bytes_per_s"});
    }
  }
}

template <class T>
T read_whole(const config::Value& document, config::Origins& origins) {
  T out;
  config::Reader reader(&origins);
  config::read(document, out, reader);
  reader.finish();
  if (!origins.contains("")) origins[""] = document.where();
  return out;
}

// The paths of instances below `units`, as sim/assembly names them.
void list_units(const config::Value& units, const std::string& prefix,
                std::vector<std::string>& out) {
  for (const auto& [key, entry] : units.members()) {
    std::int64_t count = 1;
    std::optional<config::Value> group;
    for (const auto& [name, member] : entry.members()) {
      if (name.text() == "count" && all_digits(member.text()) && member.text().size() <= 4)
        count = std::stoll(member.text());
      if (name.text() == "units") group = member;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string path =
          prefix + key.text() + (count > 1 ? fmt::format("[{}]", i) : std::string());
      if (group) {
        list_units(*group, path + ".", out);
      } else {
        out.push_back(path);
      }
    }
  }
}

// What results call the units of an engine that has a `model`.
std::vector<std::string> units_of(EngineClass engine) {
  if (engine == EngineClass::a3) return {"search", "qk", "prob_v"};
  if (engine == EngineClass::mnnfast) return {"qk", "prob_v"};
  return {"device"};
}

// The one engine of rtl/ that an assembly can be.
void check_rtl(const AssembledArch& arch, const config::Origins& origins) {
  if (arch.rtl.empty() || (arch.engine == EngineClass::spatten && arch.rtl == "spatten")) return;
  throw ConfigError(Problem{config::origin_of(origins, "rtl"), "arch.rtl", arch.rtl,
                            arch.engine == EngineClass::spatten
                                ? "allowed: 'spatten'"
                                : "an engine of this class has no RTL: leave it out"});
}

// An engine that is simulated is an assembly, and one that is not has a model; neither has both.
void check_parts(const AssembledArch& arch, const config::Origins& origins) {
  const bool simulated = is_simulated(arch.engine);
  const auto& needed = simulated ? arch.assembly.value : arch.model.value;
  const auto& other = simulated ? arch.model.value : arch.assembly.value;
  const char* name = simulated ? "assembly" : "model";
  const std::string of = " of engine " + std::string(config::name_of(arch.engine));
  if (!needed && arch.engine != EngineClass::host)
    throw ConfigError(
        Problem{config::origin_of(origins, ""), name, "", "missing key: needed" + of});
  if (other)
    throw ConfigError(other->problem("not allowed beside the '" + std::string(name) + "'" + of));
}

}  // namespace

bool names_engine(const std::filesystem::path& arch_file) {
  const config::Value document = config::load_file(arch_file);
  for (const auto& [key, value] : document.members()) {
    if (key.text() == "engine") return true;
  }
  return false;
}

std::shared_ptr<const Assembled> read_assembled(const std::filesystem::path& arch_file,
                                                const std::filesystem::path& binding_file,
                                                const std::vector<Set>& settings) {
  config::Value arch = config::load_file(arch_file);
  config::Value binding = config::load_file(binding_file);
  apply(settings, arch, binding);
  const auto made = std::make_shared<Assembled>();
  made->arch = read_whole<AssembledArch>(arch, made->arch_origins);
  made->binding = read_whole<AssembledBinding>(binding, made->binding_origins);
  if (auto problems = problems_of(architecture_of(made->arch), made->arch_origins);
      !problems.empty())
    throw ConfigError(std::move(problems));
  if (made->binding.engine != made->arch.engine)
    throw ConfigError(
        Problem{config::origin_of(made->binding_origins, "engine"), "engine",
                std::string(config::name_of(made->binding.engine)),
                "the architecture's is " + std::string(config::name_of(made->arch.engine))});
  check_parts(made->arch, made->arch_origins);
  check_rtl(made->arch, made->arch_origins);
  if (!is_simulated(made->arch.engine)) made->units = units_of(made->arch.engine);
  if (made->arch.assembly.value) {
    for (const auto& [key, value] : made->arch.assembly.value->members()) {
      if (key.text() == "units") list_units(value, "", made->units);
    }
  }
  config::canonical(arch, "arch", made->canonical);
  config::canonical(binding, "binding", made->canonical);
  return made;
}

Architecture architecture_of(const AssembledArch& arch) {
  Architecture made;
  made.description = arch.description;
  made.source = arch.source;
  made.clock_hz = arch.clock_hz;
  made.dram = arch.dram;
  made.buffer.ports = BufferPorts::per_tensor;
  return made;
}

Binding binding_of(const AssembledBinding& binding) {
  Binding made;
  made.description = binding.description;
  made.source = binding.source;
  made.cascade = binding.cascade;
  return made;
}

}  // namespace weft::engine
