#include "models/workload/spatten_csv.hpp"

#include <fmt/format.h>

#include <cmath>
#include <tuple>
#include <utility>

#include "models/common/csv.hpp"
#include "models/common/fields.hpp"
#include "models/common/input_file.hpp"
#include "models/common/limits.hpp"
#include "models/common/sha256.hpp"

namespace weft::workload {
namespace {

const std::vector<std::string>& columns() {
  static const std::vector<std::string> all{"iteration_id",
                                            "layer_id",
                                            "head_id",
                                            "embedding_length_D",
                                            "sentence_length_L",
                                            "key_fetch_num",
                                            "quant_key_bit",
                                            "quant_query_bit",
                                            "auto_requant_thres",
                                            "if_requant",
                                            "auto_requant_incre",
                                            "value_fetch_num",
                                            "quant_value_bit",
                                            "if_accumulate_importance",
                                            "if_rescale_previous_importance",
                                            "if_topk",
                                            "topk"};
  return all;
}

constexpr double kMostTokens = 1 << 20;
constexpr int kUnused = -1;  // in the file: full precision, or not used

// Without a last line that is no row.
std::string without_comment(std::string text) {
  const std::size_t last = text.find_last_not_of("\r\n");
  if (last == std::string::npos) return text;
  const std::size_t before = text.find_last_of('\n', last);
  if (before == std::string::npos) return text;
  const char first = text[before + 1];
  if (first < '0' || first > '9') text.resize(before + 1);
  return text;
}

class RowReader {
 public:
  explicit RowReader(csv::Reader& in) : in_(in) {}

  PrunedRow read() {
    PrunedRow row;
    row.iteration = whole("iteration_id", 0, 1 << 24);
    row.layer = whole("layer_id", 0, (1 << 16) - 1);
    row.head = whole("head_id", 0, (1 << 16) - 1);
    row.width = whole("embedding_length_D", 1, 4096);
    row.sentence = whole("sentence_length_L", 1, kMostTokens);
    row.keys = whole("key_fetch_num", 0, row.sentence);
    row.values = whole("value_fetch_num", 0, row.keys);
    row.key_bits = bits("quant_key_bit");
    row.query_bits = bits("quant_query_bit");
    row.value_bits = bits("quant_value_bit");
    row.accumulates_importance = truth("if_accumulate_importance");
    row.rescales_importance = truth("if_rescale_previous_importance");
    read_requantisation(row);
    const bool selects = truth("if_topk");
    const int kept = unused_or("topk", 0, row.sentence);
    if (selects && kept == kUnused) in_.fault("topk", "if_topk is True: must say how many");
    if (selects) row.tokens_after = kept;
    return row;
  }

 private:
  void read_requantisation(PrunedRow& row) {
    row.requantises = truth("if_requant");
    const int more = unused_or("auto_requant_incre", 0, PrunedRow::kFullBits);
    row.lsb_bits = more == kUnused ? 0 : more;
    if (row.requantises && row.lsb_bits == 0)
      in_.fault("auto_requant_incre", "if_requant is True: must be the bits that are fetched");
    if (row.key_bits + row.lsb_bits > PrunedRow::kFullBits)
      in_.fault("auto_requant_incre", fmt::format("with the {} of quant_key_bit more than {} bits",
                                                  row.key_bits, PrunedRow::kFullBits));
    row.requantise_below = in_.number("auto_requant_thres");
    if (row.requantise_below != kUnused && (row.requantise_below < 0 || row.requantise_below > 1))
      in_.fault("auto_requant_thres", "must be a probability from 0 to 1, or -1");
  }

  std::int32_t whole(const char* column, double least, double most) {
    const double value = in_.number(column);
    if (value >= least && value <= most && value == std::floor(value))
      return static_cast<std::int32_t>(value);
    in_.fault(column, "must be " + config::allowed_text({least, most}, true));
    return static_cast<std::int32_t>(least);
  }
  std::int32_t unused_or(const char* column, double least, double most) {
    const double value = in_.number(column);
    if (value == kUnused) return kUnused;
    if (value >= least && value <= most && value == std::floor(value))
      return static_cast<std::int32_t>(value);
    in_.fault(column, "must be " + config::allowed_text({least, most}, true) + ", or -1");
    return kUnused;
  }
  std::int32_t bits(const char* column) {
    const std::int32_t told = unused_or(column, 1, PrunedRow::kFullBits);
    return told == kUnused ? PrunedRow::kFullBits : told;
  }
  bool truth(const char* column) { return in_.choice(column, {"False", "True"}) == 1; }

  csv::Reader& in_;
};

}  // namespace

PrunedRows parse_pruned_rows(std::string text, const std::string& file, const ReadLimits& limits) {
  PrunedRows out{.file = file, .content_sha256 = sha256_hex(text), .rows = {}};
  csv::Reader in(without_comment(std::move(text)), file, columns(), limits);
  RowReader reader(in);
  const auto place = [](const PrunedRow& row) {
    return std::tuple(row.iteration, row.layer, row.head);
  };
  while (in.next()) {
    const PrunedRow row = reader.read();
    if (!out.rows.empty() && place(row) <= place(out.rows.back()))
      in.fault("head_id", "rows go by iteration, layer and head, each once");
    if (!out.rows.empty() && row.width != out.rows.front().width)
      in.fault("embedding_length_D",
               fmt::format("must be the {} of the first row", out.rows.front().width));
    out.rows.push_back(row);
  }
  in.finish();
  if (out.rows.empty())
    throw ConfigError(Problem{{file}, "", "", "has no rows below the line of its columns"});
  return out;
}

PrunedRows load_pruned_rows(const std::filesystem::path& file, const ReadLimits& limits) {
  return parse_pruned_rows(read_text(file, limits.csv_bytes), file.string(), limits);
}

}  // namespace weft::workload
