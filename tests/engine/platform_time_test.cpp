// A memory that counts in nanoseconds: its time is right at any resolution of SystemC's.
#include <gmock/gmock.h>
#include <tlm_utils/peq_with_cb_and_phase.h>

#include "tests/engine/at_memory.hpp"
#include "tests/engine/platform_example.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::UnitKind;

const Shape kTimedShape{.batch = 1,
                        .heads = 2,
                        .kv_heads = 2,
                        .seq_q = 96,
                        .seq_kv = 80,
                        .width_qk = 16,
                        .width_v = 16};

struct Resolution {
  double value;
  sc_core::sc_time_unit unit;
  const char* name;
};
const Resolution kResolutions[] = {{1, sc_core::SC_FS, "1 fs"},     {10, sc_core::SC_FS, "10 fs"},
                                   {1, sc_core::SC_PS, "1 ps"},     {10, sc_core::SC_PS, "10 ps"},
                                   {100, sc_core::SC_PS, "100 ps"}, {1, sc_core::SC_NS, "1 ns"}};

// Takes a request whenever there is one, and answers it after a fixed time.
class FixedTime : public sc_core::sc_module {
 public:
  FixedTime(const sc_core::sc_module_name& name, const sc_core::sc_time& time)
      : sc_core::sc_module(name), socket("socket"), time_(time), queue_(this, &FixedTime::answer) {
    socket.register_nb_transport_fw(this, &FixedTime::forward);
  }
  tlm_utils::simple_target_socket<FixedTime> socket;

 private:
  tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                             sc_core::sc_time& /*delay*/) {
    if (phase == tlm::END_RESP) return tlm::TLM_COMPLETED;
    payload.acquire();
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    queue_.notify(payload, tlm::BEGIN_RESP, time_);
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  void answer(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& what) {
    tlm::tlm_phase phase = what;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(payload, phase, delay);
    payload.release();
  }

  sc_core::sc_time time_;
  tlm_utils::peq_with_cb_and_phase<FixedTime> queue_;
};

struct FixedPlatform : sc_core::sc_module {
  FixedPlatform(const sc_core::sc_module_name& name, const weft::engine::Schedule& schedule)
      : sc_core::sc_module(name),
        engine("engine", {.schedule = schedule, .memory = MemorySide::socket}) {}
  void attach(const sc_core::sc_time& time) {
    memory = std::make_unique<FixedTime>("memory", time);
    engine.memory_socket().bind(memory->socket);
  }
  Engine engine;
  std::unique_ptr<FixedTime> memory;
};

// Cycles with a memory that answers after what `time` says of the engine's clock.
template <class Time>
std::uint64_t cycles_with(const Scheduled& point, const Resolution& resolution, const Time& time) {
  Result result =
      begin_result(point.made, point.lowering, point.sizing, weft::engine::Fidelity::systemc);
  with_fresh_kernel([&] {
    sc_core::sc_set_time_resolution(resolution.value, resolution.unit);
    FixedPlatform top("platform", point.schedule);
    top.attach(time(top.engine.clock()));
    sc_core::sc_start();
    top.engine.collect(result);
  });
  return result.cycles;
}

// n nanoseconds are ⌈0.94 n⌉ cycles of 940 MHz.
TEST(PlatformTime, NanosecondsAreAsManyCyclesAsCoverThem) {
  for (const char* name : {"fusemax", "unfused"}) {
    const Scheduled point(at_side(name, 16), kTimedShape);
    ASSERT_EQ(point.made.arch().clock_hz, 940e6);
    for (const std::int64_t ns : {1, 7, 20, 33, 50, 106, 250, 1000}) {
      SCOPED_TRACE(std::string(name) + ", " + std::to_string(ns) + " ns");
      const std::uint64_t right = cycles_with(point, kResolutions[2], [&](const Clock& clock) {
        return clock.cycles((ns * 94 + 99) / 100);
      });
      for (const Resolution& resolution : kResolutions) {
        EXPECT_EQ(cycles_with(point, resolution,
                              [&](const Clock&) {
                                return sc_core::sc_time(static_cast<double>(ns), sc_core::SC_NS);
                              }),
                  right)
            << resolution.name;
      }
    }
  }
}

// A run that waits for two trips to memory and for nothing else in it: nine cycles more each trip
// where it takes nineteen, not ten.
TEST(PlatformTime, OneTripMoreCyclesIsOneTripMore) {
  const Scheduled point(at_side("fusemax", 16), kTimedShape);
  const auto nanoseconds = [](double ns) {
    return [ns](const Clock&) { return sc_core::sc_time(ns, sc_core::SC_NS); };
  };
  for (const Resolution& resolution : kResolutions) {
    SCOPED_TRACE(resolution.name);
    const std::uint64_t ten = cycles_with(point, resolution, nanoseconds(10));  // 9.4: 10 cycles
    EXPECT_EQ(cycles_with(point, resolution, nanoseconds(20)), ten + 2 * 9);    // 18.8: 19
    EXPECT_EQ(cycles_with(point, resolution, nanoseconds(50)), ten + 2 * 37);   // 47
  }
}

// One request at a time, by a blocking target: 19 cycles of the port a request, at any resolution.
TEST(PlatformTime, BlockingTargetTakesNanosecondsToo) {
  struct Blocking : sc_core::sc_module {
    explicit Blocking(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name), socket("socket") {
      socket.register_b_transport(this, &Blocking::transport);
    }
    void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
      payload.set_response_status(tlm::TLM_OK_RESPONSE);
      sc_core::wait(sc_core::sc_time(15, sc_core::SC_NS));
      delay += sc_core::sc_time(5, sc_core::SC_NS);
      ++requests;
    }
    tlm_utils::simple_target_socket<Blocking> socket;
    std::uint64_t requests = 0;
  };
  const Scheduled point(at_side("fusemax", 16), kTimedShape);
  for (const Resolution& resolution : kResolutions) {
    SCOPED_TRACE(resolution.name);
    Result result =
        begin_result(point.made, point.lowering, point.sizing, weft::engine::Fidelity::systemc);
    with_fresh_kernel([&] {
      sc_core::sc_set_time_resolution(resolution.value, resolution.unit);
      Engine engine("engine", {.schedule = point.schedule, .memory = MemorySide::socket});
      Blocking memory("memory");
      engine.memory_socket().bind(memory.socket);
      sc_core::sc_start();
      engine.collect(result);
      EXPECT_GT(memory.requests, 50u);
      EXPECT_EQ(unit_of(result, UnitKind::dram).busy_cycles, memory.requests * 19);
    });
  }
}

TEST(PlatformTime, AResolutionCoarserThanACycleIsRefused) {
  const Scheduled point(at_side("fusemax", 16), kTimedShape);
  with_fresh_kernel([&] {
    sc_core::sc_set_time_resolution(10, sc_core::SC_NS);
    try {
      Engine engine("engine", {.schedule = point.schedule, .memory = MemorySide::socket});
      FAIL() << "taken";
    } catch (const ContractError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("a cycle of 1.064 ns"));
      EXPECT_THAT(error.what(), testing::HasSubstr("sc_set_time_resolution(1, sc_core::SC_PS)"));
    }
  });
}

}  // namespace
}  // namespace weft::sim::engine::test
