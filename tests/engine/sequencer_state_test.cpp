// All of a sequencer is in its state: put back, it fires again what it fired before.
#include <gtest/gtest.h>

#include <tuple>

#include "sim/engine/sequencer.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

// A sequencer by itself: arrays and buffer take everything, memory answers after 40 cycles.
class Bench {
 public:
  using Fired = std::tuple<Cycle, int, Cycle, Cycle, Cycle>;  // in, step, end, stalls
  // What stands around the sequencer.
  struct Around {
    std::vector<Channel<matmul::Command>> commands;
    Channel<memory::BufferUse> uses;
    Channel<memory::Transfer> transfers;
    Channel<memory::Completion> completions;
    std::vector<std::pair<Cycle, int>> pending;
    Cycle now = 0;
  };

  explicit Bench(const weft::engine::Schedule& schedule)
      : sequencer(schedule, nullptr),
        around{std::vector<Channel<matmul::Command>>(schedule.lowering->arrays.size()),
               Channel<memory::BufferUse>(8),
               Channel<memory::Transfer>(4),
               Channel<memory::Completion>(4),
               {}} {
    PortList list;
    sequencer.list_ports(list);
    std::vector<AnyChannel*> channels;
    for (auto& channel : around.commands) channels.push_back(&channel);
    channels.insert(channels.end(), {&around.uses, &around.transfers, &around.completions});
    std::vector<Port> ports = list.take();
    for (std::size_t i = 0; i < ports.size(); ++i) ports[i].bind(ports[i].end, *channels[i]);
  }

  // What fires from now until `end`, or until the sequencer is done.
  std::vector<Fired> run_to(Cycle end) {
    std::vector<Fired> fired;
    for (Cycle& now = around.now; now < end && !sequencer.done(); ++now) {
      sequencer.step(now);
      for (auto& channel : around.commands) {
        for (; channel.ready(now); channel.pop(now)) {
          const matmul::Command& command = channel.front(now);
          fired.emplace_back(command.begin, command.step, command.end, command.stall_in,
                             command.stall_out);
        }
      }
      while (around.uses.ready(now)) around.uses.pop(now);
      while (around.transfers.ready(now))
        around.pending.emplace_back(now + 40, around.transfers.pop(now).step);
      while (!around.pending.empty() && around.pending.front().first <= now) {
        around.completions.push(now, {around.pending.front().second});
        around.pending.erase(around.pending.begin());
      }
    }
    return fired;
  }

  Sequencer sequencer;
  Around around;
};

TEST(SequencerState, GoesOnFromWhatIsPutBack) {
  constexpr Cycle kEnd = 10'000'000;
  for (const bool causal : {false, true}) {
    const Scheduled point(at_side("fusemax", 8), {.heads = 2,
                                                  .kv_heads = 2,
                                                  .seq_q = 64,
                                                  .seq_kv = 64,
                                                  .width_qk = 8,
                                                  .width_v = 8,
                                                  .causal = causal});
    Bench bench(point.schedule);
    bench.run_to(kEnd);
    ASSERT_TRUE(bench.sequencer.done());
    const Cycle end = bench.sequencer.finished_at();
    for (const Cycle cut : {Cycle{1}, end / 7, end / 2, end - 100}) {
      Bench first(point.schedule);
      first.run_to(cut);
      const SequencerState state = first.sequencer.state();
      const Bench::Around around = first.around;
      const auto rest = first.run_to(kEnd);
      Bench other(point.schedule);
      for (Bench* again : {&first, &other}) {
        again->sequencer.restore(state);
        again->around = around;
        EXPECT_EQ(again->run_to(kEnd), rest) << cut;
        EXPECT_EQ(again->sequencer.finished_at(), end) << cut;
      }
      if (cut <= end / 2) {
        EXPECT_GT(rest.size(), 100u);
      }
    }
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
