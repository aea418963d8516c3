// The engine in a platform of the test's own, its memory behind a TLM-2.0 socket.
#include <gmock/gmock.h>
#include <tlm_utils/peq_with_cb_and_phase.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "sim/memory/dram.hpp"
#include "tests/engine/platform_example.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using testing::HasSubstr;
using weft::engine::DramCounter;
using weft::engine::UnitKind;

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 40;

std::uint64_t dram_count(const Result& result, DramCounter counter) {
  return unit_of(result, UnitKind::dram).counters[static_cast<std::size_t>(counter)];
}

// How a target answers a request, by its ordinal.
enum class Style { accepted, end_request, early_response, response, completed, mixed };

// Approximately timed: the timing of sim/memory/dram.hpp over the base protocol. `accept_ticks`
// (half cycles) before END_REQ.
class AtMemory : public sc_core::sc_module {
 public:
  struct Config {
    weft::engine::Dram dram;
    double clock_hz = 1;
    Style style = Style::accepted;
    std::int64_t accept_ticks = 0;
    std::int64_t jitter_cycles = 0;     // responses out of order by up to this
    std::uint64_t fails_at = kPlenty;   // ordinal of the request that ends in an error
    std::uint64_t twice_at = kPlenty;   // ordinal of the request that is answered twice
    std::uint64_t silent_at = kPlenty;  // ordinal of the request that is never answered
  };
  AtMemory(const sc_core::sc_module_name& name, const Config& config)
      : sc_core::sc_module(name),
        socket("socket"),
        config_(config),
        pace_(memory::pace_of(config.dram.bandwidth_bytes_per_s, config.clock_hz)),
        queue_(this, &AtMemory::later) {
    socket.register_nb_transport_fw(this, &AtMemory::forward);
  }

  tlm_utils::simple_target_socket<AtMemory> socket;
  std::uint64_t requests = 0;
  std::uint64_t overlaps = 0;   // request phases that began before the last had ended
  std::uint64_t odd = 0;        // requests off the cycle's edge
  std::uint64_t highest = 0;    // byte past the highest address
  std::uint64_t not_ended = 0;  // responses that the initiator did not end
  std::set<tlm::tlm_generic_payload*> payloads;
  std::array<std::uint64_t, 5> styles{};

 private:
  // Cycles from now to the response.
  std::int64_t service(const tlm::tlm_generic_payload& payload) {
    const auto now = static_cast<std::int64_t>(sc_core::sc_time_stamp().value() / 2);
    const std::int64_t unit = pace_.block_bytes;
    free_at_ = std::max(free_at_, now * unit) +
               static_cast<std::int64_t>(payload.get_data_length()) * pace_.block_cycles;
    const std::int64_t jitter =
        config_.jitter_cycles == 0
            ? 0
            : static_cast<std::int64_t>(requests * 7919 % 13) * config_.jitter_cycles / 13;
    return (free_at_ + unit - 1) / unit +
           weft::engine::latency_cycles(config_.dram, config_.clock_hz) + jitter - now;
  }

  tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                             sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP) return tlm::TLM_COMPLETED;
    const std::uint64_t ordinal = requests++;
    payloads.insert(&payload);
    overlaps += open_ ? 1 : 0;
    odd += sc_core::sc_time_stamp().value() % 2;
    highest = std::max<std::uint64_t>(highest, payload.get_address() + payload.get_data_length());
    payload.set_response_status(ordinal == config_.fails_at ? tlm::TLM_GENERIC_ERROR_RESPONSE
                                                            : tlm::TLM_OK_RESPONSE);
    const sc_core::sc_time until = Clock::cycles(service(payload));
    const auto style =
        config_.style == Style::mixed ? static_cast<Style>(ordinal * 31 % 5) : config_.style;
    ++styles[static_cast<std::size_t>(style)];
    twice_ = ordinal == config_.twice_at ? &payload : twice_;
    switch (style) {
      case Style::response:
        phase = tlm::BEGIN_RESP;
        delay += until;
        return tlm::TLM_UPDATED;
      case Style::completed: delay += until; return tlm::TLM_COMPLETED;
      case Style::end_request:
        phase = tlm::END_REQ;
        payload.acquire();
        queue_.notify(payload, tlm::BEGIN_RESP, until);
        return tlm::TLM_UPDATED;
      case Style::accepted:
        queue_.notify(
            payload, tlm::END_REQ,
            sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(config_.accept_ticks)));
        break;
      default: break;
    }
    open_ = true;
    payload.acquire();
    if (ordinal != config_.silent_at) queue_.notify(payload, tlm::BEGIN_RESP, until);
    return tlm::TLM_ACCEPTED;
  }

  void later(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& what) {
    tlm::tlm_phase phase = what;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    open_ = false;
    const tlm::tlm_sync_enum answer = socket->nb_transport_bw(payload, phase, delay);
    if (what == tlm::END_REQ) return;
    not_ended +=
        answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP) ? 0
                                                                                               : 1;
    if (twice_ == &payload) {
      phase = tlm::BEGIN_RESP;
      socket->nb_transport_bw(payload, phase, delay);
    }
    payload.release();
  }

  Config config_;
  memory::Pace pace_;
  std::int64_t free_at_ = 0;  // in parts of a cycle: block_bytes a cycle
  bool open_ = false;
  tlm::tlm_generic_payload* twice_ = nullptr;
  tlm_utils::peq_with_cb_and_phase<AtMemory> queue_;
};

struct AtPlatform : sc_core::sc_module {
  AtPlatform(const sc_core::sc_module_name& name, const weft::engine::Schedule& schedule,
             const AtMemory::Config& config, Values* values = nullptr)
      : sc_core::sc_module(name),
        engine("engine", {.schedule = schedule, .values = values, .memory = MemorySide::socket}),
        memory("memory", config) {
    engine.memory_socket().bind(memory.socket);
  }
  Engine engine;
  AtMemory memory;
};

AtMemory::Config like_built_in(const Scheduled& point) {
  return {.dram = point.made.arch().dram, .clock_hz = point.made.arch().clock_hz};
}

const Shape kShape{.batch = 1,
                   .heads = 2,
                   .kv_heads = 2,
                   .seq_q = 96,
                   .seq_kv = 80,
                   .width_qk = 16,
                   .width_v = 16};

Result built_in(const std::string& name, const Shape& shape) {
  return run_point(design(at_side(name, 16)), shape, {.exact = true});
}

// Each request takes the latency and its bytes, one after another: the base protocol keeps the
// request phase of a blocking target open until its response. Every transfer of this shape is a
// multiple of 32 bytes.
TEST(Platform, LooselyTimedMemoryServesRequestsOneByOne) {
  for (const std::string& name : kDesigns) {
    SCOPED_TRACE(name);
    const Result own = built_in(name, kShape);
    const platform::Memory::Config memory{
        .bytes = kPlenty, .latency_cycles = 20, .bytes_per_cycle = 32};
    const Result result =
        platform::run(design(at_side(name, 16)), workload_of(kShape), kShape, memory);
    for (const DramCounter counter : {DramCounter::bytes_read, DramCounter::bytes_written,
                                      DramCounter::read_requests, DramCounter::write_requests}) {
      EXPECT_EQ(dram_count(result, counter), dram_count(own, counter));
    }
    const std::uint64_t requests =
        dram_count(own, DramCounter::read_requests) + dram_count(own, DramCounter::write_requests);
    const std::uint64_t bytes =
        dram_count(own, DramCounter::bytes_read) + dram_count(own, DramCounter::bytes_written);
    ASSERT_GT(requests, 10u);
    const std::uint64_t service = requests * 20 + bytes / 32;
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
    const Result own = built_in(name, kShape);
    Scheduled point(at_side(name, 16), kShape);
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
  const Result own = built_in("unfused", kShape);
  Scheduled point(at_side("unfused", 16), kShape);
  for (const Style style : {Style::accepted, Style::end_request, Style::early_response,
                            Style::response, Style::completed, Style::mixed}) {
    SCOPED_TRACE("style " + std::to_string(static_cast<int>(style)));
    AtMemory::Config config = like_built_in(point);
    config.style = style;
    config.accept_ticks = 3;
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
  const workload::Trace trace = random_trace(kShape, 1, 11);
  std::vector<std::vector<float>> expected;
  run_point(design(at_side("fusemax", 16)), kShape, {.trace = &trace, .outputs = &expected});
  Scheduled point(at_side("fusemax", 16), kShape);
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
    platform::run(design(at_side("fusemax", 16)), workload_of(kShape), kShape, {.bytes = 128});
  });
  EXPECT_THAT(text, HasSubstr("TLM_ADDRESS_ERROR_RESPONSE"));
  EXPECT_THAT(text, HasSubstr("a read of"));
  EXPECT_THAT(text, HasSubstr("at address 0x"));
}

TEST(Platform, ErrorAndBrokenProtocolOfATargetEndTheRun) {
  Scheduled point(at_side("fusemax", 16), kShape);
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
  Scheduled point(at_side("fusemax", 16), kShape);
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
        memory(
            "memory",
            {.bytes = split + second.memory_bytes(), .latency_cycles = 7, .bytes_per_cycle = 32}) {
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

TEST(Platform, TwoEnginesShareAMemory) {
  Scheduled a(at_side("fusemax", 16), kShape);
  Scheduled b(at_side("unfused", 16), kShape);
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
  for (const auto& [result, name] : {std::pair{&first, "fusemax"}, std::pair{&second, "unfused"}}) {
    const Result own = built_in(name, kShape);
    const platform::Memory::Config memory{
        .bytes = kPlenty, .latency_cycles = 7, .bytes_per_cycle = 32};
    const Result alone =
        platform::run(design(at_side(name, 16)), workload_of(kShape), kShape, memory);
    EXPECT_EQ(unit_of(*result, UnitKind::dram).counters, unit_of(own, UnitKind::dram).counters);
    EXPECT_GT(result->cycles, alone.cycles);
    service += unit_of(alone, UnitKind::dram).busy_cycles;
  }
  EXPECT_GE(std::max(first.cycles, second.cycles), service);
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
