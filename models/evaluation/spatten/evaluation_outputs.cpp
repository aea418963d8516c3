// The evaluation as JSON, weft-reproduction/1, and as one CSV a table, which
// scripts/plot/spatten.py draws.
#include <fmt/format.h>

#include "models/common/csv.hpp"
#include "models/common/fields.hpp"
#include "models/common/json.hpp"
#include "models/evaluation/spatten/benchmarks.hpp"
#include "models/evaluation/spatten/evaluation.hpp"

namespace weft::evaluation::spatten {
namespace {

using json::Writer;

std::string number(double value) { return config::number_text(value); }

void number_or_null(Writer& out, const char* name, double value, bool known) {
  if (known) {
    out.field(name, value);
  } else {
    out.null_field(name);
  }
}

void text_or_null(Writer& out, const char* name, const std::string& text) {
  if (text.empty()) {
    out.null_field(name);
  } else {
    out.field(name, text);
  }
}

void write_kept(Writer& out, const RunKept& one) {
  const Kept& kept = one.kept;
  const bool ok = kept.ok();
  out.begin_object();
  out.field("part", name_of(one.run.part));
  text_or_null(out, "label", one.run.label);
  out.field("design", one.run.design);
  out.field("workload", one.run.workload);
  out.field("status", kept.status);
  text_or_null(out, "reason", kept.reason);
  number_or_null(out, "seconds", kept.seconds, ok);
  number_or_null(out, "cycles", kept.cycles, ok);
  number_or_null(out, "dram_bytes", kept.dram_bytes, ok);
  number_or_null(out, "asked_bytes", kept.asked_bytes, ok);
  number_or_null(out, "flops", kept.flops, ok);
  number_or_null(out, "energy_pj", kept.joules * 1e12, ok && kept.joules > 0);
  text_or_null(out, "time_from", kept.time_from);
  text_or_null(out, "bound_by", kept.bound_by);
  out.field("command", kept.command);
  out.key("energy_by_component_pj");
  out.begin_object();
  for (const auto& [component, pj] : kept.energy_pj) out.field(component, pj);
  out.end_object();
  out.end_object();
}

void write_mean(Writer& out, const char* name, const Mean& mean) {
  out.key(name);
  if (mean.count == 0) return out.null();
  out.begin_object();
  out.field("arithmetic", mean.arithmetic);
  out.field("geometric", mean.geometric);
  out.field("benchmarks", mean.count);
  out.end_object();
}

void write_comparison(Writer& out, const Evaluation& all) {
  out.objects("comparison", comparisons_of(all), [&](const Comparison& row) {
    out.field("design", row.design);
    out.field("over", row.over);
    out.field("baseline_bits", row.bits);
    write_mean(out, "speedup", row.speedup);
    write_mean(out, "energy_saving", row.energy);
    write_mean(out, "dram_saving", row.dram);
  });
}

void write_ablation(Writer& out, const Evaluation& all) {
  out.objects("ablation", ablation_of(all), [&](const AblationStep& step) {
    out.field("step", step.label);
    out.field("seconds", step.seconds);
    out.field("factor", step.factor);
    out.field("published", step.published);
    out.field("over_titan_xp", step.over_titan);
    out.field("bound_by", step.bound_by);
  });
}

void write_selections(Writer& out, const char* name, const Selections& of) {
  out.key(name);
  out.begin_object();
  out.field("candidates", of.candidates);
  out.field("rounds", of.rounds);
  out.field("cycles", of.cycles);
  out.end_object();
}

void write_canned(Writer& out, const Evaluation& all) {
  out.objects("canned", all.canned, [&](const CannedRow& row) {
    out.field("layer", row.layer);
    out.field("what", row.what);
    write_selections(out, "real", row.real);
    write_selections(out, "random", row.random);
  });
}

void write_validation(Writer& out, const Evaluation& all) {
  out.objects("validation", figures_of(all), [&](const Figure& figure) {
    out.field("name", figure.name);
    out.field("unit", figure.unit);
    out.field("published", figure.published);
    number_or_null(out, "ours", figure.ours.value_or(0), figure.ours.has_value());
    text_or_null(out, "reason", figure.reason);
    out.field("command", figure.command);
  });
  out.objects("area_mm2", all.area, [&](const Area& one) {
    out.field("component", one.component);
    out.field("mm2", one.mm2);
    out.field("source", one.source);
  });
}

void write_runs(Writer& out, const char* name, const Evaluation& all, bool points) {
  out.key(name);
  out.begin_array();
  for (const RunKept& one : all.runs) {
    if ((one.run.part == Part::point) == points) write_kept(out, one);
  }
  out.end_array();
}

std::string points_csv(const Evaluation& all) {
  std::string out =
      "design,workload,status,time_from,seconds,cycles,dram_bytes,asked_bytes,flops,joules,"
      "bound_by,command\n";
  for (const RunKept& one : all.runs) {
    if (one.run.part != Part::point) continue;
    const Kept& kept = one.kept;
    const auto cell = [&](double value) { return kept.ok() ? number(value) : std::string(); };
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", one.run.design, one.run.workload,
                       kept.status, csv::cell(kept.time_from), cell(kept.seconds),
                       cell(kept.cycles), cell(kept.dram_bytes), cell(kept.asked_bytes),
                       cell(kept.flops), kept.joules > 0 ? cell(kept.joules) : "",
                       csv::cell(kept.ok() ? kept.bound_by : kept.reason), csv::cell(kept.command));
  }
  return out;
}

std::string breakdown_csv(const Evaluation& all) {
  std::string out = "workload";
  for (const char* name : kTechniqueNames) out += "," + csv::cell(name);
  out += ",moved\n";
  for (const std::string& benchmark : benchmarks()) {
    const Kept* kept = all.point("spatten", benchmark);
    if (kept == nullptr) continue;
    out += benchmark;
    for (const double bytes : kept->breakdown) out += "," + number(bytes);
    out += "," + number(kept->dram_bytes) + "\n";
  }
  return out;
}

std::string sweep_csv(const Evaluation& all, Part part) {
  const bool layout = part == Part::layout;
  std::string out = layout ? "interleave_bytes,side_by_side,ratio" : "x";
  out += ",seconds,dram_bytes,asked_bytes,value_top_k_busy,bound_by,command\n";
  for (const RunKept& one : all.runs) {
    if (one.run.part != part || !one.kept.ok()) continue;
    const Kept& kept = one.kept;
    const auto busy = kept.counts.find("value_top_k.busy_cycles");
    out += number(one.run.x);
    if (layout) out += "," + number(one.run.y) + "," + number(one.run.ratio);
    out += fmt::format(",{},{},{},{},{},{}\n", number(kept.seconds), number(kept.dram_bytes),
                       number(kept.asked_bytes),
                       number(busy == kept.counts.end() ? 0 : busy->second / kept.cycles),
                       csv::cell(kept.bound_by), csv::cell(kept.command));
  }
  return out;
}

std::string ablation_csv(const Evaluation& all) {
  std::string out = "step,seconds,factor,published,over_titan_xp\n";
  for (const AblationStep& step : ablation_of(all))
    out += fmt::format("{},{},{},{},{}\n", csv::cell(step.label), number(step.seconds),
                       number(step.factor), number(step.published), number(step.over_titan));
  return out;
}

std::string energy_csv(const Evaluation& all) {
  std::string out = "workload,component,pj,share_of_seconds_w\n";
  for (const std::string& benchmark : benchmarks()) {
    const Kept* kept = all.point("spatten", benchmark);
    if (kept == nullptr) continue;
    for (const auto& [component, pj] : kept->energy_pj)
      out += fmt::format("{},{},{},{}\n", benchmark, component, number(pj),
                         number(pj * 1e-12 / kept->seconds));
  }
  return out;
}

std::string canned_csv(const Evaluation& all) {
  std::string out = "layer,what,candidates,rounds_real,cycles_real,rounds_random,cycles_random\n";
  for (const CannedRow& row : all.canned)
    out += fmt::format("{},{},{},{},{},{},{}\n", row.layer, row.what, number(row.real.candidates),
                       number(row.real.rounds), number(row.real.cycles), number(row.random.rounds),
                       number(row.random.cycles));
  return out;
}

std::string comparison_csv(const Evaluation& all) {
  std::string out =
      "design,over,baseline_bits,benchmarks,speedup_arithmetic,speedup_geometric,"
      "energy_arithmetic,energy_geometric,dram_arithmetic,dram_geometric\n";
  for (const Comparison& row : comparisons_of(all)) {
    const auto cells = [](const Mean& mean) {
      return mean.count == 0 ? std::string(",")
                             : number(mean.arithmetic) + "," + number(mean.geometric);
    };
    out += fmt::format("{},{},{},{},{},{},{}\n", row.design, row.over, number(row.bits),
                       row.speedup.count, cells(row.speedup), cells(row.energy), cells(row.dram));
  }
  return out;
}

}  // namespace

std::string evaluation_json(const Evaluation& all) {
  Writer out;
  out.begin_object();
  out.field("schema", "weft-reproduction/1");
  out.field("evaluation", "spatten");
  out.field("cost_table", all.cost_table);
  write_runs(out, "points", all, true);
  write_ablation(out, all);
  write_comparison(out, all);
  out.key("dram_saving");
  out.begin_array();
  for (std::size_t t = 1; t < kTechniques; ++t) {
    for (const char* which : {"all", "bert", "gpt2"}) {
      out.begin_object();
      out.field("technique", kTechniqueNames[t]);
      out.field("over", which);
      write_mean(out, "saving", saving_of(all, static_cast<Technique>(t), which));
      out.end_object();
    }
  }
  out.end_array();
  write_runs(out, "sweeps", all, false);
  write_canned(out, all);
  write_validation(out, all);
  out.field("energy_of_logic_at_7nm", all.to_7nm);
  out.end_object();
  return out.take();
}

std::map<std::string, std::string> evaluation_csvs(const Evaluation& all) {
  return {{"points.csv", points_csv(all)},
          {"breakdown.csv", breakdown_csv(all)},
          {"comparison.csv", comparison_csv(all)},
          {"ablation.csv", ablation_csv(all)},
          {"energy.csv", energy_csv(all)},
          {"canned.csv", canned_csv(all)},
          {"sweep-top-k.csv", sweep_csv(all, Part::top_k)},
          {"sweep-sram.csv", sweep_csv(all, Part::sram)},
          {"sweep-layout.csv", sweep_csv(all, Part::layout)}};
}

}  // namespace weft::evaluation::spatten
