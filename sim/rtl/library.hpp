// Libraries of Verilated RTL (abi.h), of any engine: opened, checked, and instances of the engine
// made from them. What an engine has is found by name, once: a port becomes a pointer to its value.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sim/rtl/abi.h"

namespace weft::sim::rtl {

// An open library. It stays open until its last instance is gone.
class Library {
 public:
  // ConfigError: no such file, none of a library of ours, or of another version of the table.
  static std::shared_ptr<const Library> open(const std::filesystem::path& path);

  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string_view engine() const { return api_->engine; }
  std::string_view source_hash() const { return api_->source_hash; }
  bool traces() const { return api_->traces != 0; }
  std::string_view register_bus() const { return api_->register_bus; }

  std::span<const weft_rtl_port> ports() const { return {api_->ports, api_->port_count}; }
  std::span<const weft_rtl_register> registers() const {
    return {api_->registers, api_->register_count};
  }
  std::span<const weft_rtl_memory> memories() const { return {api_->memories, api_->memory_count}; }
  std::span<const weft_rtl_parameter> parameters() const {
    return {api_->parameters, api_->parameter_count};
  }
  // By name; ConfigError names what the library does not have, and what it has.
  const weft_rtl_register& register_of(std::string_view name) const;
  const weft_rtl_memory& memory_of(std::string_view name) const;
  std::uint64_t parameter(std::string_view name) const;

  // ConfigError about this library.
  [[noreturn]] void refuse(const std::string& field, const std::string& value,
                           const std::string& why) const;

 private:
  friend class Instance;
  Library(std::filesystem::path path, void* handle, const weft_rtl_api* api)
      : path_(std::move(path)), handle_(handle), api_(api) {}

  std::filesystem::path path_;
  void* handle_;
  const weft_rtl_api* api_;
};

// A port of one instance, or a slice of it. Inputs are set before settle(), outputs read between
// settle() and tick().
class Port {
 public:
  Port(void* value, std::uint32_t bits)
      : value_(value),
        bits_(bits),
        bytes_(bits <= 8    ? 1
               : bits <= 16 ? 2
               : bits <= 32 ? 4
                            : 8) {}

  // Number `index` of so many like parts side by side, the first lowest. A part of less than whole
  // bytes lies within one.
  Port slice(std::uint32_t index, std::uint32_t of) const;

  std::uint32_t bits() const { return bits_; }
  // The lowest 64 bits.
  std::uint64_t get() const {
    if (sliced_) [[unlikely]]
      return get_slice();
    switch (bytes_) {
      case 1: return load<std::uint8_t>();
      case 2: return load<std::uint16_t>();
      case 4: return load<std::uint32_t>();
      default: return load<std::uint64_t>();
    }
  }
  void set(std::uint64_t value) {
    if (sliced_) [[unlikely]]
      return set_slice(value);
    switch (bytes_) {
      case 1: return store(static_cast<std::uint8_t>(value));
      case 2: return store(static_cast<std::uint16_t>(value));
      case 4: return store(static_cast<std::uint32_t>(value));
      default: return store(value);
    }
  }
  // All of it, in bits() / 8 bytes, the least significant one first.
  void get_bytes(void* bytes) const { std::memcpy(bytes, value_, bits_ / 8); }
  void set_bytes(const void* bytes) { std::memcpy(value_, bytes, bits_ / 8); }
  // Whether every bit is 1.
  bool all_set() const {
    if (bits_ <= 64) return get() == ~std::uint64_t{0} >> (64 - bits_);
    for (std::uint32_t word = 0; word < bits_ / 32; ++word) {
      if (load<std::uint32_t>(4 * word) != ~std::uint32_t{0}) return false;
    }
    const std::uint32_t left = bits_ % 32;
    return left == 0 || load<std::uint32_t>(bits_ / 32 * 4) == (std::uint32_t{1} << left) - 1;
  }

 private:
  template <class T>
  T load(std::size_t from = 0) const {  // from that byte on
    T value{};
    std::memcpy(&value, static_cast<const char*>(value_) + from, sizeof value);
    return value;
  }
  template <class T>
  void store(T value) {
    std::memcpy(value_, &value, sizeof value);
  }
  std::uint64_t get_slice() const;
  void set_slice(std::uint64_t value);

  void* value_;
  std::uint32_t bits_;
  std::uint32_t bytes_;  // that get() and set() move
  bool sliced_ = false;
  std::uint8_t shift_ = 0;  // of a slice's bits in its first byte
};

// One engine, from reset on. What the RTL finds wrong (an assertion, $fatal) is thrown as
// ContractError with its text, a wave that cannot be written as ConfigError.
class Instance {
 public:
  explicit Instance(std::shared_ptr<const Library> library);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const Library& library() const { return *library_; }
  // ConfigError where the engine has no such port, or one of another width; 0 takes any width.
  Port input(std::string_view name, std::uint32_t bits = 0);
  Port output(std::string_view name, std::uint32_t bits = 0);
  Port reset();  // active low

  // A cycle is settle(), then tick().
  void settle() { check(library_->api_->settle(instance_)); }
  void tick() { check(library_->api_->tick(instance_)); }

  // A VCD of cycles [from, to), of which this one, whose inputs have been settled, is cycle 0.
  // Cycle n begins with a rising edge at n / clock_hz, to 1 fs. The file is complete after
  // close_wave().
  void open_wave(const std::string& path, std::uint64_t from, std::uint64_t to, double clock_hz);
  void close_wave();

 private:
  Port port(std::string_view name, std::uint32_t kind, std::uint32_t bits);
  void check(int code) const {
    if (code != 0) [[unlikely]]
      fail(code);
  }
  [[noreturn]] void fail(int code) const;

  std::shared_ptr<const Library> library_;
  weft_rtl_instance* instance_;
};

}  // namespace weft::sim::rtl
