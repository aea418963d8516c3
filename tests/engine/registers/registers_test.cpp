// weft_registers: the map, starts good and bad, and any traffic against the model.
#include <Vregisters_16.h>
#include <Vregisters_256.h>
#include <Vregisters_4.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/common/seed.hpp"
#include "tests/engine/registers/registers_bench.hpp"

namespace weft::test {
namespace {

template <class M, std::uint32_t side, std::uint32_t contexts, std::uint32_t max_width>
struct Variant {
  using Model = M;
  static constexpr std::uint32_t kSide = side;
  static constexpr std::uint32_t kContexts = contexts;
  static constexpr std::uint32_t kMaxWidth = max_width;
};

template <class V>
class Registers : public testing::Test {
 protected:
  using B = RegistersBench<V>;

  void settle(B& bench) {
    for (int i = 0; i < 10'000 && !bench.quiet() && !this->HasFatalFailure(); ++i) bench.cycle();
    ASSERT_TRUE(bench.quiet()) << "no progress";
  }
  int write(B& bench, std::uint32_t address, std::uint32_t data, std::uint32_t strobe = 15) {
    bench.write(address, data, strobe);
    settle(bench);
    return bench.write_answers.empty() ? -1 : bench.write_answers.back();
  }
  RegisterAnswer read(B& bench, std::uint32_t address) {
    bench.reads.push_back(address);
    settle(bench);
    return bench.read_answers.empty() ? RegisterAnswer{0, -1} : bench.read_answers.back();
  }
  // The least configuration that starts.
  void configure(B& bench) {
    for (const std::uint32_t address :
         {kSeqQ, kSeqKv, kWidthQk, kWidthV, kHeads, kGroup, kBlockTiles})
      write(bench, address, 1);
  }
};

using Variants = testing::Types<Variant<Vregisters_16, 16, 3, 128>, Variant<Vregisters_4, 4, 2, 64>,
                                Variant<Vregisters_256, 256, 255, 255>>;
TYPED_TEST_SUITE(Registers, Variants);

TYPED_TEST(Registers, SaysWhatItIs) {
  typename TestFixture::B bench(Stalls::none, 1);
  EXPECT_EQ(this->read(bench, 0).data, 0x57460002u);
  EXPECT_EQ(this->read(bench, 4).data,
            TypeParam::kMaxWidth << 16 | TypeParam::kContexts << 8 | (TypeParam::kSide & 0xFF));
}

// Address and data in cycle t, written in t + 1, answered in t + 2; a read is answered in t + 1.
TYPED_TEST(Registers, AnswersAsSoonAsThePageSays) {
  typename TestFixture::B bench(Stalls::none, 1);
  constexpr std::size_t seq_kv = 32 + 1 + 16 + 8 + 8 + 40;
  bench.write(kSeqKv, 77);
  bench.cycle();
  EXPECT_EQ(port_bits(bench.dut()->config_o, seq_kv, 24), 0u);
  bench.cycle();
  EXPECT_EQ(port_bits(bench.dut()->config_o, seq_kv, 24), 77u);
  EXPECT_EQ(bench.dut()->axil_bvalid_o, 1);
  bench.cycle();
  EXPECT_EQ(bench.write_answers, std::vector<int>{kOkay});
  bench.reads.push_back(kSeqKv);
  bench.cycle();
  EXPECT_EQ(bench.dut()->axil_rvalid_o, 1);
  EXPECT_EQ(bench.dut()->axil_rdata_o, 77u);
}

TYPED_TEST(Registers, EveryWordOfTheMapAndBetween) {
  typename TestFixture::B bench(Stalls::none, 1);
  std::uint64_t mapped = 0;
  for (std::uint32_t address = 0; address < 4096; address += 4) {
    const bool config =
        (address >= kSeqQ && address <= kScale) || (address >= kQBase && address <= kOutHeadBytes);
    const bool there =
        config || address <= kStatus || (address >= kCycles && address < kCountersEnd);
    const std::uint32_t value = 0xA5000000u + address * 0x10001u;
    EXPECT_EQ(this->write(bench, address, address == kControl ? 2 : value), there ? kOkay : kSlvErr)
        << address;
    const RegisterAnswer answer = this->read(bench, address);
    EXPECT_EQ(answer.response, there ? kOkay : kSlvErr) << address;
    if (config) {
      EXPECT_EQ(answer.data, address == kFlags ? value & 1 : value) << address;
    }
    if (!there) {
      EXPECT_EQ(answer.data, 0u) << address;
    }
    if (this->HasFatalFailure()) return;
    mapped += there ? 1 : 0;
  }
  EXPECT_EQ(mapped, 4u + 9 + 12 + 26);
}

TYPED_TEST(Registers, StartsOnlyWithAConfigurationThatCanRun) {
  typename TestFixture::B bench(Stalls::none, 1);
  struct Case {
    std::uint32_t address, value;
    bool good;
  };
  const std::uint32_t most = TypeParam::kMaxWidth;
  const std::vector<Case> cases{
      {kScale, 0, true},           {kSeqQ, 0, false},           {kSeqQ, 0xFFFFFF, true},
      {kSeqQ, 0x1000000, false},   {kSeqKv, 0, false},          {kSeqKv, 0xFFFFFF, true},
      {kSeqKv, 0x1000001, false},  {kWidthQk, 0, false},        {kWidthQk, most, true},
      {kWidthQk, most + 1, false}, {kWidthQk, 0x101, false},    {kWidthV, 0, false},
      {kWidthV, most, true},       {kWidthV, most + 1, false},  {kWidthV, 0x80000001, false},
      {kHeads, 0, false},          {kHeads, 0xFFFFFF, true},    {kHeads, 0x1000001, false},
      {kGroup, 0, false},          {kGroup, 0xFFFF, true},      {kGroup, 0x10001, false},
      {kBlockTiles, 0, false},     {kBlockTiles, 0xFFFF, true}, {kBlockTiles, 0x10001, false}};
  for (const Case& c : cases) {
    SCOPED_TRACE("register " + std::to_string(c.address) + " = " + std::to_string(c.value));
    this->configure(bench);
    this->write(bench, c.address, c.value);
    const std::uint64_t before = bench.starts;
    EXPECT_EQ(this->write(bench, kControl, 1), kOkay);
    EXPECT_EQ(bench.starts, before + (c.good ? 1 : 0));
    EXPECT_EQ(this->read(bench, kStatus).data, c.good ? 1u : 4u);
    bench.finish = c.good;
    bench.cycle();
    EXPECT_EQ(this->read(bench, kStatus).data, c.good ? 2u : 4u);
    this->write(bench, kStatus, 6);
    EXPECT_EQ(this->read(bench, kStatus).data, 0u);
  }
}

// Row r of a head is query r / GROUP: their number has 24 bits, too.
TYPED_TEST(Registers, TheRowsOfAHeadAreItsQueriesTimesTheGroup) {
  typename TestFixture::B bench(Stalls::none, 1);
  constexpr std::size_t rows = 32 + 1 + 16 + 8 + 8 + 40 + 24;
  this->configure(bench);
  this->write(bench, kSeqQ, 0x4001);
  this->write(bench, kSeqKv, 0x5003);
  for (const std::uint32_t group : {1u, 3u, 0x3FFu, 0x400u}) {
    this->write(bench, kGroup, group);
    EXPECT_EQ(port_bits(bench.dut()->config_o, rows - 64, 40), 0x1002u * group);
    EXPECT_EQ(port_bits(bench.dut()->config_o, rows, 24), 0x4001u * group & 0xFFFFFF);
    const std::uint64_t before = bench.starts;
    this->write(bench, kControl, 1);
    EXPECT_EQ(bench.starts, before + (group < 0x400 ? 1 : 0)) << group;
    bench.finish = true;
    bench.cycle();
  }
}

TYPED_TEST(Registers, ACausalRunWantsAsManyKeysAsQueries) {
  typename TestFixture::B bench(Stalls::none, 1);
  for (const std::uint32_t causal : {0u, 1u}) {
    for (const std::uint32_t keys : {6u, 7u, 8u}) {
      this->configure(bench);
      this->write(bench, kSeqQ, 7);
      this->write(bench, kSeqKv, keys);
      this->write(bench, kFlags, causal);
      const std::uint64_t before = bench.starts;
      this->write(bench, kControl, 1);
      EXPECT_EQ(bench.starts, before + (causal == 0 || keys >= 7 ? 1 : 0)) << causal << ' ' << keys;
      bench.finish = true;
      bench.cycle();
    }
  }
  this->configure(bench);
  bench.config_bad = true;
  const std::uint64_t before = bench.starts;
  this->write(bench, kControl, 1);
  EXPECT_EQ(bench.starts, before) << "the engine said that it does not fit";
}

TYPED_TEST(Registers, TheInterruptIsDoneAndEnabled) {
  typename TestFixture::B bench(Stalls::none, 1);
  this->configure(bench);
  this->write(bench, kControl, 1);
  bench.finish = true;
  bench.cycle();
  EXPECT_EQ(bench.dut()->irq_o, 0);
  this->write(bench, kControl, 2);
  EXPECT_EQ(bench.dut()->irq_o, 1);
  this->write(bench, kStatus, 2, 14);
  EXPECT_EQ(bench.dut()->irq_o, 1) << "the byte of the bit was not strobed";
  this->write(bench, kStatus, 2);
  EXPECT_EQ(bench.dut()->irq_o, 0);
  EXPECT_EQ(this->read(bench, kControl).data, 2u);
}

// Random addresses, mostly of the map, and data that often makes a configuration that can run.
TYPED_TEST(Registers, AnyTrafficUnderStallsOfEveryChannel) {
  const std::uint64_t seed = seed_or(71);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bins bins(registers_bin_names());
  std::map<std::uint32_t, std::uint64_t> read_addresses;
  std::uint64_t compared = 0;
  std::uint64_t starts = 0;
  for (const Stalls stalls : kAllStalls) {
    SCOPED_TRACE(name_of(stalls));
    typename TestFixture::B bench(stalls, random());
    bench.bins = bins;
    const auto any_address = [&]() -> std::uint32_t {
      const std::uint32_t byte = random() % 8 == 0 ? random() % 4 : 0;  // within the word: ignored
      switch (random() % 8) {
        case 0: return kControl + byte;
        case 1: return kStatus + byte;
        case 2: return static_cast<std::uint32_t>(random() % 4096);
        case 3: return static_cast<std::uint32_t>(kCycles + random() % (kCountersEnd - kCycles));
        default: return static_cast<std::uint32_t>(kSeqQ + 4 * (random() % 24)) + byte;
      }
    };
    constexpr std::uint64_t cycles =
        20'000;  // whatever WEFT_BENCH_SCALE: half of them meet no "done set and cleared at once"
    for (std::uint64_t i = 0; i < cycles; ++i) {
      if (bench.writes_aw.size() < 3) {
        const auto data =
            static_cast<std::uint32_t>(random() % 4 == 0 ? random() : 1 + random() % 3);
        bench.write(any_address(), data,
                    random() % 4 == 0 ? static_cast<std::uint32_t>(random() % 16) : 15);
        if (bench.reads.size() > 1 && random() % 2 == 0)
          bench.reads.back() = bench.writes_aw.back().address;
      }
      if (bench.reads.size() < 3) {
        bench.reads.push_back(any_address());
        ++read_addresses[bench.reads.back() & ~3u];
      }
      bench.finish = bench.busy && random() % 8 == 0;
      bench.error = bench.busy && random() % 16 == 0;
      bench.config_bad = random() % 8 == 0;
      bench.cycle();
      if (this->HasFailure()) return;
    }
    compared += bench.compared;
    starts += bench.starts;
    bins = bench.bins;
  }
  EXPECT_GT(compared, 5'000u);
  EXPECT_GT(starts, 50u);
  for (std::uint32_t address = kCycles; address < kCountersEnd; address += 4) {
    EXPECT_GT(read_addresses[address], 0u) << "never read: " << address;
  }
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
