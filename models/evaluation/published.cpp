#include "models/evaluation/published.hpp"

#include "models/common/csv.hpp"

namespace weft::evaluation {
namespace {

Config config_of(csv::Reader& reader) {
  std::vector<std::string> names;
  for (const Config config : kConfigs) names.emplace_back(name_of(config));
  return kConfigs[reader.choice("config", names)];
}

// A number above zero: what others are divided by.
double positive(csv::Reader& reader, const char* column) {
  const auto faults = reader.faults();
  const double value = reader.number(column);
  if (value <= 0 && reader.faults() == faults) reader.fault(column, "must be above 0");
  return value;
}

}  // namespace

std::vector<PublishedAttention> read_published_attention(const std::string& file) {
  csv::Reader reader(file, {"config", "model", "seq_len", "latency_s", "traffic_bytes", "energy_pj",
                            "util_2d", "util_1d"});
  std::vector<PublishedAttention> rows;
  while (reader.next()) {
    PublishedAttention row{
        .line = reader.where().line, .config = config_of(reader), .model = reader.text("model")};
    row.length = reader.count("seq_len");
    row.latency_s = positive(reader, "latency_s");
    row.traffic_bytes = positive(reader, "traffic_bytes");
    row.energy_pj = positive(reader, "energy_pj");
    row.utilisation_2d = reader.number("util_2d");
    row.utilisation_1d = reader.number("util_1d");
    row.einsums.qk = reader.optional_number("QK");
    row.einsums.lm = reader.optional_number("LM");
    row.einsums.sln = reader.optional_number("SLN");
    row.einsums.sld = reader.optional_number("SLD");
    row.einsums.slnv = reader.optional_number("SLNV");
    row.einsums.av = reader.optional_number("AV");
    row.useful_macs = useful_macs(row.einsums, row.utilisation_2d);
    rows.push_back(std::move(row));
  }
  reader.finish();
  return rows;
}

std::vector<PublishedLinear> read_published_linear(const std::string& file) {
  csv::Reader reader(file,
                     {"config", "model", "seq_len", "latency_s", "traffic_bytes", "energy_pj"});
  std::vector<PublishedLinear> rows;
  while (reader.next()) {
    PublishedLinear row{
        .line = reader.where().line, .config = config_of(reader), .model = reader.text("model")};
    row.length = reader.count("seq_len");
    row.latency_s = positive(reader, "latency_s");
    row.traffic_bytes = positive(reader, "traffic_bytes");
    row.energy_pj = positive(reader, "energy_pj");
    rows.push_back(std::move(row));
  }
  reader.finish();
  return rows;
}

std::vector<PublishedPareto> read_published_pareto(const std::string& file) {
  csv::Reader reader(file, {"accel", "model", "PE_dim", "traffic", "mem_lat", "comp_2d_lat",
                            "comp_1d_lat", "latency", "array_2d_area", "area"});
  std::vector<PublishedPareto> rows;
  while (reader.next()) {
    PublishedPareto row{.line = reader.where().line,
                        .accelerator = reader.text("accel"),
                        .model = reader.text("model")};
    row.side = reader.count("PE_dim");
    row.traffic_bytes = positive(reader, "traffic");
    row.memory_s = positive(reader, "mem_lat");
    row.compute_2d_s = positive(reader, "comp_2d_lat");
    row.compute_1d_s = positive(reader, "comp_1d_lat");
    row.latency_s = positive(reader, "latency");
    row.array_2d_um2 = positive(reader, "array_2d_area");
    row.area_um2 = positive(reader, "area");
    rows.push_back(std::move(row));
  }
  reader.finish();
  return rows;
}

}  // namespace weft::evaluation
