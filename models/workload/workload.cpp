#include "models/workload/workload.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "models/common/input_file.hpp"
#include "models/workload/file_bytes.hpp"
#include "models/workload/hugging_face.hpp"
#include "models/workload/spatten_csv.hpp"

namespace weft::workload {
namespace {

struct Extent {
  std::string_view name;
  std::int64_t Shape::*member;
  double most;
};

constexpr std::array<Extent, 7> kExtents{{{"batch", &Shape::batch, 1 << 20},
                                          {"heads", &Shape::heads, 1 << 16},
                                          {"kv_heads", &Shape::kv_heads, 1 << 16},
                                          {"seq_q", &Shape::seq_q, kLongest},
                                          {"seq_kv", &Shape::seq_kv, kLongest},
                                          {"width_qk", &Shape::width_qk, 1 << 16},
                                          {"width_v", &Shape::width_v, 1 << 16}}};

std::string macs_text(const Shape& shape) {
  const auto number = [](std::int64_t extent) { return std::to_string(extent); };
  return number(shape.batch) + " x " + number(shape.heads) + " x " + number(shape.seq_q) + " x " +
         number(shape.seq_kv) + " x (" + number(shape.width_qk) + " + " + number(shape.width_v) +
         ")";
}

Workload load_yaml(const std::filesystem::path& file, const ReadLimits& limits) {
  Workload out;
  config::Origins origins;
  config::Reader reader(&origins);
  config::read(config::load_file(file, limits), out, reader);
  reader.finish();
  auto problems = problems_of(out.shape(), {file.string(), 0, 0});
  for (Problem& problem : problems) {
    if (problem.field == "seq_q") problem.field = "seq";
    problem.where = config::origin_of(origins, problem.field);
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return out;
}

// The shape of one row, at the longest sentence.
Workload load_rows(const std::filesystem::path& file, const ReadLimits& limits) {
  Workload out;
  out.pruned = std::make_shared<const PrunedRows>(load_pruned_rows(file, limits));
  out.source = file.string();
  out.phase = Phase::decode;
  out.seq = 1;
  out.seq_kv = 1;
  for (const PrunedRow& row : out.pruned->rows) {
    out.heads = std::max<std::int64_t>(out.heads, row.head + 1);
    out.layers = std::max<std::int64_t>(out.layers, row.layer + 1);
    out.seq_kv = std::max<std::int64_t>(*out.seq_kv, row.sentence);
    out.width_qk = row.width;
  }
  out.model_width = out.heads * out.width_qk;
  out.feed_forward_width = 1;
  return out;
}

std::vector<Problem> out_of_range(const Shape& shape, const Location& where) {
  std::vector<Problem> problems;
  for (const Extent& extent : kExtents) {
    const std::int64_t value = shape.*extent.member;
    if (value < 1 || static_cast<double>(value) > extent.most) {
      problems.push_back({where, std::string(extent.name), std::to_string(value),
                          "must be " + config::allowed_text({1, extent.most}, true)});
    }
  }
  return problems;
}

void check_sharing(const Shape& shape, const Location& where, std::vector<Problem>& problems) {
  if (shape.heads % shape.kv_heads == 0) return;
  problems.push_back({where, "kv_heads", std::to_string(shape.kv_heads),
                      "must divide the " + std::to_string(shape.heads) + " heads"});
}

}  // namespace

std::vector<Problem> extent_problems_of(const Shape& shape, const Location& where) {
  std::vector<Problem> problems = out_of_range(shape, where);
  if (problems.empty()) check_sharing(shape, where, problems);
  return problems;
}

std::vector<Problem> problems_of(const Shape& shape, const Location& where) {
  std::vector<Problem> problems = out_of_range(shape, where);
  if (!problems.empty()) return problems;
  check_sharing(shape, where, problems);
  const std::array<std::int64_t, 5> macs{shape.batch, shape.heads, shape.seq_q, shape.seq_kv,
                                         shape.width_qk + shape.width_v};
  if (!checked_product(macs)) {
    problems.push_back({where, "seq_q", std::to_string(shape.seq_q),
                        "the multiplications, " + macs_text(shape) + ", must be fewer than 2^63"});
  }
  return problems;
}

Shape Workload::shape() const {
  return {.batch = batch,
          .heads = heads,
          .kv_heads = kv_heads.value_or(heads),
          .seq_q = seq,
          .seq_kv = seq_kv.value_or(seq),
          .width_qk = width_qk,
          .width_v = width_v.value_or(width_qk),
          .causal = causal,
          .phase = phase};
}

Workload Workload::at(const Shape& shape) const {
  Workload made = *this;
  made.batch = shape.batch;
  made.heads = shape.heads;
  made.kv_heads = shape.kv_heads;
  made.seq = shape.seq_q;
  made.seq_kv = shape.seq_kv;
  made.width_qk = shape.width_qk;
  made.width_v = shape.width_v;
  made.causal = shape.causal;
  made.phase = shape.phase;
  return made;
}

Workload load_workload(const std::filesystem::path& file, Assume assume, const ReadLimits& limits) {
  Workload out;
  if (file.extension() == ".json") {
    out = parse_hugging_face(read_text(file, limits.json_bytes), file.string(), assume, limits);
    if (auto problems = problems_of(out.shape(), {file.string(), 0, 0}); !problems.empty())
      throw ConfigError(std::move(problems));
  } else if (file.extension() == ".csv") {
    out = load_rows(file, limits);
  } else {
    out = load_yaml(file, limits);
  }
  out.file = file.string();
  out.name = file.stem().string();
  out.asked = out.file;
  out.assume = assume;
  out.own = std::make_shared<const Workload>(out);
  return out;
}

}  // namespace weft::workload
