// What the FuseMax engine makes of a response of memory that is not OKAY: the run goes on to its
// end with what it was given, in as many cycles, and STATUS tells until the driver clears it.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "models/numerics/bf16.hpp"
#include "sim/rtl/axi_memory.hpp"
#include "sim/rtl/fusemax_library.hpp"
#include "sim/rtl/register_bus.hpp"

namespace weft::sim::rtl {
namespace {

constexpr std::uint64_t kSlaveError = 2, kDecodeError = 3;
constexpr std::uint64_t kDone = 2, kError = 4;  // bits of STATUS
constexpr std::uint64_t kHeads = 2, kQueries = 9, kKeys = 11, kWidth = 8;
constexpr std::uint64_t kBase = 0x1'0000'0000;
constexpr std::uint64_t kHeadBytes = 192;  // 11 rows of 16 bytes, to whole bursts of 64
constexpr std::uint64_t kTensorBytes = kHeads * kHeadBytes;

// What a driver sees of a run.
struct Seen {
  std::uint64_t status = 0, cycles = 0, reads = 0, writes = 0;
  std::vector<std::uint8_t> outputs;
};

// An engine of side 4 and its driver, who runs the same two heads of attention as often as asked.
class Driver {
 public:
  Driver()
      : instance_(fusemax_of_side(4)),
        registers_(instance_),
        memory_(instance_, "axi",
                {.dram = {.bandwidth_bytes_per_s = 8e9,
                          .latency_cycles = 20,
                          .outstanding = 16,
                          .burst_bytes = 64,
                          .bus_bytes = 8},
                 .clock_hz = 1e9,
                 .base = kBase,
                 .bytes = 4 * kTensorBytes}),
        reset_(instance_.reset()),
        busy_(instance_.output("busy_o", 1)),
        interrupt_(instance_.output("irq_o", 1)) {
    for (std::uint64_t i = 0; i < 3 * kTensorBytes / 2; ++i) {
      const auto bits = numerics::bf16_bits(static_cast<float>(i * 37 % 61) / 32 - 1);
      std::memcpy(memory_.bytes().data() + 2 * i, &bits, sizeof bits);
    }
    reset_.set(0);
    for (int cycle = 0; cycle < 4; ++cycle) step();
    reset_.set(1);
    configure();
  }

  Seen run() {
    std::memset(outputs(), 0x5A, kTensorBytes);
    registers_.write("control", 3);  // start, with the interrupt
    for (access(); busy_.get() != 0;) step();
    EXPECT_EQ(interrupt_.get(), 1U);
    const std::size_t cycles = registers_.read("cycles"), reads = registers_.read("read_requests"),
                      writes = registers_.read("write_requests");
    Seen seen{.status = status(), .outputs = {outputs(), outputs() + kTensorBytes}};
    seen.cycles = registers_.value(cycles);
    seen.reads = registers_.value(reads);
    seen.writes = registers_.value(writes);
    return seen;
  }
  std::uint64_t status() {
    const std::size_t read = registers_.read("status");
    access();
    return registers_.value(read);
  }
  void clear(std::uint64_t bits) {
    registers_.write("status", bits);
    access();
  }
  AxiMemory& memory() { return memory_; }

 private:
  std::uint8_t* outputs() { return memory_.bytes().data() + 3 * kTensorBytes; }

  void configure() {
    const std::pair<const char*, std::uint64_t> values[] = {
        {"seq_q", kQueries}, {"seq_kv", kKeys},  {"width_qk", kWidth},
        {"width_v", kWidth}, {"heads", kHeads},  {"group", 1},
        {"flags", 0},        {"block_tiles", 2}, {"scale_log2e", numerics::bits_of(0.5F)}};
    for (const auto& [name, value] : values) registers_.write(name, value);
    std::uint64_t base = kBase;
    for (const std::string tensor : {"q", "k", "v", "out"}) {
      registers_.write("base_" + tensor, base);
      registers_.write("head_bytes_" + tensor, kHeadBytes);
      base += kTensorBytes;
    }
    access();
  }
  // Until the driver's accesses are through.
  void access() {
    while (!registers_.done()) step();
  }
  void step() {
    ASSERT_LT(now_, 1'000'000) << "no end";
    if (now_ >= 4) registers_.drive();
    memory_.drive(now_);
    instance_.settle();
    memory_.observe(now_);
    if (now_ >= 4) registers_.observe();
    instance_.tick();
    ++now_;
  }

  Instance instance_;
  RegisterBus registers_;
  AxiMemory memory_;
  Port reset_, busy_, interrupt_;
  Cycle now_ = 0;
};

using Refuse = void (AxiMemory::*)(std::uint64_t, std::uint64_t);

// One run with that response, and what comes after it. Whether its outputs were other ones.
bool told(const Seen& undisturbed, Refuse refuse, std::uint64_t number, std::uint64_t response) {
  SCOPED_TRACE("response " + std::to_string(response) + " to access " + std::to_string(number));
  Driver driver;
  (driver.memory().*refuse)(number, response);
  const Seen seen = driver.run();
  EXPECT_EQ(seen.status, kDone | kError);
  EXPECT_EQ(seen.cycles, undisturbed.cycles);  // it went on to its end
  EXPECT_EQ(seen.reads, undisturbed.reads);
  EXPECT_EQ(seen.writes, undisturbed.writes);
  // Clearing done leaves the error, and so does another run, whose values have nothing of it.
  driver.clear(kDone);
  EXPECT_EQ(driver.status(), kError);
  const Seen next = driver.run();
  EXPECT_EQ(next.status, kDone | kError);
  EXPECT_EQ(next.outputs, undisturbed.outputs);
  driver.clear(kDone | kError);
  EXPECT_EQ(driver.status(), 0U);
  const Seen clean = driver.run();
  EXPECT_EQ(clean.status, kDone);
  EXPECT_EQ(clean.cycles, undisturbed.cycles);
  EXPECT_EQ(clean.outputs, undisturbed.outputs);
  return seen.outputs != undisturbed.outputs;
}

TEST(FusemaxRtlErrors, AResponseThatIsNotOkayIsToldUntilItIsCleared) {
  const Seen undisturbed = Driver().run();
  ASSERT_EQ(undisturbed.status, kDone);
  // All of Q, of K and V for each of two blocks of queries, and the outputs, in bursts of 4 rows.
  ASSERT_EQ(undisturbed.reads, kHeads * (3 + 2 * (3 + 3)));
  ASSERT_EQ(undisturbed.writes, kHeads * 3);
  int cases = 0;
  for (const std::uint64_t response : {kSlaveError, kDecodeError}) {
    for (const std::uint64_t number :
         {std::uint64_t{0}, undisturbed.reads / 2, undisturbed.reads - 1}) {
      // Q, K and V are ones, NaN, where the response is not OKAY, and reach the outputs.
      EXPECT_TRUE(told(undisturbed, &AxiMemory::refuse_read, number, response));
      ++cases;
    }
    for (const std::uint64_t number :
         {std::uint64_t{0}, undisturbed.writes / 2, undisturbed.writes - 1}) {
      EXPECT_FALSE(told(undisturbed, &AxiMemory::refuse_write, number, response));
      ++cases;
    }
  }
  EXPECT_EQ(cases, 12);
}

}  // namespace
}  // namespace weft::sim::rtl
