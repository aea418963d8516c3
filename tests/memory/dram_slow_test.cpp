// The controller beside one that looks at everything in every tick: the same commands in the same
// ticks, and the same completions, for parts, mappings, queues and streams drawn at random.
#include <gtest/gtest.h>

#include "tests/common/seed.hpp"
#include "tests/memory/dram_random.hpp"
#include "tests/memory/dram_slow.hpp"

namespace weft::sim::memory {
namespace {

using weft::memory::Access;
using weft::memory::DramPart;

const char* name_of(DramCommand command) {
  return kDramCommandNames[static_cast<std::size_t>(command)];
}

std::string text_of(const std::vector<SentCommand>& commands, std::size_t i) {
  if (i >= commands.size()) return "nothing";
  const SentCommand& one = commands[i];
  return std::string(name_of(one.command)) + " of bank " + std::to_string(one.bank) + " in tick " +
         std::to_string(one.tick);
}

// Commands that went.
std::size_t compare(StreamConfig config, const std::vector<Access>& accesses) {
  config.keep_completions = config.keep_commands = true;
  const StreamResult slow = run_slowly(config, accesses);
  const StreamResult quick = run_stream(config, accesses);
  const std::vector<SentCommand>& a = slow.commands[0];
  const std::vector<SentCommand>& b = quick.commands[0];
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const bool same = i < a.size() && i < b.size() && a[i].tick == b[i].tick &&
                      a[i].command == b[i].command && a[i].bank == b[i].bank &&
                      (!has_row(a[i].command) || a[i].row == b[i].row);
    if (same) continue;
    ADD_FAILURE() << "command " << i << ": slowly " << text_of(a, i) << ", quickly "
                  << text_of(b, i);
    return 0;
  }
  EXPECT_EQ(slow.ticks, quick.ticks);
  EXPECT_EQ(slow.done_at, quick.done_at);
  return a.size();
}

void random_mixes(std::uint64_t seed, int mixes) {
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  constexpr std::array<const char*, 4> kParts{"hbm2", "hbm3", "ddr4", "lpddr5"};
  std::size_t commands = 0;
  for (int i = 0; i < mixes; ++i) {
    const DramPart part =
        i % 2 == 0 ? part_named(kParts[random() % kParts.size()]) : random_part(random);
    Mix mix = random_mix(random, part);
    weft::memory::DramControl& control = mix.config.channel.control;
    control.read_queue = 1 + static_cast<std::int64_t>(random() % 48);
    control.write_queue = 1 + static_cast<std::int64_t>(random() % 48);
    if (random() % 3 == 0) control.write_high = 0.5;
    SCOPED_TRACE("mix " + std::to_string(i) + ": " + mix.text);
    commands += compare(mix.config, random_accesses(random, part, 400));
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(commands, static_cast<std::size_t>(mixes) * 100);
}

TEST(DramSlow, SendsTheSameCommandsInTheSameTicks) { random_mixes(weft::test::seed_or(1512), 40); }
TEST(DramSlowLong, SendsTheSameCommandsInTheSameTicks) {
  random_mixes(weft::test::seed_or(1513), 2000);
}

// The patterns of the page, by the parts that are shipped.
TEST(DramSlow, AgreesOnTheStreamsOfThePage) {
  for (const char* part_name : {"hbm2", "hbm3", "ddr4", "lpddr5"}) {
    const DramPart part = part_named(part_name);
    for (const char* pattern : {"seq_read", "rw_copy", "rw_random", "random_row"}) {
      SCOPED_TRACE(std::string(part_name) + " " + pattern);
      compare(stream_config(part, "MOP4CLXOR"),
              weft::memory::make_stream({pattern, 96, 900, 3, part.organisation.access_bytes}));
    }
  }
}

}  // namespace
}  // namespace weft::sim::memory
