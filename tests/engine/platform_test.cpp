// The engine in a platform of the test's own, its memory behind a TLM-2.0 socket.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "models/engine/run/begin_result.hpp"
#include "tests/engine/at_memory.hpp"
#include "tests/engine/platform_example.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using testing::HasSubstr;
using weft::engine::DramCounter;
using weft::engine::UnitKind;

std::uint64_t dram_count(const Result& result, DramCounter counter) {
  return unit_of(result, UnitKind::dram).counters[static_cast<std::size_t>(counter)];
}

using Settings = std::vector<weft::engine::Setting>;
const Settings kGigahertz{{"arch.clock_hz", "1e9"}};  // nanoseconds are cycles

const Shape kPlatformShape{.batch = 1,
                           .heads = 2,
                           .kv_heads = 2,
                           .seq_q = 96,
                           .seq_kv = 80,
                           .width_qk = 16,
                           .width_v = 16};

Result built_in(const std::string& name, const Shape& shape, const Settings& settings = {}) {
  return run_point(design(at_side(name, 16), settings), shape, {.exact = true});
}

// Nanoseconds for which a memory of `latency_ns` and 32 bytes a nanosecond serves what a run asks
// for, one request after another.
std::uint64_t service_ns(const Result& run, std::uint64_t latency_ns) {
  const std::uint64_t requests =
      dram_count(run, DramCounter::read_requests) + dram_count(run, DramCounter::write_requests);
  const std::uint64_t bytes =
      dram_count(run, DramCounter::bytes_read) + dram_count(run, DramCounter::bytes_written);
  return requests * latency_ns + bytes / 32;
}

// Each request takes the latency and its bytes, one after another: the base protocol keeps the
// request phase of a blocking target open until its response. Every transfer of this shape is a
// multiple of 32 bytes.
TEST(Platform, LooselyTimedMemoryServesRequestsOneByOne) {
  for (const std::string& name : kDesigns) {
    SCOPED_TRACE(name);
    const Result own = built_in(name, kPlatformShape, kGigahertz);
    const Result result =
        platform::run(design(at_side(name, 16), kGigahertz), workload_of(kPlatformShape),
                      kPlatformShape, {.bytes = kPlenty, .latency_ns = 20, .bytes_per_ns = 32});
    for (const DramCounter counter : {DramCounter::bytes_read, DramCounter::bytes_written,
                                      DramCounter::read_requests, DramCounter::write_requests}) {
      EXPECT_EQ(dram_count(result, counter), dram_count(own, counter));
    }
    ASSERT_GT(dram_count(own, DramCounter::read_requests), 10u);
    const std::uint64_t service = service_ns(own, 20);
    EXPECT_EQ(unit_of(result, UnitKind::dram).busy_cycles, service);
    // While the memory is idle the engine is no slower than with the built-in memory, whose every
    // access takes time too.
    EXPECT_GE(result.cycles, service);
    EXPECT_LE(result.cycles, service + own.cycles);
    EXPECT_EQ(result.advance_periods, 0u);
  }
}

// A pipelined target with the built-in memory's timing gives the built-in memory's run, cycle for
// cycle.
TEST(Platform, TargetThatEndsRequestsAtOnceEqualsTheBuiltInMemory) {
  for (const std::string& name : kDesigns) {
    SCOPED_TRACE(name);
    const Result own = built_in(name, kPlatformShape);
    Scheduled point(at_side(name, 16), kPlatformShape);
    for (const Style style : {Style::end_request, Style::accepted}) {
      AtMemory::Config config = like_built_in(point);
      config.style = style;
      Result result =
          begin_result(point.made, point.lowering, point.sizing, weft::engine::Fidelity::systemc);
      with_fresh_kernel([&] {
        AtPlatform top("platform", point.schedule, config);
        sc_core::sc_start();
        top.engine.collect(result);
        EXPECT_EQ(top.memory.overlaps, 0u);
        EXPECT_LE(top.memory.payloads.size(), static_cast<std::size_t>(config.dram.outstanding));
        EXPECT_GT(top.memory.requests, top.memory.payloads.size());
        EXPECT_LE(top.memory.highest, top.engine.memory_bytes());
      });
      EXPECT_EQ(result.cycles, own.cycles);
      ASSERT_EQ(result.units.size(), own.units.size());
      for (std::size_t u = 0; u < own.units.size(); ++u) {
        EXPECT_EQ(result.units[u].counters, own.units[u].counters) << u;
        if (own.units[u].kind == UnitKind::dram) continue;
        EXPECT_EQ(result.units[u].busy_cycles, own.units[u].busy_cycles) << u;
        EXPECT_EQ(result.units[u].stall_in_cycles, own.units[u].stall_in_cycles) << u;
      }
    }
  }
}

// Request phases that end off the cycle's edge, responses out of order, and every answer that the
// protocol allows.
TEST(Platform, EveryAnswerOfTheBaseProtocolIsTaken) {
  const Result own = built_in("unfused", kPlatformShape);
  Scheduled point(at_side("unfused", 16), kPlatformShape);
  for (const Style style : {Style::accepted, Style::end_request, Style::early_response,
                            Style::response, Style::completed, Style::mixed}) {
    SCOPED_TRACE("style " + std::to_string(static_cast<int>(style)));
    AtMemory::Config config = like_built_in(point);
    config.style = style;
    config.accept_half_cycles = 3;
    config.jitter_cycles = 40;
    Result result =
        begin_result(point.made, point.lowering, point.sizing, weft::engine::Fidelity::systemc);
    with_fresh_kernel([&] {
      AtPlatform top("platform", point.schedule, config);
      sc_core::sc_start();
      top.engine.collect(result);
      EXPECT_EQ(top.memory.overlaps, 0u);
      EXPECT_EQ(top.memory.odd, 0u);
      EXPECT_EQ(top.memory.not_ended, 0u);
      EXPECT_EQ(top.memory.requests, dram_count(own, DramCounter::read_requests) +
                                         dram_count(own, DramCounter::write_requests));
      for (std::size_t s = 0; s < top.memory.styles.size(); ++s) {
        EXPECT_EQ(top.memory.styles[s] > 0,
                  style == Style::mixed || s == static_cast<std::size_t>(style))
            << s;
      }
    });
    EXPECT_EQ(dram_count(result, DramCounter::bytes_read),
              dram_count(own, DramCounter::bytes_read));
    EXPECT_EQ(dram_count(result, DramCounter::bytes_written),
              dram_count(own, DramCounter::bytes_written));
    EXPECT_GE(result.cycles, own.cycles);
  }
}

TEST(Platform, ValuesAreThoseOfTheBuiltInMemory) {
  const workload::Trace trace = random_trace(kPlatformShape, 1, 11);
  std::vector<std::vector<float>> expected;
  run_point(design(at_side("fusemax", 16)), kPlatformShape,
            {.trace = &trace, .outputs = &expected});
  Scheduled point(at_side("fusemax", 16), kPlatformShape);
  Values values(point.schedule, trace);
  with_fresh_kernel([&] {
    AtPlatform top("platform", point.schedule, like_built_in(point), &values);
    sc_core::sc_start();
    ASSERT_TRUE(top.engine.done());
  });
  ASSERT_EQ(expected.size(), 1u);
  ASSERT_EQ(expected[0].size(), static_cast<std::size_t>(2 * 96 * 16));
  EXPECT_EQ(values.outputs(), expected);
}

template <class Run>
std::string thrown(const Run& run) {
  try {
    run();
  } catch (const ContractError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// A memory that is too small.
TEST(Platform, AddressErrorNamesAddressAndStatus) {
  const std::string text = thrown([] {
    platform::run(design(at_side("fusemax", 16)), workload_of(kPlatformShape), kPlatformShape,
                  {.bytes = 128});
  });
  EXPECT_THAT(text, HasSubstr("TLM_ADDRESS_ERROR_RESPONSE"));
  EXPECT_THAT(text, HasSubstr("a read of"));
  EXPECT_THAT(text, HasSubstr("at address 0x"));
}

TEST(Platform, ErrorAndBrokenProtocolOfATargetEndTheRun) {
  Scheduled point(at_side("fusemax", 16), kPlatformShape);
  const auto run = [&](const AtMemory::Config& config) {
    return thrown([&] {
      with_fresh_kernel([&] {
        AtPlatform top("platform", point.schedule, config);
        sc_core::sc_start();
        EXPECT_FALSE(top.engine.done());
        Result result;
        top.engine.collect(result);
      });
    });
  };
  for (const Style style : {Style::accepted, Style::end_request, Style::early_response,
                            Style::response, Style::completed}) {
    AtMemory::Config config = like_built_in(point);
    config.style = style;
    config.fails_at = 5;
    EXPECT_THAT(run(config), HasSubstr("TLM_GENERIC_ERROR_RESPONSE"));
  }
  AtMemory::Config config = like_built_in(point);
  config.twice_at = 5;
  EXPECT_THAT(run(config), HasSubstr("or twice"));
  config.twice_at = kPlenty;
  config.silent_at = 5;
  EXPECT_THAT(run(config), HasSubstr("before its end: "));
}

TEST(Platform, BuiltInMemoryHasNoSocket) {
  Scheduled point(at_side("fusemax", 16), kPlatformShape);
  with_fresh_kernel([&] {
    Engine engine("engine", {.schedule = point.schedule});
    EXPECT_THROW(engine.memory_socket(), ContractError);
    Result result;
    EXPECT_THAT(thrown([&] { engine.collect(result); }), HasSubstr("before its end"));
  });
}

// Two initiators, one target; whoever asks first goes first, and each request is served whole.
class Arbiter : public sc_core::sc_module {
 public:
  explicit Arbiter(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name), first("first"), second("second"), out("out") {
    first.register_b_transport(this, &Arbiter::transport);
    second.register_b_transport(this, &Arbiter::transport);
  }
  tlm_utils::simple_target_socket<Arbiter> first;
  tlm_utils::simple_target_socket<Arbiter> second;
  tlm_utils::simple_initiator_socket<Arbiter> out;
  std::set<std::uint64_t> addresses;

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    bus_.lock();
    addresses.insert(payload.get_address());
    out->b_transport(payload, delay);
    sc_core::wait(delay);
    delay = sc_core::SC_ZERO_TIME;
    bus_.unlock();
  }
  sc_core::sc_mutex bus_;
};

struct TwoEngines : sc_core::sc_module {
  TwoEngines(const sc_core::sc_module_name& name, const weft::engine::Schedule& a,
             const weft::engine::Schedule& b, std::uint64_t split)
      : sc_core::sc_module(name),
        first("first", {.schedule = a, .memory = MemorySide::socket, .pauses = false}),
        second(
            "second",
            {.schedule = b, .memory = MemorySide::socket, .memory_base = split, .pauses = false}),
        arbiter("arbiter"),
        memory("memory",
               {.bytes = split + second.memory_bytes(), .latency_ns = 7, .bytes_per_ns = 32}) {
    SC_HAS_PROCESS(TwoEngines);
    first.memory_socket().bind(arbiter.first);
    second.memory_socket().bind(arbiter.second);
    arbiter.out.bind(memory.socket);
    SC_METHOD(look);
    dont_initialize();
    sensitive << first.finished() << second.finished();
  }
  void look() {
    if (first.done() && second.done()) sc_core::sc_pause();
  }
  Engine first;
  Engine second;
  Arbiter arbiter;
  platform::Memory memory;
};

// Each with a clock of its own.
TEST(Platform, TwoEnginesShareAMemory) {
  const Settings slow{{"arch.clock_hz", "5e8"}};
  Scheduled a(at_side("fusemax", 16), kPlatformShape, 1, kGigahertz);
  Scheduled b(at_side("unfused", 16), kPlatformShape, 1, slow);
  Result first = begin_result(a.made, a.lowering, a.sizing, weft::engine::Fidelity::systemc);
  Result second = begin_result(b.made, b.lowering, b.sizing, weft::engine::Fidelity::systemc);
  constexpr std::uint64_t kSplit = 1 << 20;
  with_fresh_kernel([&] {
    TwoEngines top("platform", a.schedule, b.schedule, kSplit);
    ASSERT_LT(top.first.memory_bytes(), kSplit);
    sc_core::sc_start();
    top.first.collect(first);
    top.second.collect(second);
    const auto past = top.arbiter.addresses.lower_bound(top.first.memory_bytes());
    ASSERT_NE(past, top.arbiter.addresses.end());
    EXPECT_EQ(*past, kSplit);
  });
  std::uint64_t service = 0;
  for (const auto& [result, point] : {std::pair{&first, &a}, std::pair{&second, &b}}) {
    const Result own = run_point(point->made, kPlatformShape, {.exact = true});
    const Result alone = platform::run(point->made, workload_of(kPlatformShape), kPlatformShape,
                                       {.bytes = kPlenty, .latency_ns = 7, .bytes_per_ns = 32});
    EXPECT_EQ(unit_of(*result, UnitKind::dram).counters, unit_of(own, UnitKind::dram).counters);
    EXPECT_GT(result->cycles, alone.cycles);
    service += service_ns(own, 7);
  }
  EXPECT_GE(std::max(first.cycles, 2 * second.cycles), service);
}

std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Platform, GuideShowsTheExampleThatIsCompiledHere) {
  const std::string example = contents(WEFT_SOURCE_DIR "/tests/engine/platform_example.hpp");
  ASSERT_GT(example.size(), 1000u);
  EXPECT_THAT(contents(WEFT_SOURCE_DIR "/docs/guides/engine-in-a-platform.md"),
              HasSubstr("```cpp\n" + example + "```\n"));
}

}  // namespace
}  // namespace weft::sim::engine::test
