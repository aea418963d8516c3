#include "models/numerics/planes.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "tests/common/seed.hpp"

namespace weft::numerics {
namespace {

TEST(Planes, AddressesAndBytesAreThoseByHand) {
  // 20 channels of 4 and of 8 bits: 10 bytes, with a scale of 4 behind them, and 20.
  const Planes planes(Format::integer(12, Granularity::token), {4, 8}, 5, 20);
  EXPECT_EQ(planes.count(), 2);
  EXPECT_EQ(planes.row_bytes(0), 14);
  EXPECT_EQ(planes.row_bytes(1), 20);
  EXPECT_EQ(planes.address(0, 3), 42);
  EXPECT_EQ(planes.address(1, 0), 70);
  EXPECT_EQ(planes.address(1, 4), 150);
  EXPECT_EQ(planes.bytes(), 170);
  // 1 and 5 bits of 20 channels: 2.5 and 12.5 bytes, each up to a beat of 8.
  const Planes beats(Format::within(6, 1), {1, 5}, 3, 20, 8);
  EXPECT_EQ(beats.row_bytes(0), 8);
  EXPECT_EQ(beats.row_bytes(1), 16);
  EXPECT_EQ(beats.address(1, 1), 40);
  EXPECT_EQ(beats.bytes(), 72);
  // Three blocks of 8 channels: 3 scales.
  EXPECT_EQ(Planes(Format::integer(4, Granularity::block, 8), {2, 2}, 1, 20).row_bytes(0), 5 + 12);
}

TEST(Planes, BytesInMemoryAreThoseByHand) {
  // 0.6 of 7 is 4.2; the codes of 7, −7, 4 and −1 are 0111, 1001, 0100 and 1111.
  const Encoded tensor(Format::within(4, 1), std::vector<float>{1, -1, 0.6F, -0.1F}, 4);
  const Planes planes(Format::within(4, 1), {1, 3}, 1, 4);
  std::vector<std::uint8_t> memory(static_cast<std::size_t>(planes.bytes()), 0xFF);
  ASSERT_EQ(memory.size(), 1u + 2u);
  planes.store(tensor, memory);
  EXPECT_EQ(memory[0], 0b1010);                    // signs, the first lowest
  EXPECT_EQ(memory[1], 0b00'001'111);              // 111, 001, and of 100 the lower two
  EXPECT_EQ(memory[2], 0b111'1);                   // its upper one, and 111
  EXPECT_EQ(planes.integer(memory, 0, 0, 1), 0);   // 0···
  EXPECT_EQ(planes.integer(memory, 0, 1, 1), -8);  // 1···
  EXPECT_EQ(planes.integer(memory, 0, 1, 2), -7);
  EXPECT_EQ(planes.integer(memory, 0, 2, 2), 4);
  EXPECT_EQ(planes.integer(memory, 0, 3, 2), -1);
}

TEST(Planes, UpperPlanesTellTheFloorAndAllOfThemTheInteger) {
  const std::uint64_t seed = weft::test::seed_or(1);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  constexpr std::int64_t kRows = 7, kChannels = 13;
  std::vector<float> values(kRows * kChannels);
  for (float& x : values) x = normal(random);
  std::int64_t compared = 0;
  struct Case {
    Format format;
    std::vector<int> widths;
  };
  // Progressive quantisation's: 4 + 4, 6 + 4, 8 + 4, 10 + 4 and 12 + 4 bits; and others.
  const std::vector<Case> cases{{Format::integer(8, Granularity::token), {4, 4}},
                                {Format::integer(10, Granularity::head), {6, 4}},
                                {Format::integer(12, Granularity::block, 5), {8, 4}},
                                {Format::integer(14, Granularity::channel), {10, 4}},
                                {Format::within(16, 3), {12, 4}},
                                {Format::integer(1, Granularity::token), {1}},
                                {Format::integer(6, Granularity::token), {1, 1, 1, 1, 1, 1}},
                                {Format::integer(32, Granularity::head), {1, 20, 11}}};
  for (const Case& c : cases) {
    SCOPED_TRACE(canonical_text(c.format));
    const Encoded tensor(c.format, values, kChannels);
    const Planes planes(c.format, c.widths, kRows, kChannels);
    std::vector<std::uint8_t> memory(static_cast<std::size_t>(planes.bytes()));
    planes.store(tensor, memory);
    for (std::int64_t i = 0; i < kRows * kChannels; ++i) {
      const std::int64_t row = i / kChannels, channel = i % kChannels, q = tensor.integer(i);
      EXPECT_EQ(planes.integer(memory, row, channel, planes.count()), q);
      if (has_scales_of_tokens(c.format)) {
        EXPECT_EQ(value_of(q, planes.scale(memory, row, channel)), tensor.value(i));
      }
      int lower = c.format.bits;
      for (int known = 1; known < planes.count(); ++known) {
        lower -= c.widths[static_cast<std::size_t>(known) - 1];
        const std::int64_t unit = std::int64_t{1} << lower;
        const std::int64_t floor = (q - ((q % unit + unit) % unit));
        EXPECT_EQ(planes.integer(memory, row, channel, known), floor);
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST(Planes, WhatDoesNotFitIsRefused) {
  const Format format = Format::integer(8, Granularity::head);
  EXPECT_THROW(Planes(format, {4, 3}, 1, 4), ContractError);
  EXPECT_THROW(Planes(format, {4, 4, 1}, 1, 4), ContractError);
  EXPECT_THROW(Planes(format, {8, 0}, 1, 4), ContractError);
  EXPECT_THROW(Planes(Format::bf16, {8, 8}, 1, 4), ContractError);
  const Planes planes(format, {4, 4}, 2, 4);
  std::vector<std::uint8_t> memory(8);
  EXPECT_THROW(planes.address(2, 0), ContractError);
  EXPECT_THROW(planes.address(0, 2), ContractError);
  EXPECT_THROW(planes.integer(memory, 0, 4, 1), ContractError);
  EXPECT_THROW(planes.scale(memory, 0, 0), ContractError);
  const Encoded other(Format::integer(8, Granularity::token), std::vector<float>(8), 4);
  EXPECT_THROW(planes.store(other, memory), ContractError);
}

}  // namespace
}  // namespace weft::numerics
