// A memory that takes whole accesses: the engine keeps to them, and counts what it moves beyond
// need.
#include <gmock/gmock.h>

#include "models/engine/run/begin_result.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "tests/engine/at_memory.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::DramCounter;
using weft::engine::Setting;
using weft::engine::UnitKind;

std::vector<Setting> access(const char* bytes) { return {{"arch.dram.access_bytes", bytes}}; }

std::uint64_t bytes_moved(const Result& result) {
  const auto& counters = unit_of(result, UnitKind::dram).counters;
  return counters[static_cast<std::size_t>(DramCounter::bytes_read)] +
         counters[static_cast<std::size_t>(DramCounter::bytes_written)];
}

std::uint64_t traffic(const Result& result) {
  std::uint64_t sum = 0;
  for (const auto& moved : result.traffic)
    if (moved.level == UnitKind::dram) sum += moved.read_bytes + moved.written_bytes;
  return sum;
}

// 16 queries and 17 keys of 20 bf16, 40 bytes: queries and outputs are 640 bytes, 20 accesses of
// 32; keys and values 680, and take 704.
TEST(Access, WholeAccessesAreMovedAndCounted) {
  const Shape shape{.batch = 1,
                    .heads = 1,
                    .kv_heads = 1,
                    .seq_q = 16,
                    .seq_kv = 17,
                    .width_qk = 20,
                    .width_v = 20};
  const Result any = run_point(design("fusemax-cascade-16x16"), shape);
  EXPECT_EQ(bytes_moved(any), 2u * 640 + 2 * 680);
  EXPECT_EQ(any.beyond_need_bytes, 0u);
  const Result whole = run_point(design("fusemax-cascade-16x16", access("32")), shape);
  EXPECT_EQ(bytes_moved(whole), 2u * 640 + 2 * 704);
  EXPECT_EQ(traffic(whole), bytes_moved(whole));
  EXPECT_EQ(whole.beyond_need_bytes, 2u * 24);
}

// At any shape: what is needed is what a memory of any byte moves, and steady-state advance counts
// as much as every cycle.
TEST(Access, NeedAndBeyondAddUpWithAndWithoutAdvance) {
  int beyond = 0;
  int advanced = 0;
  for (const char* name : {"unfused", "flat", "fusemax-cascade"}) {
    for (const std::int64_t width : {7, 16, 20}) {
      SCOPED_TRACE(std::string(name) + ", width " + std::to_string(width));
      const Shape shape{.batch = 1,
                        .heads = 3,
                        .kv_heads = 3,
                        .seq_q = 211,
                        .seq_kv = 403,
                        .width_qk = width,
                        .width_v = width};
      const Result any = run_point(design(at_side(name, 16)), shape);
      const Result whole = run_point(design(at_side(name, 16), access("64")), shape);
      const Result exact =
          run_point(design(at_side(name, 16), access("64")), shape, {.exact = true});
      expect_same_run(whole, exact);
      EXPECT_EQ(whole.beyond_need_bytes, exact.beyond_need_bytes);
      EXPECT_EQ(bytes_moved(whole), bytes_moved(any) + whole.beyond_need_bytes);
      EXPECT_EQ(traffic(whole), bytes_moved(whole));
      beyond += whole.beyond_need_bytes > 0 ? 1 : 0;
      advanced += whole.advance_periods > 0 ? 1 : 0;
    }
  }
  EXPECT_GE(beyond, 3);
  EXPECT_GE(advanced, 3);
}

// Behind a socket too: every request begins and ends where it may.
TEST(Access, ATargetIsAskedForWholeAccesses) {
  struct Whole : sc_core::sc_module {
    explicit Whole(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name), socket("socket") {
      socket.register_b_transport(this, &Whole::transport);
    }
    void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
      ++requests;
      broken += payload.get_address() % 64 != 0 || payload.get_data_length() % 64 != 0 ? 1 : 0;
      bytes += payload.get_data_length();
      delay += sc_core::sc_time(20, sc_core::SC_NS);
      payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    tlm_utils::simple_target_socket<Whole> socket;
    std::uint64_t requests = 0;
    std::uint64_t broken = 0;
    std::uint64_t bytes = 0;
  };
  const Shape shape{.batch = 1,
                    .heads = 2,
                    .kv_heads = 2,
                    .seq_q = 50,
                    .seq_kv = 70,
                    .width_qk = 20,
                    .width_v = 20};
  const Scheduled point("flat-16x16", shape, 1, access("64"));
  const Result own = run_point(point.made, shape, {.exact = true});
  Result result =
      begin_result(point.made, point.lowering, point.sizing, weft::engine::Fidelity::systemc);
  with_fresh_kernel([&] {
    Engine engine("engine", {.schedule = point.schedule, .memory = MemorySide::socket});
    Whole memory("memory");
    engine.memory_socket().bind(memory.socket);
    sc_core::sc_start();
    engine.collect(result);
    EXPECT_GT(memory.requests, 20u);
    EXPECT_EQ(memory.broken, 0u);
    EXPECT_EQ(memory.bytes, bytes_moved(own));
  });
  EXPECT_GT(result.beyond_need_bytes, 0u);
  EXPECT_EQ(result.beyond_need_bytes, own.beyond_need_bytes);
}

TEST(Access, BurstsAreWholeAccessesAndTheClosedFormSaysWhatItDoesNotKnow) {
  const Shape shape{.batch = 1,
                    .heads = 1,
                    .kv_heads = 1,
                    .seq_q = 16,
                    .seq_kv = 16,
                    .width_qk = 16,
                    .width_v = 16};
  EXPECT_THROW(design("flat-16x16", access("48")), ConfigError);
  const Result refused = run_point(design("flat-16x16", access("32")), shape,
                                   {.fidelity = weft::engine::Fidelity::analytic});
  EXPECT_EQ(refused.status, weft::engine::Status::infeasible);
  EXPECT_THAT(refused.reason, testing::HasSubstr("arch.dram.access_bytes"));
  EXPECT_THAT(refused.reason, testing::HasSubstr("--fidelity systemc"));
  EXPECT_EQ(refused.problems.size(), 1u);
}

}  // namespace
}  // namespace weft::sim::engine::test
