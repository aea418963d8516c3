// Points whose counts come near 64 bits: each is that of one head times the heads, in whole numbers
// of any size, or the point is refused and says which count it is.
#include <boost/multiprecision/cpp_int.hpp>

#include "models/engine/run/run_options.hpp"
#include "models/engine/run/run_point.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using boost::multiprecision::cpp_int;
using weft::engine::Fidelity;
using weft::engine::Status;
using weft::engine::UnitKind;

constexpr std::int64_t kMega = 1 << 20;
const cpp_int kEnd = cpp_int(1) << 64;

Shape narrow(std::int64_t batch, std::int64_t tokens) {
  return {.batch = batch,
          .heads = 1,
          .kv_heads = 1,
          .seq_q = tokens,
          .seq_kv = tokens,
          .width_qk = 1,
          .width_v = 1};
}
Result analytic(const weft::engine::Design& made, const Shape& shape) {
  return weft::engine::run_analytic(made, workload_of(shape));
}

cpp_int bytes_of(const Result& result, UnitKind level) {
  cpp_int bytes = 0;
  for (const auto& traffic : result.traffic) {
    if (traffic.level == level) bytes += cpp_int(traffic.read_bytes) + traffic.written_bytes;
  }
  return bytes;
}

// Every count of `many` is that of `few` times `times`.
void expect_times(const Result& few, const Result& many, std::int64_t times) {
  ASSERT_EQ(many.units.size(), few.units.size());
  for (std::size_t u = 0; u < few.units.size(); ++u) {
    for (std::size_t c = 0; c < few.units[u].counters.size(); ++c) {
      const cpp_int right = cpp_int(few.units[u].counters[c]) * times;
      // Rows filled are rounded up once a run.
      EXPECT_LE(cpp_int(many.units[u].counters[c]), right) << "unit " << u << " counter " << c;
      EXPECT_GE(cpp_int(many.units[u].counters[c]) + times, right)
          << "unit " << u << " counter " << c;
    }
  }
  for (const UnitKind level : {UnitKind::dram, UnitKind::buffer})
    EXPECT_EQ(bytes_of(many, level), bytes_of(few, level) * times);
  const double cycles = static_cast<double>(few.cycles) * static_cast<double>(times);
  EXPECT_NEAR(static_cast<double>(many.cycles), cycles, 1e-6 * cycles);
}
void expect_bandwidth(const Result& result) {
  const double bytes = static_cast<double>(bytes_of(result, UnitKind::dram));
  EXPECT_LE(bytes / result.seconds(), result.peak_bytes_per_s * (1 + 1e-9));
}

TEST(LargeCounts, BytesBeyond63BitsAreRight) {
  const auto made = design("flat");
  const Result few = analytic(made, narrow(250, 40 * kMega));
  const Result many = analytic(made, narrow(1000, 40 * kMega));
  ASSERT_EQ(many.status, Status::ok) << many.reason;
  EXPECT_GT(bytes_of(many, UnitKind::dram), cpp_int(1) << 63);
  expect_times(few, many, 4);
  expect_bandwidth(many);
}

TEST(LargeCounts, BytesBeyond64BitsAreRefused) {
  const auto made = design("flat");
  const Result few = analytic(made, narrow(250, 48 * kMega));
  ASSERT_EQ(few.status, Status::ok);
  ASSERT_GE(bytes_of(few, UnitKind::dram) * 4, kEnd);
  const Result many = analytic(made, narrow(1000, 48 * kMega));
  EXPECT_EQ(many.status, Status::infeasible);
  EXPECT_NE(many.reason.find("bytes between the memory and the buffer come to 2.0"),
            std::string::npos)
      << many.reason;
  EXPECT_EQ(many.cycles, 0u);
  EXPECT_TRUE(many.units.empty() && many.traffic.empty());
}

// Shapes as large as the options allow, of designs that map every one of them alike.
TEST(LargeCounts, OfAnyShapeAreRightOrRefused) {
  const std::uint64_t seed = weft::test::seed_or(11);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const auto up_to = [&](int bits) {
    return std::int64_t{1} +
           static_cast<std::int64_t>(random() >> (64 - 1 - random() % static_cast<unsigned>(bits)));
  };
  int right = 0;
  for (const char* name : {"fusemax", "fusemax-4x4", "fusemax-cascade-16x16", "streaming-softmax",
                           "segments-serial"}) {
    const auto made = design(name);
    for (int i = 0; i < 400; ++i) {
      Shape shape{.batch = up_to(20),
                  .heads = up_to(16),
                  .kv_heads = 1,
                  .seq_q = up_to(26),
                  .seq_kv = up_to(26),
                  .width_qk = up_to(7),
                  .width_v = up_to(7)};
      shape.kv_heads = shape.heads;
      if (!problems_of(shape, {}).empty()) continue;
      Shape single = shape;
      single.batch = single.heads = single.kv_heads = 1;
      SCOPED_TRACE(std::string(name) + ": " + text(shape));
      const Result one = analytic(made, single);
      const Result many = analytic(made, shape);
      if (one.status != Status::ok) {
        EXPECT_EQ(many.status, Status::infeasible);
        continue;
      }
      cpp_int most = cpp_int(one.cycles) * shape.batch * shape.heads;
      for (const auto& unit : one.units) {
        for (const auto counter : unit.counters)
          most = std::max<cpp_int>(most, cpp_int(counter) * shape.batch * shape.heads);
      }
      if (many.status == Status::ok) {
        EXPECT_LT(most / 2, kEnd);
        for (std::size_t u = 0; u < one.units.size(); ++u) {
          for (std::size_t c = 0; c < one.units[u].counters.size(); ++c) {
            const cpp_int exact = cpp_int(one.units[u].counters[c]) * shape.batch * shape.heads;
            const cpp_int got = many.units[u].counters[c];
            EXPECT_TRUE(got <= exact && got + shape.batch * shape.heads >= exact)
                << "unit " << u << " counter " << c;
          }
        }
        expect_bandwidth(many);
        ++right;
      } else {
        EXPECT_GE(most * 4, kEnd) << many.reason;
      }
    }
  }
  EXPECT_GT(right, 500);
}

// Steady-state advance multiplies counters by periods: SystemC's counts too are right, or refused.
TEST(LargeCounts, OfSystemCAreRightOrRefused) {
  const auto made = design("unfused");
  Shape shape = narrow(1 << 10, 6 << 10);
  shape.heads = shape.kv_heads = 1 << 16;
  const Result few = run_point(made, shape);
  ASSERT_EQ(few.status, Status::ok) << few.reason;
  shape.batch = 1 << 19;
  const Result many = run_point(made, shape);
  ASSERT_EQ(many.status, Status::ok) << many.reason;
  EXPECT_GT(bytes_of(many, UnitKind::dram), cpp_int(1) << 63);
  EXPECT_EQ(bytes_of(many, UnitKind::dram), bytes_of(few, UnitKind::dram) * 512);
  shape.batch = 1 << 20;
  ASSERT_GE(bytes_of(few, UnitKind::dram) * 1024, kEnd);
  const Result refused = run_point(made, shape);
  EXPECT_EQ(refused.status, Status::infeasible);
  EXPECT_NE(refused.reason.find("more than can be counted"), std::string::npos) << refused.reason;
}

}  // namespace
}  // namespace weft::sim::engine::test
