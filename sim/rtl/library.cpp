#include "sim/rtl/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "models/common/error.hpp"
#include "models/common/input_file.hpp"
#include "models/common/sha256.hpp"
#include "weft_rtl_sources.hpp"

namespace weft::sim::rtl {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const std::string& field, const std::string& value,
                         const std::string& why) {
  throw ConfigError(Problem{{path.string(), 0, 0}, field, value, why});
}

// The side of "libweft_fusemax_16.so"; 0 for another file.
std::int64_t side_of(const std::string& name) {
  constexpr std::string_view kBefore = "libweft_fusemax_";
  constexpr std::string_view kAfter = ".so";
  if (name.size() <= kBefore.size() + kAfter.size() || !name.starts_with(kBefore) ||
      !name.ends_with(kAfter))
    return 0;
  const char* begin = name.data() + kBefore.size();
  const char* end = name.data() + name.size() - kAfter.size();
  std::int64_t side = 0;
  const auto [stop, error] = std::from_chars(begin, end, side);
  return error == std::errc{} && stop == end && library_name(side) == name ? side : 0;
}

// The rules of the address space: `RTLD_LOCAL` keeps one library's runtime from another's.
struct Closer {
  void operator()(void* handle) const { ::dlclose(handle); }
};
using Handle = std::unique_ptr<void, Closer>;

Handle open_handle(const fs::path& path) {
  const InputFile file(path);  // a regular one: the loader would wait for a pipe
  // A name without a folder would be looked for elsewhere.
  Handle handle(::dlopen(fs::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL));
  if (handle != nullptr) return handle;
  const char* why = ::dlerror();
  refuse(
      path, "", "",
      std::string("cannot be opened as a library: ") + (why != nullptr ? why : "unknown reason"));
}

void check_api(const fs::path& path, const weft_rtl_api* api) {
  if (api == nullptr)
    refuse(path, "", "", "gives no table of functions; build it again with 'weft rtl build'");
  if (api->abi_version != WEFT_RTL_ABI_VERSION || api->inputs_bytes != sizeof(Inputs) ||
      api->outputs_bytes != sizeof(Outputs)) {
    refuse(path, "abi_version", std::to_string(api->abi_version),
           fmt::format("this program takes {}; build the library again with 'weft rtl build'",
                       WEFT_RTL_ABI_VERSION));
  }
  if (std::string_view(api->engine) != "fusemax")
    refuse(path, "engine", api->engine, "must be 'fusemax'");
  if (const std::string expected = expected_hash(api->parameters); api->source_hash != expected) {
    refuse(path, "source_hash", api->source_hash,
           fmt::format("the sources of this program have '{}': build it again with 'weft rtl build "
                       "--side {}', or build Weft again where "
                       "rtl/ has changed since",
                       expected, api->parameters.side));
  }
}

}  // namespace

std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("WEFT_RTL_PATH"); named != nullptr) {
    std::string_view rest = named;
    while (!rest.empty()) {
      const std::size_t colon = rest.find(':');
      if (const std::string_view folder = rest.substr(0, colon); !folder.empty())
        folders.emplace_back(folder);
      rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    }
  }
  std::error_code code;
  const fs::path executable = fs::read_symlink("/proc/self/exe", code);  // build/<preset>/bin/weft
  if (!code) folders.push_back((executable.parent_path() / "../lib/weft-rtl").lexically_normal());
  return folders;
}

std::string library_name(std::int64_t side) { return fmt::format("libweft_fusemax_{}.so", side); }

std::vector<Found> find_libraries() {
  std::vector<Found> all;
  for (const fs::path& folder : library_folders()) {
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
      const std::int64_t side = side_of(entry.path().filename().string());
      const bool known = std::any_of(all.begin(), all.end(),
                                     [&](const Found& found) { return found.side == side; });
      if (side > 0 && !known) all.push_back({side, entry.path()});
    }
  }
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.side < b.side; });
  return all;
}

std::string expected_hash(const Parameters& p) {
  // As scripts/rtl/build_library.sh writes them.
  return sha256_hex(fmt::format(
      "{} side {} contexts {} max_width {} divide_stages {} outstanding {} buffer_bytes {}",
      WEFT_RTL_SOURCES_SHA256, p.side, p.contexts, p.max_width, p.divide_stages, p.outstanding,
      p.buffer_bytes));
}

std::shared_ptr<const Library> Library::open(const fs::path& path) {
  Handle handle = open_handle(path);
  const auto table =
      reinterpret_cast<decltype(&weft_rtl_table)>(::dlsym(handle.get(), "weft_rtl_table"));
  if (table == nullptr)
    refuse(path, "", "", "is no library of Verilated RTL: it has no 'weft_rtl_table'");
  const weft_rtl_api* api = table();
  check_api(path, api);
  return std::shared_ptr<const Library>(new Library(path, handle.release(), api));
}

std::shared_ptr<const Library> Library::of_side(std::int64_t side) {
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
  if (found != all.end()) return open(found->path);
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

Library::~Library() { ::dlclose(handle_); }

Instance::Instance(std::shared_ptr<const Library> library)
    : library_(std::move(library)), instance_(library_->api_->create()) {
  if (instance_ == nullptr)
    throw ContractError(library_->path_.string() + ": " + library_->api_->failure());
}

Instance::~Instance() { library_->api_->free(instance_); }

void Instance::fail(int code) const {
  const std::string why = library_->api_->error(instance_);
  if (code == WEFT_RTL_WAVE_FAILED) throw ConfigError(Problem{{"--wave", 0, 0}, "", "", why});
  throw ContractError("the RTL failed: " + why);
}

void Instance::open_wave(const std::string& path, std::uint64_t from, std::uint64_t to,
                         double clock_hz) {
  check(library_->api_->wave_open(instance_, path.c_str(), from, to, clock_hz));
}

void Instance::close_wave() { check(library_->api_->wave_close(instance_)); }

}  // namespace weft::sim::rtl
