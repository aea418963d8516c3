// The libraries of this program's own engines: found by engine and size, and built from the sources
// that this program was built beside.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/rtl/library.hpp"

namespace weft::sim::rtl {

// Engines that there is RTL of here, and what their libraries are told apart by.
struct EngineKind {
  std::string_view name;               // "fusemax", in the library and in its file's name
  std::string_view size;               // what its number is: "side"
  std::string (*build)(std::int64_t);  // what builds one of a size: "--side 16"
  std::string_view sources_hash;
};
const EngineKind& fusemax_kind();
const EngineKind& spatten_kind();
std::array<const EngineKind*, 2> engine_kinds();

// Folders in which libraries are looked for, in this order: those of $WEFT_RTL_PATH (colons
// between); of a shared object, such as Python's extension, lib/weft-rtl of the build tree or the
// package that it stands in; then lib/weft-rtl beside the folder of the running executable.
std::vector<std::filesystem::path> library_folders();
// A size is built twice: with assertions and waves, and without either for speed. The values and
// cycles of both are the same.
enum class Variant : std::uint8_t { checked, fast };

// "libweft_fusemax_16.so", "libweft_fusemax_16_fast.so".
std::string library_name(const EngineKind& kind, std::int64_t size,
                         Variant variant = Variant::checked);

// The libraries of a size found in one folder, whether or not they can be used; of one of the two
// the path may be empty.
struct Found {
  std::int64_t size = 0;
  std::filesystem::path checked, fast;

  const std::filesystem::path& of(Variant variant) const {
    return variant == Variant::fast ? fast : checked;
  }
  // The one that is there, checked before fast.
  const std::filesystem::path& any() const { return checked.empty() ? fast : checked; }
};
// Every size of an engine in library_folders(), in order; of two folders that have one size, the
// first.
std::vector<Found> find_libraries(const EngineKind& kind);

// Library::open(), and ConfigError where it is of another engine, or built from other sources than
// this program.
std::shared_ptr<const Library> open_engine(const EngineKind& kind,
                                           const std::filesystem::path& path);
// The library of a size; ConfigError names `weft rtl build` where there is none. Where a fast one
// is asked for and missing, the checked one beside it does as well.
std::shared_ptr<const Library> engine_of_size(const EngineKind& kind, std::int64_t size,
                                              Variant variant);

}  // namespace weft::sim::rtl
