#include "sim/rtl/fusemax_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "models/common/environment.hpp"
#include "models/common/error.hpp"
#include "models/common/sha256.hpp"
#include "weft_fusemax_sources.hpp"

namespace weft::sim::rtl {
namespace {

namespace fs = std::filesystem;

// The side and variant of "libweft_fusemax_16.so"; side 0 for another file.
std::pair<std::int64_t, Variant> side_of(const std::string& name) {
  constexpr std::string_view kBefore = "libweft_fusemax_";
  if (!name.starts_with(kBefore)) return {0, Variant::checked};
  std::int64_t side = 0;
  std::from_chars(name.data() + kBefore.size(), name.data() + name.size(), side);
  for (const Variant variant : {Variant::checked, Variant::fast})
    if (library_name(side, variant) == name) return {side, variant};
  return {0, Variant::checked};
}

// SHA-256 over the sources and parameters, as scripts/rtl/verilate_library.sh says it of a library
// built now from the sources of this program.
std::string expected_hash(const Library& library) {
  std::string text = WEFT_FUSEMAX_SOURCES_SHA256;
  for (const weft_rtl_parameter& p : library.parameters())
    text += fmt::format(" {} {}", p.name, p.value);
  return sha256_hex(text);
}

}  // namespace

std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders = folders_of_variable("WEFT_RTL_PATH");
  const fs::path program = program_folder();  // build/<preset>/bin
  if (!program.empty()) folders.push_back((program / "../lib/weft-rtl").lexically_normal());
  return folders;
}

std::string library_name(std::int64_t side, Variant variant) {
  return fmt::format("libweft_fusemax_{}{}.so", side, variant == Variant::fast ? "_fast" : "");
}

std::vector<Found> find_libraries() {
  std::map<std::int64_t, Found> all;
  for (const fs::path& folder : library_folders()) {
    std::map<std::int64_t, Found> here;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
      const auto [side, variant] = side_of(entry.path().filename().string());
      if (side <= 0) continue;
      Found& found = here[side];
      found.side = side;
      (variant == Variant::fast ? found.fast : found.checked) = entry.path();
    }
    all.merge(here);
  }
  std::vector<Found> found;
  found.reserve(all.size());
  for (const auto& [side, libraries] : all) found.push_back(libraries);
  return found;
}

Parameters parameters_of(const Library& library) {
  const auto value = [&](const char* name) {
    return static_cast<std::int64_t>(library.parameter(name));
  };
  return {.side = value("side"),
          .contexts = value("contexts"),
          .max_width = value("max_width"),
          .divide_stages = value("divide_stages"),
          .outstanding = value("outstanding"),
          .buffer_bytes = value("buffer_bytes"),
          .beat_bytes = library.memory_of("axi").data_bits / 8};
}

std::shared_ptr<const Library> open_fusemax(const fs::path& path) {
  auto library = Library::open(path);
  if (library->engine() != "fusemax")
    library->refuse("engine", std::string(library->engine()), "must be 'fusemax'");
  if (const std::string expected = expected_hash(*library); library->source_hash() != expected) {
    library->refuse("source_hash", std::string(library->source_hash()),
                    fmt::format("the sources of this program have '{}': build it again with 'weft "
                                "rtl build --side {}', or build Weft again where rtl/ has changed "
                                "since",
                                expected, library->parameter("side")));
  }
  return library;
}

std::shared_ptr<const Library> fusemax_of_side(std::int64_t side, Variant variant) {
  if (side < kLeastSide || side > kMostSide) {
    throw ConfigError(
        Problem{{"--fidelity rtl", 0, 0},
                "side",
                std::to_string(side),
                fmt::format("the RTL has sides from {} to {}", kLeastSide, kMostSide)});
  }
  const auto all = find_libraries();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Found& f) { return f.side == side; });
  if (found != all.end()) {
    const fs::path& wanted = found->of(variant);
    const fs::path& there = wanted.empty() && variant == Variant::fast ? found->checked : wanted;
    if (!there.empty()) return open_fusemax(there);
    throw ConfigError(
        Problem{{found->fast.string(), 0, 0},
                "",
                "",
                fmt::format("has neither assertions nor waves, and the library that has stands not "
                            "beside it: build it with 'weft rtl build --side {}'",
                            side)});
  }
  std::string there;
  for (const Found& f : all) there += (there.empty() ? "" : ", ") + std::to_string(f.side);
  std::string folders;
  for (const fs::path& folder : library_folders())
    folders += (folders.empty() ? "" : " and ") + folder.string();
  throw ConfigError(Problem{{"--fidelity rtl", 0, 0},
                            "side",
                            std::to_string(side),
                            fmt::format("there is no library of that side: build it with 'weft rtl "
                                        "build --side {}'; there are {} in {}",
                                        side, there.empty() ? "none" : there, folders)});
}

}  // namespace weft::sim::rtl
