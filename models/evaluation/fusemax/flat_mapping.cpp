#include "models/evaluation/fusemax/flat_mapping.hpp"

#include <fmt/format.h>

#include "models/common/csv.hpp"
#include "models/common/error.hpp"

namespace weft::evaluation {
namespace {

FlatMapping read_row(csv::Reader& reader) {
  const auto on_chip = [&](const char* column) {
    return reader.choice(column, {"offchip", "onchip"}) == 1;
  };
  const auto weight = [&](const char* column) {
    return reader.choice(column, {"output", "weight"}) == 1;
  };
  FlatMapping row;
  row.platform = reader.text("platform");
  row.model = reader.text("models");
  row.length = reader.count("P");
  row.model_width = reader.count("D");
  row.heads = reader.count("H");
  row.width = reader.count("E");
  row.q_on_chip = on_chip("Q_loc");
  row.k_on_chip = on_chip("K_loc");
  row.v_on_chip = on_chip("V_loc");
  row.av_on_chip = on_chip("AV_loc");
  row.scores_on_chip = on_chip("QK_loc");
  row.qk_weight_stationary = weight("QK_stationarity");
  row.av_weight_stationary = weight("AV_stationarity");
  row.by_rows = reader.choice("fusion_granularity", {"head", "row"}) == 1;
  row.rows = reader.count("P1");
  row.spilled = reader.number("proportion_spilled");
  if (on_chip("A_loc") != row.scores_on_chip)
    reader.fault("A_loc", "must be as QK_loc: scores stay at one place");
  if (reader.count("M") != row.length) reader.fault("M", "must equal P: as many keys as queries");
  if (reader.count("F") != row.width) reader.fault("F", "must equal E");
  if (row.by_rows && row.length % row.rows != 0) reader.fault("P1", "must divide P");
  if (row.spilled < 0 || row.spilled > 1) reader.fault("proportion_spilled", "must be from 0 to 1");
  return row;
}

}  // namespace

std::vector<FlatMapping> read_flat_mappings(const std::string& file) {
  csv::Reader reader(file, {"platform", "models", "D", "E", "F", "H", "M", "P", "Q_loc", "K_loc",
                            "QK_loc", "A_loc", "V_loc", "AV_loc", "QK_stationarity",
                            "AV_stationarity", "fusion_granularity", "P1", "proportion_spilled"});
  std::vector<FlatMapping> rows;
  while (reader.next()) rows.push_back(read_row(reader));
  reader.finish();
  return rows;
}

const FlatMapping& flat_mapping(const std::vector<FlatMapping>& mappings, const Model& model,
                                std::int64_t length) {
  const FlatMapping* of_width = nullptr;
  for (const FlatMapping& row : mappings) {
    if (row.platform != "cloud" || row.length != length || row.width != model.width) continue;
    if (row.model_width == model.model_width && row.heads == model.heads) return row;
    if (of_width == nullptr) of_width = &row;
  }
  if (of_width != nullptr) return *of_width;
  throw ConfigError(Problem{{},
                            "length",
                            std::to_string(length),
                            fmt::format("FLAT has no mapping for it at width {}", model.width)});
}

}  // namespace weft::evaluation
