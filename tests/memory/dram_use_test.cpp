// What bound channels of DRAM, in words.
#include "models/memory/dram_use.hpp"

#include <gtest/gtest.h>

namespace weft::memory {
namespace {

DramUse waiting(DramWait wait, double share) {
  DramUse use{.data_bus = 0.4, .row_bus = 0.3, .column_bus = 0.2};
  use.waits[static_cast<std::size_t>(wait)] = share;
  return use;
}

TEST(DramUse, ABusThatIsBusyBoundsWhateverWaits) {
  DramUse use = waiting(DramWait::bank, 0.2);
  use.row_bus = 0.8;
  EXPECT_EQ(bound_words(use), "row bus: busy 80.0 % of the time");
  use.column_bus = 0.9;
  EXPECT_EQ(bound_words(use), "column bus: busy 90.0 % of the time");
}

TEST(DramUse, OneBusForAllCommandsIsNamedSo) {
  DramUse use = waiting(DramWait::bank, 0.2);
  use.row_bus = use.column_bus = 0.8;
  use.one_bus = true;
  EXPECT_EQ(bound_words(use), "command bus: busy 80.0 % of the time");
}

TEST(DramUse, ElseWhatIsWaitedForMost) {
  EXPECT_EQ(bound_words(waiting(DramWait::bank_group, 0.48)),
            "bank group: no command goes for it 48.0 % of the time");
  EXPECT_EQ(bound_words(waiting(DramWait::activates, 0.3)).substr(0, 14), "tFAW and tRRD:");
  EXPECT_EQ(bound_words(waiting(DramWait::refresh, 0.3)).substr(0, 8), "refresh:");
  DramUse full = waiting(DramWait::bank, 0.5);
  full.queue_full = true;
  EXPECT_NE(bound_words(full).find("a full queue"), std::string::npos);
  // Nothing is waited for long: the busiest bus.
  EXPECT_EQ(bound_words(waiting(DramWait::bank, 0.1)), "data bus: busy 40.0 % of the time");
}

// Where nobody asks, what those wait for that do.
TEST(DramUse, WhereNothingWaitsItSaysWhatIsNext) {
  DramUse idle = waiting(DramWait::nothing, 0.9);
  idle.waits[static_cast<std::size_t>(DramWait::bank)] = 0.05;
  EXPECT_EQ(bound_words(idle),
            "outstanding requests: nothing waits 90.0 % of the time, and what is under way is all "
            "that was asked for; next bank, for 5.0 % of the time");
}

}  // namespace
}  // namespace weft::memory
