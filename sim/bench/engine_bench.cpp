// How many points a second: analytic and SystemC, a design's load, a result's JSON.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/run/result_json.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/engine/run/run_point.hpp"
#include "sim/engine/run.hpp"

namespace weft::bench {
namespace {

using engine::Catalog;
using engine::Design;
using engine::Result;
using workload::Shape;
using workload::Workload;

Catalog catalog() { return Catalog(WEFT_SOURCE_DIR "/configs"); }

Workload bert_base() { return workload::load_workload(catalog().file("workload", "bert-base")); }

// Shapes that differ in everything, edges and cross attention among them, so that no point can be
// taken from the one before it.
std::vector<Shape> varied_shapes(bool causal) {
  std::mt19937_64 random(1);
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  std::vector<Shape> shapes(1024);
  for (Shape& s : shapes) {
    s.batch = up_to(64);
    s.heads = s.kv_heads = up_to(32);
    s.seq_q = up_to(std::int64_t{1} << (6 + random() % 15));
    s.seq_kv = causal || random() % 2 == 0 ? s.seq_q : up_to(1 << 16);
    s.width_qk = 8 * up_to(16);
    s.width_v = 8 * up_to(16);
    s.causal = causal;
  }
  return shapes;
}

void analytic(benchmark::State& state, const std::string& name, bool causal) {
  const Design design = Design::load(catalog(), name);
  const Workload workload = bert_base();
  std::vector<Workload> points;
  for (const Shape& shape : varied_shapes(causal)) points.push_back(workload.at(shape));
  std::size_t next = 0;
  for (auto _ : state) {
    const Result result = engine::run_analytic(design, points[next++ % points.size()]);
    benchmark::DoNotOptimize(result.cycles);
  }
  state.SetItemsProcessed(state.iterations());
}

// One shipped workload as it stands.
void analytic_shipped(benchmark::State& state, const std::string& name) {
  const Design design = Design::load(catalog(), name);
  const Workload workload = bert_base();
  for (auto _ : state) benchmark::DoNotOptimize(engine::run_analytic(design, workload).cycles);
}

// Points whose walks are among the longest of thousands drawn by scripts/check/closed_form.py.
struct Hard {
  const char* design;
  std::vector<engine::Setting> settings;
  Shape shape;
};
std::vector<Hard> hard_points() {
  const auto shape = [](std::int64_t batch, std::int64_t heads, std::int64_t queries,
                        std::int64_t keys, std::int64_t width, bool causal) {
    return Shape{.batch = batch,
                 .heads = heads,
                 .kv_heads = heads,
                 .seq_q = queries,
                 .seq_kv = keys,
                 .width_qk = width,
                 .width_v = width,
                 .causal = causal};
  };
  const std::string dram = "arch.dram.";
  return {
      {"unfused-128x128",
       {{dram + "outstanding", "64"}, {dram + "burst_bytes", "256"}},
       shape(29, 32, 1400, 1400, 23, true)},
      {"flat-16x16",
       {{dram + "latency_cycles", "2"}, {dram + "burst_bytes", "128"}},
       shape(13, 1, 3005, 3005, 84, true)},
      {"segments-serial",
       {{dram + "bandwidth_bytes_per_s", "2026507132"}},
       shape(8, 3, 1321, 1321, 103, true)},
      {"fusemax-cascade-4x4", {{dram + "burst_bytes", "4096"}}, shape(21, 26, 2850, 200, 1, false)},
      {"fusemax-4x4", {}, shape(7, 18, 682, 682, 52, true)}};
}
void analytic_hard(benchmark::State& state, const Hard& hard) {
  const Design design = Design::load(catalog(), hard.design, hard.settings);
  const Workload workload = bert_base().at(hard.shape);
  for (auto _ : state) benchmark::DoNotOptimize(engine::run_analytic(design, workload).cycles);
}

void systemc(benchmark::State& state, const std::string& name) {
  const Design design = Design::load(catalog(), name);
  Workload workload = bert_base();
  workload.seq = state.range(0) * 1024;
  std::uint64_t cycles = 0;
  for (auto _ : state) cycles = sim::engine::run(design, workload).cycles;
  state.counters["cycles"] = static_cast<double>(cycles);
}

void load_design(benchmark::State& state, const std::string& name) {
  const Catalog all = catalog();
  for (auto _ : state)
    benchmark::DoNotOptimize(Design::load(all, name).lowering(false).groups.size());
}

void result_to_json(benchmark::State& state) {
  const Design design = Design::load(catalog(), "fusemax");
  const Workload workload = bert_base();
  const Result result = engine::run_analytic(design, workload);
  engine::Report report{
      .design = &design,
      .result = &result,
      .workload = "bert-base",
      .provenance = {.version = "0", .config_sha256 = std::string(64, '0'), .command = "weft run"}};
  for (auto _ : state) {
    report.provenance.seed += 1;
    benchmark::DoNotOptimize(engine::result_json(report).size());
  }
}

const bool registered = [] {
  for (const char* name :
       {"unfused", "flat", "fusemax-cascade", "fusemax-architecture", "fusemax"}) {
    benchmark::RegisterBenchmark((std::string("analytic/") + name).c_str(), analytic, name, false)
        ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark((std::string("analytic_causal/") + name).c_str(), analytic, name,
                                 true)
        ->Unit(benchmark::kMicrosecond);
  }
  for (const Hard& hard : hard_points()) {
    benchmark::RegisterBenchmark((std::string("analytic_hard/") + hard.design).c_str(),
                                 analytic_hard, hard)
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::RegisterBenchmark("analytic_shipped/fusemax", analytic_shipped, "fusemax")
      ->Unit(benchmark::kMicrosecond);
  auto* runs = benchmark::RegisterBenchmark("systemc_kilotokens/fusemax", systemc, "fusemax")
                   ->Unit(benchmark::kMillisecond);
  for (const std::int64_t kilotokens : {64, 256, 1024}) runs->Arg(kilotokens);
  benchmark::RegisterBenchmark("load_design/fusemax", load_design, "fusemax")
      ->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("result_to_json", result_to_json)->Unit(benchmark::kMicrosecond);
  return true;
}();

}  // namespace
}  // namespace weft::bench
