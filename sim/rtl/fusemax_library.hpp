// The libraries of the FuseMax engine: found by side, and of the sources of this program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/rtl/library.hpp"

namespace weft::sim::rtl {

inline constexpr std::int64_t kLeastSide = 4;
inline constexpr std::int64_t kMostSide = 256;

// Folders in which libraries are looked for, in this order: those of $WEFT_RTL_PATH (colons
// between), then lib/weft-rtl beside the folder of the running executable.
std::vector<std::filesystem::path> library_folders();
// A side is built twice: with assertions and waves, and without either for speed. The values and
// cycles of both are the same.
enum class Variant : std::uint8_t { checked, fast };

// "libweft_fusemax_16.so", "libweft_fusemax_16_fast.so".
std::string library_name(std::int64_t side, Variant variant = Variant::checked);

// The libraries of a side found in one folder, whether or not they can be used; of one of the two
// the path may be empty.
struct Found {
  std::int64_t side = 0;
  std::filesystem::path checked, fast;

  const std::filesystem::path& of(Variant variant) const {
    return variant == Variant::fast ? fast : checked;
  }
  // The one that is there, checked before fast.
  const std::filesystem::path& any() const { return checked.empty() ? fast : checked; }
};
// Every side in library_folders(), in order; of two folders that have one side, the first.
std::vector<Found> find_libraries();

// Parameters of the RTL; names as in rtl/engine/weft_fusemax.sv.
struct Parameters {
  std::int64_t side = 0;
  std::int64_t contexts = 0;
  std::int64_t max_width = 0;
  std::int64_t divide_stages = 0;
  std::int64_t outstanding = 0;
  std::int64_t buffer_bytes = 0;
  std::int64_t beat_bytes = 0;  // bytes of AXI data
};
// ConfigError where the library lacks one.
Parameters parameters_of(const Library& library);

// Library::open(), and ConfigError where it is of another engine, or built from other sources than
// this program.
std::shared_ptr<const Library> open_fusemax(const std::filesystem::path& path);
// The library of a side; ConfigError names `weft rtl build` where there is none. Where a fast one
// is asked for and missing, the checked one beside it does as well.
std::shared_ptr<const Library> fusemax_of_side(std::int64_t side,
                                               Variant variant = Variant::checked);

}  // namespace weft::sim::rtl
