// The SpAtten engine's registers as a host sees them: what is written of the configuration is read
// back, all of its bits, before and behind a layer's fields.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "models/common/error.hpp"
#include "sim/rtl/register_bus.hpp"
#include "sim/rtl/spatten_library.hpp"
#include "tests/common/seed.hpp"

namespace weft::sim::rtl {
namespace {

constexpr std::uint32_t kControl = 0x008, kConfig = 0x010, kHeadIndex = 0x0A0;

class Registers {
 public:
  Registers() : instance_(spatten_library(kSpattenScales.front())), bus_(instance_) {
    for (int cycle = 0; cycle < 4; ++cycle) {
      instance_.reset().set(cycle < 2 ? 0 : 1);
      instance_.settle();
      instance_.tick();
    }
  }
  const Library& library() const { return instance_.library(); }
  void write(const std::string& name, std::uint64_t value) {
    bus_.write(name, value);
    follow();
  }
  std::uint64_t read(const std::string& name) {
    const std::size_t at = bus_.read(name);
    follow();
    return bus_.value(at);
  }

 private:
  void follow() {
    for (int cycle = 0; !bus_.done(); ++cycle) {
      ASSERT_LT(cycle, 1000);
      bus_.drive();
      instance_.settle();
      bus_.observe();
      instance_.tick();
    }
  }
  Instance instance_;
  RegisterBus bus_;
};

TEST(SpattenRtlRegisters, TheConfigurationIsReadBack) {
  const std::uint64_t seed = weft::test::seed_or(19);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  Registers registers;
  std::map<std::string, std::uint64_t> written;
  for (int round = 0; round < 2; ++round) {
    for (const weft_rtl_register& one : registers.library().registers()) {
      if (one.offset < kConfig || one.offset >= kHeadIndex) continue;
      const std::uint64_t value = one.bits == 64 ? random() : random() >> 32;
      if (round == 0) {
        EXPECT_EQ(registers.read(one.name), 0u) << one.name;  // after reset
      } else {
        EXPECT_EQ(registers.read(one.name), written.at(one.name)) << one.name;
      }
      registers.write(one.name, value);
      written[one.name] = value;
      EXPECT_EQ(registers.read(one.name), value) << one.name;
    }
  }
  EXPECT_EQ(written.size(), 27u);
  for (const auto& [name, value] : written) EXPECT_EQ(registers.read(name), value) << name;
  EXPECT_EQ(registers.library().register_of("control").offset, kControl);
  EXPECT_EQ(registers.read("control"), 0u);
  EXPECT_EQ(registers.read("status"), 0u);
  registers.write("list_index", 5);
  EXPECT_EQ(registers.read("list_index"), 5u);
}

TEST(SpattenRtlRegisters, WhatCannotBeReadIsRefused) {
  Registers registers;
  registers.write("head_index", 3);
  EXPECT_THROW(registers.read("head_index"), ContractError);  // written alone
  Registers others;
  EXPECT_THROW(others.write("cycles", 1), ContractError);
}

}  // namespace
}  // namespace weft::sim::rtl
