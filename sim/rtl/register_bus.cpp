#include "sim/rtl/register_bus.hpp"

#include <string>

#include "models/common/error.hpp"

namespace weft::sim::rtl {

RegisterBus::Ports RegisterBus::ports_of(Instance& instance) {
  const std::string bus(instance.library().register_bus());
  if (bus.empty()) instance.library().refuse("registers", "", "the engine has none");
  const auto in = [&](const char* name, std::uint32_t bits = 0) {
    return instance.input(bus + "_" + name + "_i", bits);
  };
  const auto out = [&](const char* name, std::uint32_t bits = 0) {
    return instance.output(bus + "_" + name + "_o", bits);
  };
  // What never changes: whole words are written, and no answer waits.
  in("wstrb", 4).set(15);
  in("bready", 1).set(1);
  in("rready", 1).set(1);
  return {.awvalid = in("awvalid", 1),
          .awready = out("awready", 1),
          .awaddr = in("awaddr"),
          .wvalid = in("wvalid", 1),
          .wready = out("wready", 1),
          .wdata = in("wdata", 32),
          .bvalid = out("bvalid", 1),
          .bresp = out("bresp", 2),
          .arvalid = in("arvalid", 1),
          .arready = out("arready", 1),
          .araddr = in("araddr"),
          .rvalid = out("rvalid", 1),
          .rdata = out("rdata", 32),
          .rresp = out("rresp", 2)};
}

RegisterBus::RegisterBus(Instance& instance)
    : library_(instance.library()), ports_(ports_of(instance)) {}

void RegisterBus::write(std::string_view name, std::uint64_t value) {
  const weft_rtl_register& r = library_.register_of(name);
  check(r.bits == 64 || value >> 32 == 0, "a register of 32 bits takes no more");
  accesses_.push_back({.offset = r.offset, .data = static_cast<std::uint32_t>(value)});
  if (r.bits == 64)
    accesses_.push_back({.offset = r.offset + 4, .data = static_cast<std::uint32_t>(value >> 32)});
}

std::size_t RegisterBus::read(std::string_view name) {
  const weft_rtl_register& r = library_.register_of(name);
  const std::size_t read = values_.size();
  values_.push_back(0);
  accesses_.push_back({.offset = r.offset, .read = read});
  if (r.bits == 64) accesses_.push_back({.offset = r.offset + 4, .read = read, .shift = 32});
  return read;
}

void RegisterBus::drive() {
  const bool writes = !done() && accesses_[at_].read == kWrite;
  const bool reads = !done() && !writes;
  ports_.awvalid.set(writes && !address_taken_ ? 1 : 0);
  ports_.wvalid.set(writes && !data_taken_ ? 1 : 0);
  ports_.arvalid.set(reads && !address_taken_ ? 1 : 0);
  if (writes) {
    ports_.awaddr.set(accesses_[at_].offset);
    ports_.wdata.set(accesses_[at_].data);
  } else if (reads) {
    ports_.araddr.set(accesses_[at_].offset);
  }
}

void RegisterBus::next() {
  ++at_;
  address_taken_ = data_taken_ = false;
}

void RegisterBus::observe() {
  if (done()) return;
  const Access& access = accesses_[at_];
  if (access.read == kWrite) {
    if (ports_.awvalid.get() != 0 && ports_.awready.get() != 0) address_taken_ = true;
    if (ports_.wvalid.get() != 0 && ports_.wready.get() != 0) data_taken_ = true;
    if (ports_.bvalid.get() == 0) return;
    check(ports_.bresp.get() == 0, "the engine refused a write of a register that it has");
    return next();
  }
  if (ports_.arvalid.get() != 0 && ports_.arready.get() != 0) address_taken_ = true;
  if (ports_.rvalid.get() == 0) return;
  check(ports_.rresp.get() == 0, "the engine refused to have a register read that it has");
  values_[access.read] |= ports_.rdata.get() << access.shift;
  next();
}

}  // namespace weft::sim::rtl
