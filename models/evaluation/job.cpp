#include "models/evaluation/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "models/common/error.hpp"
#include "models/engine/analytic/analytic.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/design/mapping.hpp"
#include "models/engine/result/energy.hpp"
#include "models/evaluation/fusemax/pareto_rules.hpp"

namespace weft::evaluation {
namespace {

struct Named {
  Config config;
  const char* design;
};
constexpr std::array<Named, 5> kDesigns{{{Config::unfused, "unfused"},
                                         {Config::flat, "flat"},
                                         {Config::cascade, "fusemax-cascade"},
                                         {Config::architecture, "fusemax-architecture"},
                                         {Config::binding, "fusemax"}}};

// FuseMax's buffer in the area sweep: twice the published 16·side·E·m bytes, since what is fetched
// is held twice and the running state is in fp32.
std::int64_t pareto_buffer_bytes(std::int64_t side, std::int64_t width) {
  return 32 * side * width * (side >= 512 ? 2 : 1);
}

std::string key_of(const Job& job) {
  if (job.kind == JobKind::linear)
    return fmt::format("linear {}", job.config == Config::binding ? "fusemax-cloud" : "flat-cloud");
  if (job.kind == JobKind::pareto)
    return fmt::format("pareto {} {}", job.side, published_model(job.model).width);
  return design_name(job.config);
}

EnergyParts parts_of(const std::vector<cost::ActionCount>& actions) {
  EnergyParts parts;
  for (const cost::ActionCount& action : actions) {
    if (action.component == "dram") {
      parts.dram += action.pj;
    } else if (action.component == "buffer") {
      parts.buffer += action.pj;
    } else if (action.component.ends_with(".register_file")) {
      parts.registers += action.pj;
    } else if (action.component.ends_with(".macc")) {
      parts.macs += action.pj;
    } else {
      parts.operations += action.pj;
    }
  }
  return parts;
}

std::string waits_of(const engine::Result& result, const engine::Lowering& lowering) {
  std::string words;
  const auto add = [&](const engine::UnitResult& unit, std::uint64_t cycles, const char* what) {
    const double share = static_cast<double>(cycles) / static_cast<double>(result.cycles);
    if (unit.kind == engine::UnitKind::array && share > 0.01)
      words += fmt::format("{}{} waits {:.1f} % {}", words.empty() ? "" : ", ",
                           engine::unit_name(lowering, unit), 100 * share, what);
  };
  for (const engine::UnitResult& unit : result.units) {
    add(unit, unit.stall_in_cycles, "for operands");
    add(unit, unit.stall_out_cycles, "for room");
  }
  return words;
}

}  // namespace

std::vector<Job> evaluation_jobs() {
  std::vector<Job> jobs;
  for (std::size_t l = kPublishedLengths.size(); l-- > 0;) {
    for (const NamedModel& model : kPublishedModels) {
      for (const Named& named : kDesigns) {
        jobs.push_back({.kind = JobKind::attention,
                        .config = named.config,
                        .model = model.name,
                        .length = kPublishedLengths[l],
                        .product = {}});
      }
      for (const Config config : {Config::flat, Config::binding}) {
        for (const char* product : {"QKV", "Z", "FFN1", "FFN2"})
          jobs.push_back({.kind = JobKind::linear,
                          .config = config,
                          .model = model.name,
                          .length = kPublishedLengths[l],
                          .product = product});
      }
    }
  }
  for (const char* model : {"BERT", "XLM"}) {
    for (const std::int64_t side : kParetoSides)
      jobs.push_back({.kind = JobKind::pareto,
                      .config = Config::binding,
                      .model = model,
                      .length = kParetoLength,
                      .product = {},
                      .side = side});
  }
  // FLAT at the longest lengths takes longest: it comes first.
  std::stable_partition(jobs.begin(), jobs.end(), [](const Job& job) {
    return job.kind == JobKind::attention && job.config == Config::flat;
  });
  return jobs;
}

std::vector<std::vector<std::size_t>> jobs_alike(const std::vector<Job>& jobs) {
  std::vector<std::vector<std::size_t>> all;
  std::map<std::tuple<std::string, std::int64_t, std::int64_t>, std::size_t> places;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    const auto [place, anew] =
        places.try_emplace({key_of(job), job.length, published_model(job.model).width}, all.size());
    if (job.kind != JobKind::attention || anew) {
      all.push_back({i});
    } else {
      all[place->second].push_back(i);
    }
  }
  return all;
}

const char* design_name(Config config) {
  for (const Named& named : kDesigns) {
    if (named.config == config) return named.design;
  }
  throw ContractError("a design without a name");
}

const char* workload_name(const std::string& model) {
  if (model == "BERT") return "bert-base";
  if (model == "TrXL") return "trxl";
  if (model == "T5") return "t5-small";
  if (model == "XLM") return "xlm";
  throw ContractError("a model without a workload: " + model);
}

Bench::Bench(const engine::Catalog& catalog, std::vector<cost::Table> tables)
    : tables_(std::move(tables)) {
  for (const Job& job : evaluation_jobs()) {
    const std::string key = key_of(job);
    if (designs_.contains(key)) continue;
    if (job.kind == JobKind::linear) {
      designs_.emplace(
          key,
          engine::Design::load(
              catalog, job.config == Config::binding ? "fusemax-cloud" : "flat-cloud", "linear"));
    } else if (job.kind == JobKind::pareto) {
      const std::int64_t bytes = pareto_buffer_bytes(job.side, published_model(job.model).width);
      designs_.emplace(key, engine::Design::load(catalog, fmt::format("fusemax-{0}x{0}", job.side),
                                                 {{"arch.dram.bandwidth_bytes_per_s",
                                                   fmt::format("{:.0f}", kBytesPerSecond)},
                                                  {"arch.dram.burst_bytes", "4096"},
                                                  {"arch.buffer.bytes", std::to_string(bytes)}}));
    } else {
      designs_.emplace(key, engine::Design::load(catalog, key));
    }
  }
}

Bench::Point Bench::point_of(const Job& job) const {
  const Model& model = published_model(job.model);
  Point point;
  point.design = &designs_.at(key_of(job));
  point.workload = point.workload.at({.batch = kBatch,
                                      .heads = model.heads,
                                      .kv_heads = model.heads,
                                      .seq_q = job.length,
                                      .seq_kv = job.length,
                                      .width_qk = model.width,
                                      .width_v = model.width});
  point.workload.name = workload_name(job.model);
  point.workload.model_width = model.model_width;
  point.workload.feed_forward_width = model.feed_forward;
  if (job.kind != JobKind::linear) return point;
  const std::int64_t all_heads = model.heads * model.width;
  const bool second = job.product == "FFN2";
  const std::int64_t contracted = second               ? model.feed_forward
                                  : job.product == "Z" ? all_heads
                                                       : model.model_width;
  const std::int64_t columns = job.product == "FFN1"  ? model.feed_forward
                               : job.product == "QKV" ? all_heads
                                                      : model.model_width;
  point.workload = point.workload.at({.batch = 1,
                                      .heads = 1,
                                      .kv_heads = 1,
                                      .seq_q = kBatch * job.length,
                                      .seq_kv = kBatch * job.length,
                                      .width_qk = columns,
                                      .width_v = columns});
  point.workload.model_width = contracted;
  return point;
}

Outcome Bench::run(const Job& job, const Runner& runner) const {
  const Point point = point_of(job);
  const engine::Result result = runner(*point.design, point.workload);
  Outcome out;
  out.status = std::string(config::name_of(result.status));
  if (result.status != engine::Status::ok) {
    out.bound_by = result.reason;
    for (const cost::Table& table : tables_) out.energy[table.name] = {};
    return out;
  }
  const engine::Mapping mapping =
      engine::map_point(*point.design, point.workload, point.workload.shape(), 1);
  const engine::Lowering& lowering = *mapping.lowering;
  out.cycles = static_cast<double>(result.cycles);
  out.latency_s = result.seconds();
  out.utilisation_2d = engine::utilisation(result, lowering, engine::ArrayKind::spatial);
  out.utilisation_1d = engine::utilisation(result, lowering, engine::ArrayKind::vector);
  out.useful_macs = result.useful_macs.value_or(0);
  for (const engine::Traffic& traffic : result.traffic) {
    if (traffic.level == engine::UnitKind::dram)
      out.traffic_bytes +=
          static_cast<double>(traffic.read_bytes) + static_cast<double>(traffic.written_bytes);
  }
  for (const cost::Table& table : tables_)
    out.energy[table.name] = parts_of(engine::energy_of(result, lowering, table));
  out.bound_by = engine::bound_words(result, lowering);
  out.waits = waits_of(result, lowering);
  out.mapping = result.mapping.words;
  const engine::Analysis analysis = engine::analyse(lowering, mapping.sizing);
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    for (std::size_t s = 0; s < lowering.groups[g].steps.size(); ++s) {
      const engine::LoweredStep& step = lowering.groups[g].steps[s];
      if (lowering.arrays[step.array]->kind != engine::ArrayKind::spatial) continue;
      out.einsum_share[step.name] =
          analysis.groups[g].step_busy_cycles[s].approximate() / out.cycles;
    }
  }
  for (const engine::RankSize& rank : mapping.sizing.groups[0].ranks) {
    if (rank.base != engine::kNone && lowering.cascade->ranks[rank.base].name == "P")
      out.query_blocks = rank.blocks;
  }
  return out;
}

}  // namespace weft::evaluation
