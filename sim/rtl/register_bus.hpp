// The driver's side of an engine's registers: AXI4-Lite, one access at a time, in the order in
// which they were asked for. Of a write address and data are presented together, until each is
// taken.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/rtl/library.hpp"

namespace weft::sim::rtl {

class RegisterBus {
 public:
  // ConfigError where the library declares no registers.
  explicit RegisterBus(Instance& instance);

  // By the register's name; ConfigError where the library has none of that name. One of 64 bits
  // takes two accesses, the lower half first.
  void write(std::string_view name, std::uint64_t value);
  // Gives what value() is asked for, once done().
  std::size_t read(std::string_view name);
  std::uint64_t value(std::size_t read) const { return values_[read]; }
  bool done() const { return at_ == accesses_.size(); }

  // The inputs of a cycle; then, once the engine has settled, what happened in it.
  void drive();
  // ContractError where the engine answers with an error.
  void observe();

 private:
  static constexpr std::size_t kWrite = ~std::size_t{0};
  struct Access {
    std::uint32_t offset = 0;
    std::uint32_t data = 0;     // of a write
    std::size_t read = kWrite;  // index into values_
    std::uint32_t shift = 0;    // of what is read there
  };
  struct Ports {
    Port awvalid, awready, awaddr, wvalid, wready, wdata, bvalid, bresp, arvalid, arready, araddr,
        rvalid, rdata, rresp;
  };
  static Ports ports_of(Instance& instance);
  void next();

  const Library& library_;
  Ports ports_;
  std::vector<Access> accesses_;
  std::vector<std::uint64_t> values_;
  std::size_t at_ = 0;  // access under way
  bool address_taken_ = false;
  bool data_taken_ = false;
};

}  // namespace weft::sim::rtl
