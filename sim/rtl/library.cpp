#include "sim/rtl/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "models/common/error.hpp"
#include "models/common/input_file.hpp"

namespace weft::sim::rtl {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "ports are moved as bytes");

[[noreturn]] void refuse_file(const fs::path& path, const std::string& field,
                              const std::string& value, const std::string& why) {
  throw ConfigError(Problem{{path.string(), 0, 0}, field, value, why});
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
  refuse_file(
      path, "", "",
      std::string("cannot be opened as a library: ") + (why != nullptr ? why : "unknown reason"));
}

void check_api(const fs::path& path, const weft_rtl_api* api) {
  if (api == nullptr)
    refuse_file(path, "", "", "gives no table; build it again with 'weft rtl build'");
  if (api->abi_version != WEFT_RTL_ABI_VERSION) {
    refuse_file(path, "abi_version", std::to_string(api->abi_version),
                fmt::format("this program takes {}; build the library again with 'weft rtl build'",
                            WEFT_RTL_ABI_VERSION));
  }
  if (api->table_bytes != sizeof(weft_rtl_api)) {
    refuse_file(path, "table_bytes", std::to_string(api->table_bytes),
                fmt::format("must be {}; build the library again with 'weft rtl build'",
                            sizeof(weft_rtl_api)));
  }
}

// The entry of that name; ConfigError names it, its nearest neighbour, and what there is.
template <class Entry>
const Entry& find(const Library& library, std::span<const Entry> entries, std::string_view name,
                  const char* what) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return name == e.name; });
  if (found != entries.end()) return *found;
  std::vector<std::string> known;
  for (const Entry& entry : entries) known.emplace_back(entry.name);
  const std::string near = nearest_name(name, known);
  library.refuse(what, std::string(name),
                 fmt::format("the engine '{}' has no such {}{}; it has {}", library.engine(), what,
                             near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                             known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
}

const char* name_of(std::uint32_t kind) {
  static constexpr const char* kNames[] = {"an input", "an output", "the clock", "a reset"};
  return kind < std::size(kNames) ? kNames[kind] : "of no known kind";
}

}  // namespace

std::shared_ptr<const Library> Library::open(const fs::path& path) {
  Handle handle = open_handle(path);
  const auto table =
      reinterpret_cast<decltype(&weft_rtl_table)>(::dlsym(handle.get(), "weft_rtl_table"));
  if (table == nullptr)
    refuse_file(path, "", "", "is no library of Verilated RTL: it has no 'weft_rtl_table'");
  const weft_rtl_api* api = table();
  check_api(path, api);
  return std::shared_ptr<const Library>(new Library(path, handle.release(), api));
}

Library::~Library() { ::dlclose(handle_); }

void Library::refuse(const std::string& field, const std::string& value,
                     const std::string& why) const {
  refuse_file(path_, field, value, why);
}

const weft_rtl_register& Library::register_of(std::string_view name) const {
  return find(*this, registers(), name, "register");
}

const weft_rtl_memory& Library::memory_of(std::string_view name) const {
  return find(*this, memories(), name, "memory");
}

std::uint64_t Library::parameter(std::string_view name) const {
  return find(*this, parameters(), name, "parameter").value;
}

Port Port::slice(std::uint32_t index, std::uint32_t of) const {
  if (of == 1) return *this;
  const std::uint32_t bits = bits_ / of;
  const std::uint32_t at = index * bits;
  weft::check(bits * of == bits_ && index < of && (at % 8 + bits <= 8 || (bits | at) % 8 == 0),
              "a port has so many like parts, of whole bytes or within one");
  Port made(static_cast<char*>(value_) + at / 8, bits);
  made.sliced_ = true;
  made.shift_ = static_cast<std::uint8_t>(at % 8);
  return made;
}

std::uint64_t Port::get_slice() const {
  if (bits_ < 8)
    return static_cast<std::uint64_t>(load<std::uint8_t>() >> shift_) & ((1u << bits_) - 1);
  std::uint64_t value = 0;
  std::memcpy(&value, value_, std::min(bits_ / 8, 8u));
  return value;
}

void Port::set_slice(std::uint64_t value) {
  if (bits_ >= 8) {
    std::memcpy(value_, &value, std::min(bits_ / 8, 8u));
    return;
  }
  const unsigned mask = ((1u << bits_) - 1) << shift_;
  const unsigned kept = load<std::uint8_t>() & ~mask;
  store(static_cast<std::uint8_t>(kept | (static_cast<unsigned>(value) << shift_ & mask)));
}

Instance::Instance(std::shared_ptr<const Library> library)
    : library_(std::move(library)), instance_(library_->api_->create()) {
  if (instance_ == nullptr)
    throw ContractError(library_->path_.string() + ": " + library_->api_->failure());
}

Instance::~Instance() { library_->api_->free(instance_); }

Port Instance::port(std::string_view name, std::uint32_t kind, std::uint32_t bits) {
  const weft_rtl_port& port = find(*library_, library_->ports(), name, "port");
  if (port.kind != kind) {
    library_->refuse("port", std::string(name),
                     fmt::format("is {}; {} is needed", name_of(port.kind), name_of(kind)));
  }
  if (bits != 0 && port.bits != bits) {
    library_->refuse("port", std::string(name),
                     fmt::format("has {} bits; {} are needed", port.bits, bits));
  }
  const auto index = static_cast<std::uint32_t>(&port - library_->ports().data());
  return {library_->api_->port(instance_, index), port.bits};
}

Port Instance::input(std::string_view name, std::uint32_t bits) {
  return port(name, WEFT_RTL_INPUT, bits);
}
Port Instance::output(std::string_view name, std::uint32_t bits) {
  return port(name, WEFT_RTL_OUTPUT, bits);
}
Port Instance::reset() {
  for (const weft_rtl_port& p : library_->ports()) {
    if (p.kind == WEFT_RTL_RESET) return port(p.name, WEFT_RTL_RESET, 1);
  }
  library_->refuse("port", "", "the engine has no reset");
}

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
