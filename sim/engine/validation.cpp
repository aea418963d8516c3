#include "sim/engine/validation.hpp"

#include <cstring>

#include "models/common/json.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/workload/made_trace.hpp"
#include "sim/engine/run.hpp"

namespace weft::sim::engine {

using weft::engine::Design;
using weft::engine::Fidelity;
using weft::engine::Result;
using weft::engine::StallProfile;

namespace {

workload::Shape shape(std::int64_t heads, std::int64_t kv_heads, std::int64_t seq_q,
                      std::int64_t seq_kv, std::int64_t width_qk, std::int64_t width_v,
                      bool causal) {
  workload::Shape made;
  made.batch = 1;
  made.heads = heads;
  made.kv_heads = kv_heads;
  made.seq_q = seq_q;
  made.seq_kv = seq_kv;
  made.width_qk = width_qk;
  made.width_v = width_v;
  made.causal = causal;
  return made;
}

workload::Trace operands_of(const ValidationCase& run, std::uint64_t seed) {
  std::uint64_t state = seed;
  return workload::made_trace(run.shape, run.layers, [&](std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
      state = state * 6364136223846793005u +
              1442695040888963407u;  // Knuth's MMIX generator; its upper bits
      value = workload::operand_of(state);
    }
    return values;
  });
}

bool same_bits(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t layer = 0; layer < a.size(); ++layer) {
    if (a[layer].size() != b[layer].size()) return false;
    if (std::memcmp(a[layer].data(), b[layer].data(), a[layer].size() * sizeof(float)) != 0)
      return false;
  }
  return true;
}

// What cannot be run is bad input here, and a point that does not work too.
std::uint64_t cycles_of(const Design& design, const workload::Workload& workload,
                        const weft::engine::RunOptions& options) {
  const Result result = run(design, workload, options);
  if (!result.problems.empty()) throw ConfigError(result.problems);
  if (result.status == weft::engine::Status::infeasible)
    throw ConfigError(Problem{{}, "design", design.name(), result.reason});
  return result.cycles;
}

// `progress` is told the share of this point.
ValidationPoint validate_point(const Design& design, const ValidationCase& run,
                               StallProfile profile, std::uint64_t seed,
                               const std::stop_token& stop,
                               const std::function<void(double)>& progress) {
  const workload::Trace trace = operands_of(run, seed);
  workload::Workload workload;
  workload.name = "validation";
  workload = workload.at(run.shape);
  ValidationPoint point{
      .design = design.name(), .run = run, .memory = {}, .profile = profile, .analytic = {}};
  weft::engine::RunOptions options;
  if (design.assembled() == nullptr) {
    options.fidelity = Fidelity::analytic;
    point.analytic = cycles_of(design, workload, options);
  }
  options.stall_profile = profile;
  options.seed = seed;
  options.trace = &trace;
  options.stop = stop;
  std::vector<std::vector<float>> systemc;
  std::vector<std::vector<float>> rtl;
  options.fidelity = Fidelity::systemc;
  options.outputs = &systemc;
  options.progress = [&](double share) { progress(share / 2); };
  point.systemc = cycles_of(design, workload, options);
  options.fidelity = Fidelity::rtl;
  options.rtl_checks = true;
  options.outputs = &rtl;
  options.progress = [&](double share) { progress((1 + share) / 2); };
  point.rtl = cycles_of(design, workload, options);
  point.values_equal = same_bits(systemc, rtl);
  for (const auto& layer : rtl) point.values_compared += layer.size();
  return point;
}

// What a scale of SpAtten's RTL takes: widths of most heads, and of keys and values that differ;
// keys of a query that is alone.
struct SpattenWidths {
  std::int64_t head, key, value;
  std::int64_t many_keys;
};

ValidationGrid spatten_grid(const char* design, const SpattenWidths& widths,
                            const ValidationMemory& memory) {
  const std::int64_t w = widths.head;
  const std::vector<weft::engine::Setting> whole{{"binding.run.numbers.key", "12"}};
  const std::vector<weft::engine::Setting> dense{{"binding.run.pruning.tokens.average", "0"},
                                                 {"binding.run.pruning.heads.average", "0"},
                                                 {"binding.run.pruning.values", "0"}};
  return {.designs = {design},
          .cases = {{shape(2, 2, 40, 40, 64, 64, false)},
                    {shape(3, 1, 24, 60, w, w, true)},
                    {shape(4, 4, 48, 48, w, w, false), 3},
                    {shape(2, 2, 17, 33, widths.key, widths.value, false), 1, whole},
                    {shape(3, 3, 20, 20, w, 64, true), 1, dense},
                    {shape(6, 6, 1, widths.many_keys, 64, 64, false), 2}},
          .memories = {memory},
          .profiles = {}};
}

}  // namespace

std::vector<ValidationGrid> validation_grids(const std::string& design) {
  const std::vector<StallProfile> profiles = {StallProfile::none, StallProfile::source,
                                              StallProfile::sink, StallProfile::both,
                                              StallProfile::bursty};
  const ValidationMemory slow{
      "slow", {{"arch.dram.bandwidth_bytes_per_s", "2e9"}, {"arch.dram.latency_cycles", "37"}}};
  ValidationGrid fusemax{.designs = {"fusemax-4x4", "fusemax-8x8", "fusemax-16x16"},
                         .cases = {{shape(4, 4, 64, 64, 64, 64, false)},
                                   {shape(4, 2, 96, 96, 64, 64, true)},
                                   {shape(3, 3, 50, 77, 40, 24, false)}},
                         .memories = {{"hbm", {}}, slow},
                         .profiles = profiles};
  ValidationGrid smallest = spatten_grid("spatten-rtl-smallest", {32, 16, 48, 90}, {"32 GB/s", {}});
  ValidationGrid doubled = spatten_grid("spatten-rtl-double", {32, 32, 64, 90}, {"64 GB/s", {}});
  ValidationGrid eighth = spatten_grid("spatten-rtl-eighth", {64, 64, 64, 1000}, {"64 GB/s", {}});
  for (ValidationGrid* grid : {&smallest, &doubled, &eighth}) {
    grid->memories.push_back(slow);
    grid->profiles = profiles;
    if (grid->designs.front() == design) return {std::move(*grid)};
  }
  // Those whose libraries come with the build.
  if (design.empty()) return {std::move(fusemax), std::move(smallest), std::move(doubled)};
  fusemax.designs = {design};
  return {std::move(fusemax)};
}

std::vector<ValidationPoint> validate(const weft::engine::Catalog& catalog,
                                      const std::vector<ValidationGrid>& grids, std::uint64_t seed,
                                      const std::stop_token& stop,
                                      const std::function<void(double)>& progress) {
  std::size_t all = 0;
  for (const ValidationGrid& grid : grids) all += grid.points();
  std::vector<ValidationPoint> points;
  const auto tell = [&](double share) {
    if (progress) progress((static_cast<double>(points.size()) + share) / static_cast<double>(all));
  };
  for (const ValidationGrid& grid : grids) {
    for (const std::string& name : grid.designs) {
      for (const ValidationMemory& memory : grid.memories) {
        for (const ValidationCase& one : grid.cases) {
          std::vector<weft::engine::Setting> settings = memory.settings;
          settings.insert(settings.end(), one.settings.begin(), one.settings.end());
          const Design design = Design::load(catalog, name, settings);
          for (const StallProfile profile : grid.profiles) {
            points.push_back(
                validate_point(design, one, profile, seed + points.size(), stop, tell));
            points.back().memory = memory.name;
          }
        }
      }
    }
  }
  return points;
}

ValidationSummary summarise(const std::vector<ValidationPoint>& points) {
  ValidationSummary all;
  std::size_t unstalled = 0;
  for (const ValidationPoint& point : points) {
    all.values_compared += point.values_compared;
    all.values_equal = all.values_equal && point.values_equal;
    const double to_rtl = std::abs(point.systemc_to_rtl());
    all.worst_systemc_to_rtl = std::max(all.worst_systemc_to_rtl, to_rtl);
    all.mean_systemc_to_rtl += to_rtl / static_cast<double>(points.size());
    if (point.profile != StallProfile::none || !point.analytic) continue;
    ++unstalled;
    const double apart = std::abs(*point.analytic_to_systemc());
    all.worst_analytic_to_systemc = std::max(all.worst_analytic_to_systemc, apart);
    all.mean_analytic_to_systemc += apart;
  }
  if (unstalled > 0) all.mean_analytic_to_systemc /= static_cast<double>(unstalled);
  return all;
}

std::string validation_json(const std::vector<ValidationPoint>& points) {
  json::Writer out;
  out.begin_object();
  out.field("schema", "weft-validation/1");
  out.objects("points", points, [&](const ValidationPoint& point) {
    out.field("design", point.design);
    out.key("shape");
    out.begin_object();
    const workload::Shape& shape = point.run.shape;
    out.field("heads", shape.heads);
    out.field("kv_heads", shape.kv_heads);
    out.field("seq_q", shape.seq_q);
    out.field("seq_kv", shape.seq_kv);
    out.field("width_qk", shape.width_qk);
    out.field("width_v", shape.width_v);
    out.field("causal", shape.causal);
    out.end_object();
    out.field("layers", point.run.layers);
    out.key("settings");
    out.begin_object();
    for (const auto& [path, value] : point.run.settings) out.field(path, value);
    out.end_object();
    out.field("memory", point.memory);
    out.field("stall_profile", std::string_view(config::name_of(point.profile)));
    out.key("cycles");
    out.begin_object();
    const auto optional_field = [&](const char* name, const auto& value) {
      if (value) {
        out.field(name, *value);
      } else {
        out.null_field(name);
      }
    };
    optional_field("analytic", point.analytic);
    out.field("systemc", point.systemc);
    out.field("rtl", point.rtl);
    out.end_object();
    out.key("error");
    out.begin_object();
    optional_field("analytic_to_systemc", point.analytic_to_systemc());
    out.field("systemc_to_rtl", point.systemc_to_rtl());
    out.end_object();
    out.field("values_equal", point.values_equal);
    out.field("values_compared", point.values_compared);
  });
  const ValidationSummary all = summarise(points);
  out.key("summary");
  out.begin_object();
  out.field("points", points.size());
  out.field("values_compared", all.values_compared);
  out.field("values_equal", all.values_equal);
  out.field("worst_systemc_to_rtl", all.worst_systemc_to_rtl);
  out.field("mean_systemc_to_rtl", all.mean_systemc_to_rtl);
  out.field("worst_analytic_to_systemc", all.worst_analytic_to_systemc);
  out.field("mean_analytic_to_systemc", all.mean_analytic_to_systemc);
  out.end_object();
  out.end_object();
  return out.take();
}

}  // namespace weft::sim::engine
