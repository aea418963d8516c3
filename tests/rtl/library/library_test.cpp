// The loader of Verilated libraries with an engine that is not FuseMax (weft_summer.sv): its ports,
// registers and memory are found by name, by the code that finds FuseMax's.
#include "sim/rtl/library.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "models/common/error.hpp"
#include "sim/rtl/axi_memory.hpp"
#include "sim/rtl/engine_library.hpp"
#include "sim/rtl/register_bus.hpp"

namespace weft::sim::rtl {
namespace {

constexpr std::uint64_t kBase = 0x12'0000'0000;  // its upper half does not fit one word
constexpr int kBias = 7;                         // of the library: CMakeLists.txt

std::string said_by(const std::function<void()>& body) {
  try {
    body();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

void expect_said(const std::function<void()>& body, const std::vector<std::string>& all) {
  const std::string said = said_by(body);
  for (const std::string& words : all)
    EXPECT_NE(said.find(words), std::string::npos) << words << "\nin\n" << said;
}

TEST(Library, DeclaresItsPorts) {
  const auto library = Library::open(SUMMER);
  EXPECT_EQ(library->engine(), "summer");
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> ports;
  for (const weft_rtl_port& port : library->ports()) ports[port.name] = {port.kind, port.bits};
  EXPECT_EQ(ports.size(), 2u + 17u + 21u + 4u);  // clock and reset, csr, mem, its own
  using Port = std::pair<std::uint32_t, std::uint32_t>;
  EXPECT_EQ(ports.at("clock_i"), Port(WEFT_RTL_CLOCK, 1));
  EXPECT_EQ(ports.at("reset_ni"), Port(WEFT_RTL_RESET, 1));
  EXPECT_EQ(ports.at("level_i"), Port(WEFT_RTL_INPUT, 5));
  EXPECT_EQ(ports.at("csr_awaddr_i"), Port(WEFT_RTL_INPUT, 8));
  EXPECT_EQ(ports.at("total_o"), Port(WEFT_RTL_OUTPUT, 40));
  EXPECT_EQ(ports.at("recent_o"), Port(WEFT_RTL_OUTPUT, 96));
}

TEST(Library, DeclaresItsRegistersMemoryAndParameters) {
  const auto library = Library::open(SUMMER);
  EXPECT_EQ(library->register_bus(), "csr");
  EXPECT_EQ(library->registers().size(), 6u);
  EXPECT_EQ(library->register_of("count").offset, 0x18u);
  EXPECT_EQ(library->register_of("count").bits, 32u);
  EXPECT_EQ(library->register_of("target").offset, 0x10u);
  EXPECT_EQ(library->register_of("target").bits, 64u);
  ASSERT_EQ(library->memories().size(), 1u);
  EXPECT_EQ(library->memory_of("mem").data_bits, 32u);
  EXPECT_EQ(library->memory_of("mem").address_bits, 40u);
  EXPECT_EQ(library->parameter("bias"), static_cast<std::uint64_t>(kBias));
  EXPECT_EQ(library->source_hash().size(), 64u);
}

// The engine with its memory, stepped until it has ended.
struct Summer {
  explicit Summer(std::vector<std::uint32_t> words, std::uint32_t level, memory::Stalls stalls = {})
      : instance(Library::open(SUMMER)),
        registers(instance),
        memory(instance, "mem",
               {.dram = {.bandwidth_bytes_per_s = 32e9,
                         .latency_cycles = 20,
                         .outstanding = 1,
                         .burst_bytes = 16,
                         .bus_bytes = 4},
                .clock_hz = 1e9,
                .stalls = stalls,
                .base = kBase,
                .bytes = 4 * words.size() + 4}),
        reset(instance.reset()),
        total(instance.output("total_o", 40)),
        recent(instance.output("recent_o", 96)) {
    std::memcpy(memory.bytes().data(), words.data(), 4 * words.size());
    instance.input("level_i", 5).set(level);
    registers.write("source", kBase);
    registers.write("target", kBase + 4 * words.size());
    registers.write("count", words.size());
    registers.write("control", 1);
  }
  // Cycles until the write was answered.
  int run() {
    const Port busy = instance.output("busy_o", 1);
    int cycles = 0;
    for (bool began = false; cycles < 100'000; ++cycles) {
      reset.set(cycles < 2 ? 0 : 1);
      if (cycles >= 2) registers.drive();
      memory.drive(cycles);
      instance.settle();
      memory.observe(cycles);
      if (cycles >= 2) registers.observe();
      const bool is_busy = busy.get() != 0;
      instance.tick();
      if (began && !is_busy) break;
      began = is_busy;
    }
    return cycles;
  }
  std::uint64_t read(const char* name) {
    const std::size_t at = registers.read(name);
    for (int cycle = 0; !registers.done() && cycle < 100; ++cycle) {
      registers.drive();
      instance.settle();
      registers.observe();
      instance.tick();
    }
    return registers.value(at);
  }

  Instance instance;
  RegisterBus registers;
  AxiMemory memory;
  Port reset, total, recent;
};

TEST(Library, AnEngineOfItsOwnRuns) {
  const std::vector<std::uint32_t> words = {0xFFFF'FFFF, 0xFFFF'FFF0, 3, 0x8000'0001, 5};
  constexpr std::uint32_t kLevel = 19;
  Summer summer(words, kLevel);
  summer.run();
  const std::uint64_t sum = std::accumulate(words.begin(), words.end(), std::uint64_t{0}) +
                            words.size() * (kBias + kLevel);
  ASSERT_GT(sum >> 32, 0u);  // beyond one word of a register of two
  EXPECT_EQ(summer.total.get(), sum);
  EXPECT_EQ(summer.read("total"), sum);
  EXPECT_EQ(summer.read("status"), 2u);
  EXPECT_EQ(summer.read("source"), kBase);
  std::uint32_t written = 0;
  std::memcpy(&written, summer.memory.bytes().data() + 4 * words.size(), 4);
  EXPECT_EQ(written, static_cast<std::uint32_t>(sum));
  std::uint32_t recent[3] = {};
  summer.recent.get_bytes(recent);
  EXPECT_EQ(recent[0], 5u);
  EXPECT_EQ(recent[1], 0x8000'0001u);
  EXPECT_EQ(recent[2], 3u);
}

// Signals of channels that stand side by side: each is got and set without the others.
TEST(Port, ASliceIsItsPartAlone) {
  std::array<std::uint32_t, 4> words{};
  Port whole(words.data(), 96);
  for (std::uint32_t i = 0; i < 2; ++i) whole.slice(i, 2).set(0x1234'5678'9ABC + i);
  EXPECT_EQ(words, (std::array<std::uint32_t, 4>{0x5678'9ABC, 0x9ABD'1234, 0x1234'5678, 0}));
  EXPECT_EQ(whole.slice(0, 2).get(), 0x1234'5678'9ABCu);
  EXPECT_EQ(whole.slice(1, 2).get(), 0x1234'5678'9ABDu);
  std::array<std::uint8_t, 6> bytes{};
  whole.slice(1, 2).get_bytes(bytes.data());
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 6>{0xBD, 0x9A, 0x78, 0x56, 0x34, 0x12}));

  std::uint8_t two = 0;
  Port responses(&two, 8);  // four of two bits
  responses.slice(1, 4).set(3);
  responses.slice(3, 4).set(2);
  EXPECT_EQ(two, 0b1000'1100);
  responses.slice(1, 4).set(1);
  EXPECT_EQ(two, 0b1000'0100);
  EXPECT_EQ(responses.slice(0, 4).get(), 0u);
  EXPECT_EQ(responses.slice(1, 4).get(), 1u);
  EXPECT_EQ(responses.slice(3, 4).get(), 2u);
  EXPECT_EQ(responses.slice(0, 1).get(), 0b1000'0100u);
  EXPECT_THROW(responses.slice(0, 3), ContractError);
}

TEST(Library, ItsMemoryStallsAsAnyOther) {
  const std::vector<std::uint32_t> words(50, 1);
  Summer plain(words, 0);
  Summer stalled(words, 0, {weft::engine::StallProfile::both, 3});
  const int before = plain.run();
  const int after = stalled.run();
  EXPECT_GT(after, before);
  EXPECT_EQ(stalled.total.get(), plain.total.get());
  EXPECT_EQ(plain.total.get(), 50u * (1 + kBias));
}

TEST(Library, AFailingAssertionIsAnErrorOfTheInstance) {
  Summer summer({}, 0);  // nothing to add
  try {
    summer.run();
    FAIL() << "the assertion fails";
  } catch (const ContractError& error) {
    EXPECT_NE(std::string(error.what()).find("there is nothing to add"), std::string::npos)
        << error.what();
  }
  Summer again({1}, 0);  // another instance is none the worse
  again.run();
  EXPECT_EQ(again.total.get(), 1u + kBias);
}

TEST(Library, WhatItDoesNotHaveIsNamed) {
  Instance instance(Library::open(SUMMER));
  const Library& library = instance.library();
  expect_said([&] { instance.input("levl_i"); },
              {"libsummer.so", "'levl_i'", "'summer'", "did you mean 'level_i'?", "csr_awvalid_i"});
  expect_said([&] { instance.output("fire_2d_valid_o"); }, {"port", "'fire_2d_valid_o'"});
  expect_said([&] { instance.input("total_o"); }, {"'total_o'", "is an output", "an input"});
  expect_said([&] { instance.input("level_i", 8); }, {"'level_i'", "has 5 bits", "8 are needed"});
  expect_said([&] { instance.input("clock_i"); }, {"'clock_i'", "is the clock"});
  expect_said([&] { library.register_of("seq_q"); }, {"register", "'seq_q'", "source, target"});
  expect_said([&] { library.memory_of("axi"); }, {"memory", "'axi'", "it has mem"});
  expect_said([&] { library.parameter("side"); }, {"parameter", "'side'", "it has bias"});
}

TEST(Library, AnotherVersionIsRefusedWithWhatToDo) {
  expect_said([] { Library::open(OLD); },
              {"libweft_rtl_old.so", "abi_version", "'2'", "takes 3", "weft rtl build"});
}

TEST(Library, AnotherEngineIsNotFusemax) {
  expect_said([] { open_engine(fusemax_kind(), SUMMER); },
              {"libsummer.so", "engine", "'summer'", "'fusemax'"});
}

}  // namespace
}  // namespace weft::sim::rtl
