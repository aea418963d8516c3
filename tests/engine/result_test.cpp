#include "models/engine/result/result.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <set>

#include "models/engine/design/catalog.hpp"
#include "models/engine/run/begin_result.hpp"
#include "models/engine/run/result_csv.hpp"
#include "models/engine/run/result_json.hpp"
#include "models/engine/run/run_options.hpp"

namespace weft::engine {
namespace {

const Catalog& catalog() {
  static const Catalog kCatalog(WEFT_SOURCE_DIR "/configs");
  return kCatalog;
}

workload::Workload small_workload() {
  workload::Workload workload;
  workload.name = "small";
  workload.heads = 3;
  workload.batch = 2;
  workload.seq = 40;
  workload.width_qk = 24;
  workload.width_v = 20;
  return workload;
}

// A result as a simulator might leave it: cycles and busy cycles are ours to choose.
Result made_result(const Design& design, const workload::Shape& shape, std::uint64_t cycles) {
  const Lowering& lowering = design.lowering(shape.causal);
  const Sizing sizing = size_point(lowering, small_workload(), shape, 1);
  Result result = begin_result(design, lowering, sizing, Fidelity::systemc);
  result.cycles = cycles;
  for (int a = 0; a < static_cast<int>(lowering.arrays.size()); ++a)
    result.units.push_back({.kind = UnitKind::array, .array = a, .idle_cycles = cycles});
  result.units.push_back({.kind = UnitKind::buffer, .idle_cycles = cycles});
  result.units.push_back({.kind = UnitKind::dram, .idle_cycles = cycles});
  conclude(result, lowering, sizing);
  return result;
}

void set_busy(Result& result, std::size_t unit, std::uint64_t cycles) {
  result.units[unit].busy_cycles = cycles;
  result.units[unit].idle_cycles = result.cycles - cycles;
}

// The pairs that a mask lets through, one by one.
std::int64_t counted_pairs(const workload::Shape& shape) {
  std::int64_t pairs = 0;
  for (std::int64_t q = 0; q < shape.seq_q; ++q) {
    for (std::int64_t k = 0; k < shape.seq_kv; ++k)
      pairs += !shape.causal || k <= q + shape.seq_kv - shape.seq_q ? 1 : 0;
  }
  return pairs;
}

TEST(UsefulMacs, AreThoseOfTheTwoProductsOfEveryDesignMaskedOrNot) {
  int tried = 0;
  for (const char* name : {"unfused-8x8", "flat-8x8", "fusemax-cascade-8x8",
                           "fusemax-architecture-8x8", "fusemax-8x8"}) {
    const Design design = Design::load(catalog(), name);
    for (const auto& [queries, keys] :
         {std::pair{40, 40}, std::pair{1, 37}, std::pair{13, 29}, std::pair{40, 41}}) {
      for (const bool causal : {false, true}) {
        workload::Shape shape = small_workload().shape();
        shape.seq_q = queries;
        shape.seq_kv = keys;
        shape.causal = causal;
        const Result result = made_result(design, shape, 1000);
        const double macs = 2.0 * 3 * static_cast<double>(counted_pairs(shape)) * (24 + 20);
        EXPECT_DOUBLE_EQ(result.useful_macs.value(), macs / (8 * 8 * 1000.0))
            << name << " " << queries << " on " << keys << (causal ? ", causal" : "");
        ++tried;
      }
    }
  }
  EXPECT_EQ(tried, 40);
}

class BoundTest : public testing::Test {
 protected:
  Design design_ = Design::load(catalog(), "fusemax-8x8");
  const Lowering& lowering_ = design_.lowering(false);
  Result result_ = made_result(design_, small_workload().shape(), 1000);

  std::string bound() {
    conclude(result_, lowering_,
             size_point(lowering_, small_workload(), small_workload().shape(), 1));
    return bound_words(result_, lowering_);
  }
  std::size_t unit(std::string_view name) const {
    for (std::size_t u = 0; u < result_.units.size(); ++u) {
      if (unit_name(lowering_, result_.units[u]) == name) return u;
    }
    throw std::out_of_range(std::string(name));
  }
};

TEST_F(BoundTest, TheBusiestUnitIsNamedFirst) {
  set_busy(result_, unit("array_2d"), 700);
  set_busy(result_, unit("array_1d"), 991);
  EXPECT_EQ(bound(), "array_1d: busy 99.1 % of its cycles; next array_2d with 70.0 %");
  set_busy(result_, unit("dram"), 995);
  EXPECT_TRUE(bound().starts_with("dram: busy 99.5 %"));
}

TEST_F(BoundTest, ABufferInUseEveryCycleBoundsOnlyWhereItsPortsAreFull) {
  set_busy(result_, unit("array_1d"), 900);
  set_busy(result_, unit("buffer"), 1000);
  auto& counters = result_.units[unit("buffer")].counters;
  counters[static_cast<std::size_t>(BufferCounter::rows_read)] = 1000;
  EXPECT_TRUE(bound().starts_with("array_1d")) << bound();
  counters[static_cast<std::size_t>(BufferCounter::rows_read)] =
      1000 * static_cast<std::uint64_t>(design_.arch().buffer.read_ports);
  EXPECT_EQ(bound(), "buffer: busy 100.0 % of its port slots; next array_1d with 90.0 %");
}

TEST_F(BoundTest, WhereNoneIsBusyItSaysSo) {
  set_busy(result_, unit("array_2d"), 300);
  EXPECT_NE(bound().find("dependencies"), std::string::npos);
  EXPECT_TRUE(bound().starts_with("array_2d"));
}

TEST(Counters, HaveNamesUnitsAndDescriptionsEachOnce) {
  for (const auto& [kind, last] :
       {std::pair{UnitKind::array, static_cast<std::size_t>(ArrayCounter::drain_cycles)},
        std::pair{UnitKind::buffer, static_cast<std::size_t>(BufferCounter::port_wait_cycles)},
        std::pair{UnitKind::dram, static_cast<std::size_t>(DramCounter::bytes_written)}}) {
    const std::span<const CounterDeclaration> counters = counters_of(kind);
    ASSERT_EQ(counters.size(), last + 1);
    std::set<std::string_view> names;
    for (const CounterDeclaration& counter : counters) {
      EXPECT_TRUE(names.insert(counter.name).second && !counter.unit.empty() &&
                  !counter.description.empty())
          << counter.name;
    }
  }
  EXPECT_EQ(
      counters_of(UnitKind::array)[static_cast<std::size_t>(ArrayCounter::preload_cycles)].name,
      "preload_cycles");
  EXPECT_EQ(counters_of(UnitKind::dram)[static_cast<std::size_t>(DramCounter::bytes_read)].name,
            "bytes_read");
}

Report small_report(const Design& design, const Result& result) {
  return {
      .design = &design,
      .result = &result,
      .workload = "small, \"quoted\"",
      .provenance = {.version = "1.2.3", .config_sha256 = "ab", .seed = 7, .command = "weft run"}};
}

TEST(ResultJson, HoldsEveryKeyOfTheSchemaInOrder) {
  const Design design = Design::load(catalog(), "fusemax-8x8");
  Result result = made_result(design, small_workload().shape(), 1000);
  result.traffic.push_back({design.lowering(false).cascade->tensor("Q"), UnitKind::dram, 300, 20});
  result.traffic.push_back(
      {design.lowering(false).cascade->tensor("Q"), UnitKind::buffer, 5000, 0});
  result.error = Error{0.5, 0.25, 9};
  const auto json = nlohmann::ordered_json::parse(result_json(small_report(design, result)));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"schema",         "provenance", "design",
                                            "arch",           "binding",    "cascade",
                                            "workload",       "fidelity",   "shape",
                                            "conventions",    "ranks",      "status",
                                            "reason",         "clock_hz",   "cycles",
                                            "seconds",        "bound",      "advance",
                                            "utilisation",    "bound_by",   "units",
                                            "traffic",        "dram",       "energy_pj",
                                            "mapping",        "error",      "error_to_attention",
                                            "error_by_layer", "selection",  "assumptions"}));
  EXPECT_EQ(json["ranks"]["M"], 40);
  EXPECT_EQ(json["shape"]["width_v"], 20);
  EXPECT_EQ(json["dram"]["bytes"], 320);
  EXPECT_DOUBLE_EQ(json["dram"]["achieved_bytes_per_s"].get<double>(), 320 * 940e6 / 1000);
  EXPECT_EQ(json["error"]["compared"], 9);
  EXPECT_TRUE(json["energy_pj"].is_null() && json["selection"].is_null() &&
              json["reason"].is_null());
  EXPECT_EQ(json["units"].size(), 4U);
  EXPECT_EQ(json["workload"], "small, \"quoted\"");
}

TEST(ResultJson, OfAPointThatDidNotRunHasAReasonAndNoFigures) {
  const Design design = Design::load(catalog(), "fusemax-8x8");
  Result result = made_result(design, small_workload().shape(), 0);
  result.status = Status::infeasible;
  result.reason = "too small";
  result.bound_by = kNone;
  const auto json = nlohmann::json::parse(result_json(small_report(design, result)));
  EXPECT_EQ(json["status"], "infeasible");
  EXPECT_EQ(json["reason"], "too small");
  for (const char* key : {"cycles", "seconds", "utilisation", "dram", "bound_by"})
    EXPECT_TRUE(json[key].is_null()) << key;
}

TEST(ResultsCsv, QuotesWhatItMustAndHasOneRowAResult) {
  const Design design = Design::load(catalog(), "fusemax-8x8");
  const Result result = made_result(design, small_workload().shape(), 1000);
  const std::vector<Report> reports(2, small_report(design, result));
  const std::string csv = results_csv(reports);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_TRUE(csv.starts_with("design,workload,fidelity,status,reason,"));
  EXPECT_NE(csv.find("\nfusemax-8x8,\"small, "
                     "\"\"quoted\"\"\",systemc,ok,,2,3,3,40,40,24,20,false,1,940000000,1000,"),
            std::string::npos)
      << csv;
}

TEST(ConfigSha256, MovesWithEveryInputThatChangesANumber) {
  const workload::Workload workload = small_workload();
  const auto hash = [&](const Design& design, const workload::Shape& shape,
                        const RunOptions& options) {
    return config_sha256(design, workload.at(shape), options);
  };
  const Design design = Design::load(catalog(), "fusemax-8x8");
  const std::string base = hash(design, workload.shape(), {});
  std::set<std::string> all{base};
  RunOptions seeded;
  seeded.seed = 1;
  RunOptions analytic;
  analytic.fidelity = Fidelity::analytic;
  workload::Trace trace;
  trace.content_sha256 = "01";
  RunOptions traced;
  traced.trace = &trace;
  workload::Shape causal = workload.shape();
  causal.causal = true;
  all.insert(hash(design, workload.shape(), seeded));
  all.insert(hash(design, workload.shape(), analytic));
  all.insert(hash(design, workload.shape(), traced));
  all.insert(hash(design, causal, {}));
  all.insert(hash(Design::load(catalog(), "fusemax-16x16"), workload.shape(), {}));
  all.insert(hash(Design::load(catalog(), "fusemax-8x8", {{"arch.dram.latency_cycles", "99"}}),
                  workload.shape(), {}));
  all.insert(hash(Design::load(catalog(), "fusemax-8x8", {{"binding.tiles_in_flight", "1"}}),
                  workload.shape(), {}));
  EXPECT_EQ(all.size(), 8U);
  RunOptions exact;
  exact.exact = true;
  EXPECT_EQ(hash(design, workload.shape(), exact), base);
  EXPECT_EQ(hash(Design::load(catalog(), "fusemax-8x8", {{"arch.dram.latency_cycles", "100"}}),
                 workload.shape(), {}),
            base)
      << "the value it has";
  EXPECT_EQ(hash(Design::load(catalog(), "fusemax-8x8", {{"arch.dram.latency_s", "106e-9"}}),
                 workload.shape(), {}),
            base)
      << "as many cycles";
}

}  // namespace
}  // namespace weft::engine
