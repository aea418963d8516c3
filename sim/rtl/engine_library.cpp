#include "sim/rtl/engine_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <system_error>
#include <utility>

#include "models/common/environment.hpp"
#include "models/common/error.hpp"
#include "models/common/sha256.hpp"
#include "sim/rtl/spatten_library.hpp"
#include "weft_fusemax_sources.hpp"
#include "weft_spatten_sources.hpp"

namespace weft::sim::rtl {
namespace {

namespace fs = std::filesystem;

// The size and variant of "libweft_fusemax_16.so"; size 0 for another file.
std::pair<std::int64_t, Variant> size_of(const EngineKind& kind, const std::string& name) {
  const std::string before = fmt::format("libweft_{}_", kind.name);
  if (!name.starts_with(before)) return {0, Variant::checked};
  std::int64_t size = 0;
  std::from_chars(name.data() + before.size(), name.data() + name.size(), size);
  for (const Variant variant : {Variant::checked, Variant::fast})
    if (library_name(kind, size, variant) == name) return {size, variant};
  return {0, Variant::checked};
}

// SHA-256 over the sources and parameters, as scripts/rtl/verilate_library.sh says it of a library
// built now from the sources of this program.
std::string expected_hash(const EngineKind& kind, const Library& library) {
  std::string text(kind.sources_hash);
  for (const weft_rtl_parameter& p : library.parameters())
    text += fmt::format(" {} {}", p.name, p.value);
  return sha256_hex(text);
}

// "weft rtl build --side 16".
std::string command_for(const EngineKind& kind, std::int64_t size) {
  return "weft rtl build " + kind.build(size);
}

}  // namespace

const EngineKind& fusemax_kind() {
  static constexpr EngineKind kKind{
      "fusemax", "side", [](std::int64_t side) { return fmt::format("--side {}", side); },
      WEFT_FUSEMAX_SOURCES_SHA256};
  return kKind;
}

// Its sizes are those of designs.
const EngineKind& spatten_kind() {
  static constexpr EngineKind kKind{"spatten", "multipliers",
                                    [](std::int64_t multipliers) {
                                      const SpattenScale* scale = spatten_scale_of(multipliers);
                                      return fmt::format("--design {}",
                                                         scale != nullptr ? scale->design : "NAME");
                                    },
                                    WEFT_SPATTEN_SOURCES_SHA256};
  return kKind;
}

std::array<const EngineKind*, 2> engine_kinds() { return {&fusemax_kind(), &spatten_kind()}; }

std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders = folders_of_variable("WEFT_RTL_PATH");
  const auto add = [&](const fs::path& from, const char* there) {
    if (!from.empty()) folders.push_back((from / there).lexically_normal());
  };
  const fs::path module = module_folder();
  add(module, "../../lib/weft-rtl");         // of build/<preset>/python/weft
  add(module, "lib/weft-rtl");               // of an installed package
  add(program_folder(), "../lib/weft-rtl");  // of build/<preset>/bin
  return folders;
}

std::string library_name(const EngineKind& kind, std::int64_t size, Variant variant) {
  return fmt::format("libweft_{}_{}{}.so", kind.name, size,
                     variant == Variant::fast ? "_fast" : "");
}

std::vector<Found> find_libraries(const EngineKind& kind) {
  std::map<std::int64_t, Found> all;
  for (const fs::path& folder : library_folders()) {
    std::map<std::int64_t, Found> here;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
      const auto [size, variant] = size_of(kind, entry.path().filename().string());
      if (size <= 0) continue;
      Found& found = here[size];
      found.size = size;
      (variant == Variant::fast ? found.fast : found.checked) = entry.path();
    }
    all.merge(here);
  }
  std::vector<Found> found;
  found.reserve(all.size());
  for (const auto& [size, libraries] : all) found.push_back(libraries);
  return found;
}

std::shared_ptr<const Library> open_engine(const EngineKind& kind, const fs::path& path) {
  auto library = Library::open(path);
  if (library->engine() != kind.name)
    library->refuse("engine", std::string(library->engine()),
                    fmt::format("must be '{}'", kind.name));
  if (const std::string expected = expected_hash(kind, *library);
      library->source_hash() != expected) {
    library->refuse(
        "source_hash", std::string(library->source_hash()),
        fmt::format("the sources of this program have '{}': build it again with '{}', "
                    "or build Weft again where rtl/ has changed since",
                    expected,
                    command_for(kind, static_cast<std::int64_t>(library->parameter(kind.size)))));
  }
  return library;
}

std::shared_ptr<const Library> engine_of_size(const EngineKind& kind, std::int64_t size,
                                              Variant variant) {
  const auto all = find_libraries(kind);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Found& f) { return f.size == size; });
  if (found != all.end()) {
    const fs::path& wanted = found->of(variant);
    const fs::path& there = wanted.empty() && variant == Variant::fast ? found->checked : wanted;
    if (!there.empty()) return open_engine(kind, there);
    throw ConfigError(
        Problem{{found->fast.string(), 0, 0},
                "",
                "",
                fmt::format("has neither assertions nor waves, and the library that has stands not "
                            "beside it: build it with '{}'",
                            command_for(kind, size))});
  }
  std::string there;
  for (const Found& f : all) there += (there.empty() ? "" : ", ") + std::to_string(f.size);
  std::string folders;
  for (const fs::path& folder : library_folders())
    folders += (folders.empty() ? "" : " and ") + folder.string();
  throw ConfigError(
      Problem{{"--fidelity rtl", 0, 0},
              std::string(kind.size),
              std::to_string(size),
              fmt::format("there is no library of that {}: build it with '{}'; there are {} in {}",
                          kind.size == "side" ? "side" : "size", command_for(kind, size),
                          there.empty() ? "none" : there, folders)});
}

}  // namespace weft::sim::rtl
