// Mappings against the arithmetic of hbm.md, and bit lists of a user.
#include "models/memory/address_map.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>

#include "tests/common/seed.hpp"
#include "tests/memory/dram_support.hpp"
#include "tests/memory/written_file.hpp"

namespace weft::memory {
namespace {

using sim::memory::mapping_named;
using sim::memory::part_named;

// Takes the lowest bits of an address, one field after another.
struct Taker {
  std::uint64_t rest;
  std::uint64_t take(int bits) {
    const std::uint64_t low = rest & ((std::uint64_t{1} << bits) - 1);
    rest >>= bits;
    return low;
  }
};

struct Fields {
  std::uint64_t half = 0, stack = 0, group = 0, bank = 0, row = 0, column = 0;
};

Fields by_hand(const std::string& mapping, bool hbm3, std::uint64_t address) {
  Taker t{address >> 5};
  Fields f;
  if (mapping == "RoBaRaCoCh") {
    f.column = t.take(5);
    f.half = t.take(1);
    if (hbm3) f.stack = t.take(1);
    f.group = t.take(2);
    f.bank = t.take(2);
    f.row = t.rest;
  } else if (mapping == "MOP4CLXOR") {
    f.column = t.take(2);
    f.half = t.take(1);
    if (hbm3) f.stack = t.take(1);
    f.group = t.take(2);
    f.bank = t.take(2);
    f.column |= t.take(3) << 2;
    f.row = t.rest;
    f.half ^= f.column & 1;
    if (hbm3) f.stack ^= f.column >> 1 & 1;
    f.group ^= f.column >> (hbm3 ? 2 : 1) & 3;
    f.bank ^= f.column >> (hbm3 ? 4 : 3);
  } else {
    f.column = t.take(5);
    f.row = t.take(hbm3 ? 14 : 16);
    f.bank = t.take(2);
    f.group = t.take(2);
    if (hbm3) f.stack = t.take(1);
    f.half = t.take(1);
  }
  return f;
}

TEST(AddressMap, IsTheArithmeticOfThePage) {
  const std::uint64_t seed = weft::test::seed_or(1501);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (const bool hbm3 : {false, true}) {
    const DramPart part = part_named(hbm3 ? "hbm3" : "hbm2");
    for (const char* name : {"RoBaRaCoCh", "MOP4CLXOR", "ChRaBaRoCo"}) {
      const AddressMap map = mapping_named(name, part);
      for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t address =
            random() % static_cast<std::uint64_t>(part.organisation.channel_bytes());
        const Fields f = by_hand(name, hbm3, address);
        const Place place = map.place(address);
        const std::uint64_t stacks = hbm3 ? 2 : 1;
        ASSERT_EQ(static_cast<std::uint64_t>(place.bank),
                  ((f.half * stacks + f.stack) * 4 + f.group) * 4 + f.bank)
            << name << " " << address;
        ASSERT_EQ(static_cast<std::uint64_t>(place.row), f.row) << name << " " << address;
        ASSERT_EQ(static_cast<std::uint64_t>(place.column), f.column) << name << " " << address;
      }
    }
  }
}

// A list of one's own, with a hash of the row in bank and group: one place, one address.
TEST(AddressMap, AListOfOnesOwnIsOneToOne) {
  DramPart part = part_named("hbm2");
  part.organisation.rows = 16;
  const AddressMap map =
      load_mapping(test::WrittenFile(
                       "address_map_test.yaml",
                       "low_to_high: [\"column:3\", \"bank_group:1\", pseudochannel, bank, column, "
                       "bank_group, row]\n"
                       "xor:\n  - {fields: [bank_group, bank], with: row}\n"
                       "  - {fields: [pseudochannel], with: column, from: 4}\n")
                       .path(),
                   part.organisation);
  std::set<std::tuple<std::int32_t, std::int64_t, std::int32_t>> seen;
  const std::int64_t accesses = part.organisation.channel_bytes() / 32;
  for (std::int64_t i = 0; i < accesses; ++i) {
    const Place place = map.place(static_cast<std::uint64_t>(i) * 32);
    seen.emplace(place.bank, place.row, place.column);
    EXPECT_LT(place.bank, 32);
  }
  EXPECT_EQ(static_cast<std::int64_t>(seen.size()), accesses);
  // Row 5 = 0101: group 1, bank 1 are XORed in.
  EXPECT_EQ(map.place(std::uint64_t{5} << 15).bank, 1 * 4 + 1);
}

TEST(AddressMap, FaultsAreNamedByLine) {
  const DramPart part = part_named("hbm2");
  const auto fault = [&](const std::string& text) -> std::string {
    try {
      load_mapping(test::WrittenFile("address_map_test.yaml", text).path(), part.organisation);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  const auto says = [&](const std::string& text, const std::string& part_of_it) {
    const std::string message = fault(text);
    EXPECT_NE(message.find(part_of_it), std::string::npos) << text << ": " << message;
    EXPECT_NE(message.find("address_map_test.yaml:"), std::string::npos) << message;
  };
  says("low_to_high: [column, pseudochannel, bank, row]\n", "2 of the 2 bits of bank_group");
  says("low_to_high: [column, pseudochannel, bank_group, \"bank:1\", row]\n",
       "1 of the 2 bits of bank");
  says("low_to_high: [\"column:6\", pseudochannel, bank_group, bank, row]\n",
       "5 bits of it are left");
  says("low_to_high: [colum, pseudochannel, bank_group, bank, row]\n", "'colum'");
  says("low_to_high: [\"column:x\", pseudochannel, bank_group, bank, row]\n", "'column:x'");
  says(
      "low_to_high: [column, pseudochannel, bank_group, bank, row]\n"
      "xor:\n  - {fields: [bank], with: bank_group}\n  - {fields: [bank_group], with: row}\n",
      "two places would have one address");
}

TEST(ChannelMap, CutsItsBitsOut) {
  const ChannelMap map(16, 64);
  EXPECT_EQ(map.channel(64 * 17 + 5), 1U);
  EXPECT_EQ(map.within(64 * 17 + 5), 64U + 5);
  std::set<std::pair<std::size_t, std::uint64_t>> seen;
  for (std::uint64_t a = 0; a < 16 * 1024; a += 32) seen.emplace(map.channel(a), map.within(a));
  EXPECT_EQ(seen.size(), 512U);
  for (const auto& [channel, within] : seen) EXPECT_LT(within, 1024U);
  EXPECT_EQ(ChannelMap(1, 256).within(12345), 12345U);
}

}  // namespace
}  // namespace weft::memory
