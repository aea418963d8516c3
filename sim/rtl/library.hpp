// Libraries of Verilated RTL (abi.h): found by side, opened, checked, and instances of the engine
// made from them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/rtl/abi.h"

namespace weft::sim::rtl {

using Parameters = weft_rtl_parameters;
using Inputs = weft_rtl_inputs;
using Outputs = weft_rtl_outputs;

inline constexpr std::int64_t kLeastSide = 4;
inline constexpr std::int64_t kMostSide = 32;

// Folders in which libraries are looked for, in this order: those of $WEFT_RTL_PATH (colons
// between), then lib/weft-rtl beside the folder of the running executable.
std::vector<std::filesystem::path> library_folders();
// "libweft_fusemax_16.so".
std::string library_name(std::int64_t side);

// A library found, whether or not it can be used.
struct Found {
  std::int64_t side = 0;
  std::filesystem::path path;
};
// Every library in library_folders(), by side; of two of one side the one that would be used.
std::vector<Found> find_libraries();

// SHA-256 over the sources and parameters, as a library built now from the sources of this program
// says it.
std::string expected_hash(const Parameters& parameters);

// An open library. It stays open until its last instance is gone.
class Library {
 public:
  // ConfigError: no such file, none of a library of ours, of another version of the table, or built
  // from other sources than this program.
  static std::shared_ptr<const Library> open(const std::filesystem::path& path);
  // The library of a side; ConfigError names `weft rtl build` where there is none.
  static std::shared_ptr<const Library> of_side(std::int64_t side);

  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const Parameters& parameters() const { return api_->parameters; }
  const std::filesystem::path& path() const { return path_; }
  bool traces() const { return api_->traces != 0; }

 private:
  friend class Instance;
  Library(std::filesystem::path path, void* handle, const weft_rtl_api* api)
      : path_(std::move(path)), handle_(handle), api_(api) {}

  std::filesystem::path path_;
  void* handle_;
  const weft_rtl_api* api_;
};

// One engine, from reset on. What the RTL finds wrong (an assertion, $fatal) is thrown as
// ContractError with its text, a wave that cannot be written as ConfigError.
class Instance {
 public:
  explicit Instance(std::shared_ptr<const Library> library);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // A cycle is settle(), then tick().
  void settle(const Inputs& inputs, Outputs& outputs) {
    check(library_->api_->settle(instance_, &inputs, &outputs));
  }
  void tick() { check(library_->api_->tick(instance_)); }

  // A VCD of cycles [from, to), of which this one, whose inputs have been settled, is cycle 0.
  // Cycle n begins with a rising edge at n / clock_hz, to 1 fs. The file is complete after
  // close_wave().
  void open_wave(const std::string& path, std::uint64_t from, std::uint64_t to, double clock_hz);
  void close_wave();

  const Parameters& parameters() const { return library_->parameters(); }

 private:
  void check(int code) const {
    if (code != 0) [[unlikely]]
      fail(code);
  }
  [[noreturn]] void fail(int code) const;

  std::shared_ptr<const Library> library_;
  weft_rtl_instance* instance_;
};

}  // namespace weft::sim::rtl
