#include "models/evaluation/reproduction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "models/common/error.hpp"

namespace weft::evaluation {
namespace {

// A row of 256 words in a buffer of some capacity.
BufferRowCosts row_of(const cost::Table& table, std::int64_t bytes) {
  const cost::BufferWord word = cost::buffer_word(table, bytes);
  return {word.read_pj * kBufferRowWords, word.write_pj * kBufferRowWords};
}

// An operation's area; `whole` turns false where the table has none.
double area_of(const cost::Table& table, const std::string& operation, bool& whole) {
  const cost::Operation& found = cost::operation(table, operation);
  whole = whole && found.area.has_value();
  return found.area ? found.area->um2 : 0;
}

Outcome outcome_of(const AttentionResult& result) {
  Outcome out;
  out.latency_s = result.latency_s;
  out.traffic_bytes = result.traffic_bytes;
  out.utilisation_2d = result.utilisation_2d;
  out.utilisation_1d = result.utilisation_1d;
  out.useful_macs = useful_macs(result.einsums, result.utilisation_2d);
  out.bound_by = name_of(result.bound);
  const auto put = [&](const char* name, const std::optional<double>& share) {
    if (share) out.einsum_share[name] = *share;
  };
  put("QK", result.einsums.qk);
  put("LM", result.einsums.lm);
  put("SLN", result.einsums.sln);
  put("SLD", result.einsums.sld);
  put("SLNV", result.einsums.slnv);
  put("AV", result.einsums.av);
  return out;
}

template <class Row, class Point>
std::optional<Row> row_for(const std::vector<Row>& rows, const Point& point) {
  for (const Row& row : rows) {
    if (row.config == point.config && row.model == point.model && row.length == point.length)
      return row;
  }
  return std::nullopt;
}

std::optional<PublishedPareto> row_for(const std::vector<PublishedPareto>& rows,
                                       const ParetoPoint& point) {
  for (const PublishedPareto& row : rows) {
    if (row.model == point.model && row.side == point.side) return row;
  }
  return std::nullopt;
}

void add_rule_pareto(Reproduction& into, const Published& published, const RuleCosts& costs) {
  for (const char* model : {"BERT", "XLM"}) {
    for (const std::int64_t side : kParetoSides) {
      const ParetoResult result = evaluate_pareto(side, published_model(model), costs);
      ParetoPoint point{.model = model,
                        .side = side,
                        .fidelity = "rules",
                        .latency_s = result.latency_s,
                        .area_um2 = result.area_um2,
                        .bound_by = {},
                        .waits = {},
                        .published = {},
                        .reason = {}};
      point.published = row_for(published.pareto, point);
      into.pareto.push_back(std::move(point));
    }
  }
}

// The area of the sweep's FuseMax by the rules. Ours has the same arrays and twice the buffer,
// which is 0.05 to 1 % of the area.
std::optional<double> area_at(const Reproduction& all, const std::string& model,
                              std::int64_t side) {
  for (const ParetoPoint& point : all.pareto) {
    if (point.fidelity == "rules" && point.model == model && point.side == side)
      return point.area_um2;
  }
  throw ContractError("no area by the rules");
}

// The linear layers of one design, model and length, product by product.
LinearPoint& linear_of(Reproduction& all, const Job& job, const std::string& fidelity) {
  for (LinearPoint& point : all.linear) {
    if (point.fidelity == fidelity && point.config == job.config && point.model == job.model &&
        point.length == job.length)
      return point;
  }
  return all.linear.emplace_back(LinearPoint{.config = job.config,
                                             .model = job.model,
                                             .length = job.length,
                                             .fidelity = fidelity,
                                             .mapping = {},
                                             .product_s = {},
                                             .energy_pj = {},
                                             .published = {},
                                             .reason = {}});
}

void add_product(LinearPoint& point, const Job& job, const Outcome& outcome) {
  const std::vector<std::string> names = job.product == "QKV"
                                             ? std::vector<std::string>{"Q", "K", "V"}
                                             : std::vector<std::string>{job.product};
  point.feasible = point.feasible && outcome.status == "ok";
  if (!outcome.mapping.empty()) point.mapping[job.product] = outcome.mapping;
  for (const std::string& name : names) {
    point.product_s[name] = outcome.latency_s;
    point.latency_s += outcome.latency_s;
    point.traffic_bytes += outcome.traffic_bytes;
    for (const auto& [table, parts] : outcome.energy) point.energy_pj[table] += parts.total();
  }
}

Means means_by(const Reproduction& all, const std::string& fidelity, const std::string& table) {
  std::vector<MeasuredPoint> attention;
  std::vector<MeasuredPoint> linear;
  for (const AttentionPoint& point : all.points) {
    if (point.fidelity == fidelity && point.ok())
      attention.push_back({point.config, point.model, point.length, point.outcome.latency_s,
                           point.outcome.energy.at(table).total()});
  }
  for (const LinearPoint& point : all.linear) {
    if (point.fidelity == fidelity && point.feasible)
      linear.push_back(
          {point.config, point.model, point.length, point.latency_s, point.energy_pj.at(table)});
  }
  return means_of(attention, linear);
}

}  // namespace

Published read_published(const std::string& folder) {
  return {read_published_attention(folder + "/fusemax-attention.csv"),
          read_published_linear(folder + "/fusemax-linear-layers.csv"),
          read_published_pareto(folder + "/fusemax-pareto.csv"),
          read_flat_mappings(folder + "/flat-mappings-cloud.csv")};
}

RuleCosts rule_costs_of(const cost::Table& table) {
  if (table.dram_write_per_bit) {
    throw ConfigError(Problem{config::origin_of(table.origins, "dram_write_per_bit"),
                              "dram_write_per_bit",
                              config::number_text(table.dram_write_per_bit->pj),
                              "the published rules count words read and written together: one "
                              "price, dram_per_bit, is needed here"});
  }
  RuleCosts costs;
  costs.mac_pj = cost::operation(table, "macc").energy.pj;
  costs.add_pj = cost::operation(table, "add").energy.pj;
  costs.max_pj = cost::operation(table, "max").energy.pj;
  costs.exp_pj = cost::operation(table, "exp").energy.pj;
  costs.divide_pj = cost::operation(table, "divide").energy.pj;
  costs.dram_word_pj = 16 * table.dram_per_bit.pj;
  costs.buffer_16_mib = row_of(table, kFuseMaxBufferBytes);
  costs.buffer_32_mib = row_of(table, kFlatBufferBytes);
  costs.register_read_pj = table.register_file.read.pj;
  costs.register_write_pj = table.register_file.write.pj;
  const auto& file = table.register_file;
  bool whole = file.area.has_value() && file.area_per_address_bit.has_value();
  costs.mac_um2 = area_of(table, "macc", whole);
  costs.max_um2 = area_of(table, "max", whole);
  costs.divide_um2 = area_of(table, "divide", whole);
  costs.register_file_um2 = file.area ? file.area->um2 : 0;
  costs.address_bit_um2 = file.area_per_address_bit ? file.area_per_address_bit->um2 : 0;
  if (!whole) return costs;  // without the areas of buffers the rules give none at all
  for (const cost::BufferArea& area : table.buffer_area)
    costs.srams.push_back({area.bytes, area.row_bytes, area.um2});
  return costs;
}

void add_rules(Reproduction& into, const Published& published,
               const std::vector<cost::Table>& tables) {
  std::vector<AttentionRules> rules;
  for (const cost::Table& table : tables) {
    // Where a table charges every register file, so do the rules with it.
    Mends mends;
    mends.register_files_of_every_element =
        table.register_file.charged == cost::Charged::every_element;
    rules.push_back({rule_costs_of(table), mends, published.flat_mappings});
  }
  for (const NamedModel& model : kPublishedModels) {
    for (const std::int64_t length : kPublishedLengths) {
      for (const Config config : kConfigs) {
        AttentionPoint point{.config = config,
                             .model = model.name,
                             .length = length,
                             .fidelity = "rules",
                             .outcome = {},
                             .published = {},
                             .reason = {}};
        for (std::size_t t = 0; t < tables.size(); ++t) {
          const AttentionResult result = evaluate(config, model.model, length, rules[t]);
          if (t == 0) point.outcome = outcome_of(result);
          point.outcome.energy[tables[t].name] = result.energy;
        }
        point.published = row_for(published.attention, point);
        into.points.push_back(std::move(point));
      }
      for (const Config config : {Config::flat, Config::binding}) {
        LinearPoint point{.config = config,
                          .model = model.name,
                          .length = length,
                          .fidelity = "rules",
                          .mapping = {},
                          .product_s = {},
                          .energy_pj = {},
                          .published = {},
                          .reason = {}};
        for (std::size_t t = 0; t < tables.size(); ++t) {
          const LinearResult result =
              evaluate_linear(config, model.model, length, rules[t].costs, rules[t].mends);
          point.energy_pj[tables[t].name] = result.energy_pj;
          point.latency_s = result.latency_s;
          point.traffic_bytes = result.traffic_bytes;
          for (const LinearProduct& product : result.products)
            point.product_s[product.name] = product.latency_s;
        }
        point.published = row_for(published.linear, point);
        into.linear.push_back(std::move(point));
      }
    }
  }
  add_rule_pareto(into, published, rules[0].costs);
}

void add_outcomes(Reproduction& into, const Published& published, const std::string& fidelity,
                  const std::vector<Outcome>& outcomes) {
  const std::vector<Job> jobs = evaluation_jobs();
  check(jobs.size() == outcomes.size(), "an outcome for each job");
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    const bool ok = outcomes[i].status == "ok";
    if (!ok)
      into.infeasible.push_back(fmt::format("{} {} {} {}, {}: {}", design_name(job.config),
                                            job.model, job.length, job.product, fidelity,
                                            outcomes[i].bound_by));
    if (job.kind == JobKind::attention) {
      AttentionPoint point{.config = job.config,
                           .model = job.model,
                           .length = job.length,
                           .fidelity = fidelity,
                           .outcome = outcomes[i],
                           .published = {},
                           .reason = {}};
      point.published = row_for(published.attention, point);
      into.points.push_back(std::move(point));
    } else if (job.kind == JobKind::linear) {
      LinearPoint& point = linear_of(into, job, fidelity);
      add_product(point, job, outcomes[i]);
      point.published = row_for(published.linear, point);
    } else if (ok) {
      ParetoPoint point{.model = job.model,
                        .side = job.side,
                        .fidelity = fidelity,
                        .latency_s = outcomes[i].latency_s,
                        .area_um2 = area_at(into, job.model, job.side),
                        .bound_by = outcomes[i].bound_by,
                        .waits = outcomes[i].waits,
                        .published = {},
                        .reason = {}};
      point.published = row_for(published.pareto, point);
      into.pareto.push_back(std::move(point));
    }
  }
}

void conclude(Reproduction& into, const Published& published,
              const std::vector<cost::Table>& tables) {
  std::vector<std::string> fidelities;
  for (const AttentionPoint& point : into.points) {
    if (std::find(fidelities.begin(), fidelities.end(), point.fidelity) == fidelities.end())
      fidelities.push_back(point.fidelity);
  }
  // A stranger finds points by design, model and length, whatever order they were run in.
  const auto by_name = [&](const auto& a, const auto& b) {
    const auto rank = [&](const auto& p) {
      const auto model = std::find_if(kPublishedModels.begin(), kPublishedModels.end(),
                                      [&](const NamedModel& m) { return m.name == p.model; });
      return std::tuple{std::find(fidelities.begin(), fidelities.end(), p.fidelity), p.config,
                        model, p.length};
    };
    return rank(a) < rank(b);
  };
  std::stable_sort(into.points.begin(), into.points.end(), by_name);
  std::stable_sort(into.linear.begin(), into.linear.end(), by_name);
  for (const std::string& fidelity : fidelities) {
    for (const std::string& table : into.tables)
      into.means[fidelity][table] = means_by(into, fidelity, table);
  }
  // Where a table charges every register file, the rules do so before anything is mended.
  Mends base;
  base.register_files_of_every_element =
      tables[0].register_file.charged == cost::Charged::every_element;
  const AttentionRules rules{rule_costs_of(tables[0]), base, published.flat_mappings};
  for (AttentionPoint& point : into.points) {
    if (point.fidelity == "rules" || !point.published || !point.ok()) continue;
    const auto same = [&](const AttentionPoint& p) {
      return p.fidelity == "rules" && p.config == point.config && p.model == point.model &&
             p.length == point.length;
    };
    const auto found = std::find_if(into.points.begin(), into.points.end(), same);
    point.reason =
        reason_of(point, found == into.points.end() ? nullptr : &*found, rules, into.cost_table);
  }
  for (LinearPoint& point : into.linear) {
    if (point.fidelity != "rules" && point.published && point.feasible)
      point.reason = reason_of(point, into.cost_table);
  }
  for (ParetoPoint& point : into.pareto) {
    if (!point.published || std::abs(point.latency_s / point.published->latency_s - 1) <= 0.01)
      continue;
    point.reason = "bound by " + point.bound_by + (point.waits.empty() ? "" : "; " + point.waits);
  }
  for (const PublishedAttention& row : published.attention) {
    const auto is_it = [&](const AttentionPoint& p) {
      return p.config == row.config && p.model == row.model && p.length == row.length;
    };
    if (std::none_of(into.points.begin(), into.points.end(), is_it))
      into.not_evaluated.push_back(fmt::format("fusemax-attention.csv:{}: {} {} {}", row.line,
                                               name_of(row.config), row.model, row.length));
  }
  const auto mend = [&](const std::string& name, const std::string& description,
                        const Mends& mends) {
    const AttentionRules mended{rules.costs, mends, published.flat_mappings};
    into.mended.push_back(
        {name, description,
         means_of(rule_attention_points(mended), rule_linear_points(rules.costs, mends))});
  };
  for (const Mend& one : kMends) {
    Mends mends = base;
    mends.*one.member = true;
    mend(one.name, one.description, mends);
  }
  mend("all", "all of them together", all_mends());
}

}  // namespace weft::evaluation
