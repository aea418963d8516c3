#include "tests/engine/bound_case.hpp"

#include <cmath>
#include <functional>

#include "models/einsum/interpret.hpp"
#include "models/einsum/load.hpp"
#include "models/engine/analytic/analytic.hpp"
#include "models/engine/schedule/prepare.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/engine/values.hpp"

namespace weft::sim::engine::test {
namespace {

using einsum::EinsumId;
using weft::engine::Architecture;
using weft::engine::ArrayCounter;
using weft::engine::Binding;
using weft::engine::Lowering;
using weft::engine::Schedule;
using weft::engine::Sizing;
using weft::engine::UnitKind;

template <class T>
T read(const std::string& yaml, const std::string& file, config::Origins& origins) {
  T out;
  config::Reader reader(&origins);
  config::read(config::load_text(yaml, file), out, reader);
  reader.finish();
  return out;
}

// Points of an Einsum that count, found one by one: within every tensor that it reads, not padding,
// not masked out, and read from elements that themselves have a point.
class Enumeration {
 public:
  Enumeration(const einsum::Cascade& cascade, const einsum::Extents& extents)
      : cascade_(cascade), extents_(extents) {
    made_.resize(cascade.tensors.size());
    for (EinsumId e = 0; e < static_cast<EinsumId>(cascade.einsums.size()); ++e) count(e);
  }
  std::int64_t points(EinsumId e) const { return points_[static_cast<std::size_t>(e)]; }

 private:
  std::int64_t base_value(einsum::RankId base, const std::vector<std::int64_t>& at) const {
    const auto& parts = cascade_.ranks[base].parts;
    if (parts.empty()) return at[base];
    return at[parts[0]] * extents_[parts[1]] + at[parts[1]];
  }

  // Offset of the element read; -1 outside the tensor.
  std::int64_t element(const einsum::Access& access, const std::vector<std::int64_t>& at) const {
    const auto shape = einsum::tensor_shape(cascade_, access.tensor, extents_);
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const einsum::Index& index = access.indices[d];
      const einsum::RankId rank = cascade_.tensors[access.tensor].dimensions[d].rank;
      std::int64_t x = index.last_generation ? extents_[rank] : index.constant;
      if (index.composite) {
        x = base_value(rank, at);
      } else {
        for (const auto& term : index.terms) x += term.coefficient * at[term.rank];
      }
      if (x < 0 || x >= shape[d]) return -1;
      offset = offset * shape[d] + x;
    }
    return offset;
  }

  // Calls `leaves` with the ranks of an index that leaves its tensor, or of a read of an element
  // that is outside itself.
  template <class Leaves>
  void read(EinsumId e, const einsum::Access& access, const std::vector<std::int64_t>& at,
            const Leaves& leaves) const {
    const auto ranks_of = [&](std::size_t d) {
      std::vector<einsum::RankId> ranks;
      for (const auto& term : access.indices[d].terms) ranks.push_back(term.rank);
      return ranks;
    };
    const auto shape = einsum::tensor_shape(cascade_, access.tensor, extents_);
    bool first = false;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const einsum::Index& index = access.indices[d];
      const einsum::RankId rank = cascade_.tensors[access.tensor].dimensions[d].rank;
      std::int64_t x = index.last_generation ? extents_[rank] : index.constant;
      for (const auto& term : index.terms) x += term.coefficient * at[term.rank];
      if (index.composite) x = base_value(rank, at);
      if (x < 0 || x >= shape[d]) return leaves(ranks_of(d));
      first = first || (cascade_.tensors[access.tensor].dimensions[d].generational && x == 0);
    }
    const einsum::EinsumId writer = cascade_.tensors[access.tensor].defined_by;
    if (first || writer == einsum::kNone || writer >= e ||
        made_[access.tensor][static_cast<std::size_t>(element(access, at))] != 0)
      return;
    std::vector<einsum::RankId> all;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const auto ranks = ranks_of(d);
      all.insert(all.end(), ranks.begin(), ranks.end());
    }
    leaves(all);
  }

  void count(EinsumId e) {
    const einsum::Einsum& einsum = cascade_.einsums[e];
    std::vector<std::int64_t> at(cascade_.ranks.size(), 0);
    std::int64_t points = 0;
    const einsum::TensorId out = einsum.outputs[0].tensor;
    made_[out].assign(static_cast<std::size_t>(einsum::tensor_elements(cascade_, out, extents_)),
                      0);
    const std::function<void(std::size_t)> walk = [&](std::size_t i) {
      if (i < einsum.iteration.size()) {
        const auto r = einsum.iteration[i];
        for (at[r] = 0; at[r] < extents_[r]; ++at[r]) walk(i + 1);
        return;
      }
      // A reduction of no points is there too: its identity. So a point outside says that its
      // element is outside only where the index that leaves has nothing reduced in it.
      bool inside = true;
      bool exists = true;
      const auto leaves = [&](const std::vector<einsum::RankId>& ranks) {
        inside = false;
        exists = exists && std::any_of(ranks.begin(), ranks.end(), [&](einsum::RankId r) {
                   return std::find(einsum.reduced.begin(), einsum.reduced.end(), r) !=
                          einsum.reduced.end();
                 });
      };
      for (einsum::RankId base = 0; base < static_cast<einsum::RankId>(cascade_.ranks.size());
           ++base) {
        const auto& parts = cascade_.ranks[base].parts;
        if (parts.size() == 2 && einsum.iterates(parts[0]) && einsum.iterates(parts[1]) &&
            base_value(base, at) >= extents_[base])
          leaves(parts);
      }
      for (const einsum::Access& access : einsum.inputs) read(e, access, at, leaves);
      if (exists) made_[out][static_cast<std::size_t>(element(einsum.outputs[0], at))] = 1;
      if (!inside) return;
      if (einsum.mask) {
        const auto m = cascade_.rank("M");
        const auto p = cascade_.rank("P");
        const std::int64_t key = einsum.iterates(m) ? at[m] : base_value(m, at);
        if (key > at[p] + extents_[m] - extents_[p]) return;
      }
      ++points;
    };
    walk(0);
    points_.push_back(points);
  }

  const einsum::Cascade& cascade_;
  const einsum::Extents& extents_;
  std::vector<std::vector<char>> made_;  // by tensor: elements that have a point
  std::vector<std::int64_t> points_;
};

void expect_counts(const BoundCase& made, const Lowering& lowering, const Sizing& sizing,
                   const Result& result) {
  const einsum::Extents extents = weft::engine::one_head(lowering, sizing).extents;
  const Enumeration enumeration(made.cascade, extents);
  einsum::WorkCounts all{};
  for (EinsumId e = 0; e < static_cast<EinsumId>(made.cascade.einsums.size()); ++e) {
    const einsum::WorkCounts each = einsum::work_per_point(made.cascade, e);
    const einsum::WorkCounts total = einsum::total_work(made.cascade, e, extents);
    for (std::size_t k = 0; k < total.size(); ++k) {
      EXPECT_EQ(total[k], each[k] * enumeration.points(e)) << made.cascade.einsums[e].text;
      // What is of the keys alone is made once for the heads that share them.
      const bool of_keys = !made.cascade.einsums[e].iterates(lowering.queries);
      all[k] += total[k] * sizing.repeats * (of_keys ? 1 : sizing.together);
    }
  }
  // An array spends its slots on whole tiles: masks and windows that leave a tensor are not told
  // apart within one.
  if (masked(made.cascade) || windowed(made.cascade)) return;
  constexpr std::array<std::pair<einsum::Work, ArrayCounter>, 6> kinds{
      {{einsum::Work::macc, ArrayCounter::macc},
       {einsum::Work::multiply, ArrayCounter::multiply},
       {einsum::Work::add, ArrayCounter::add},
       {einsum::Work::max, ArrayCounter::max},
       {einsum::Work::exp, ArrayCounter::exp},
       {einsum::Work::divide, ArrayCounter::divide}}};
  for (const auto& [work, counter] : kinds) {
    std::uint64_t counted = 0;
    for (const auto& unit : result.units) {
      if (unit.kind == UnitKind::array) counted += unit.counters[static_cast<std::size_t>(counter)];
    }
    EXPECT_EQ(counted, static_cast<std::uint64_t>(all[static_cast<std::size_t>(work)]))
        << einsum::work_name(work);
  }
}

einsum::DenseTensor columns(const float* rows, std::int64_t length, std::int64_t width) {
  einsum::DenseTensor tensor{{width, length},
                             std::vector<double>(static_cast<std::size_t>(width * length))};
  for (std::int64_t i = 0; i < length; ++i) {
    for (std::int64_t j = 0; j < width; ++j)
      tensor.data[static_cast<std::size_t>(j * length + i)] =
          static_cast<double>(rows[i * width + j]);
  }
  return tensor;
}

void expect_values(const BoundCase& made, const einsum::Extents& extents,
                   const workload::Trace& trace, const std::vector<float>& computed) {
  const Shape& s = made.shape;
  ASSERT_EQ(computed.size(), static_cast<std::size_t>(s.heads * s.seq_q * s.width_v));
  for (std::int64_t h = 0; h < s.heads; ++h) {
    std::map<std::string, einsum::DenseTensor> inputs;
    const auto input = [&](const char* name, const float* rows, std::int64_t length,
                           std::int64_t width) {
      if (made.cascade.tensor(name) != einsum::kNone) inputs[name] = columns(rows, length, width);
    };
    const auto& in = trace.layers[0];
    input("Q", in.q.data() + h * s.seq_q * s.width_qk, s.seq_q, s.width_qk);
    input("K", in.k.data() + h / (s.heads / s.kv_heads) * s.seq_kv * s.width_qk, s.seq_kv,
          s.width_qk);
    input("V", in.v.data() + h / (s.heads / s.kv_heads) * s.seq_kv * s.width_v, s.seq_kv,
          s.width_v);
    const einsum::DenseTensor out = einsum::interpret(made.cascade, extents, inputs).at("AV");
    const auto& dimensions = made.cascade.tensors[made.cascade.tensor("AV")].dimensions;
    const bool rows_first = made.cascade.ranks[dimensions[0].rank].name == "P";
    double largest = 1;
    for (const double value : out.data)
      largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
    for (std::int64_t p = 0; p < s.seq_q; ++p) {
      for (std::int64_t f = 0; f < s.width_v; ++f) {
        const double expected =
            out.data[static_cast<std::size_t>(rows_first ? p * s.width_v + f : f * s.seq_q + p)];
        const double got = static_cast<double>(
            computed[static_cast<std::size_t>((h * s.seq_q + p) * s.width_v + f)]);
        // A window may leave elements outside the iteration space, or give the maximum of nothing.
        if (windowed(made.cascade) && (std::isnan(expected) || got == expected)) continue;
        ASSERT_LE(std::abs(got - expected), 3e-4 * largest)
            << "head " << h << " query " << p << " width " << f << ": " << got << ", not "
            << expected;
      }
    }
  }
}

void refused_well(const ConfigError& error) {
  EXPECT_FALSE(error.problems().empty());
  for (const Problem& problem : error.problems()) {
    EXPECT_FALSE(problem.where.file.empty()) << problem.message;
    EXPECT_GT(problem.where.line, 0) << problem.message;
    EXPECT_GT(problem.message.size(), 10u);
  }
}

}  // namespace

bool masked(const einsum::Cascade& cascade) {
  return std::any_of(cascade.einsums.begin(), cascade.einsums.end(),
                     [](const einsum::Einsum& e) { return e.mask.has_value(); });
}

bool windowed(const einsum::Cascade& cascade) {
  return std::any_of(cascade.einsums.begin(), cascade.einsums.end(), [](const einsum::Einsum& e) {
    return std::any_of(e.inputs.begin(), e.inputs.end(), [](const einsum::Access& access) {
      return std::any_of(
          access.indices.begin(), access.indices.end(),
          [](const einsum::Index& index) { return index.terms.size() > 1 && !index.composite; });
    });
  });
}

BoundCase bound_case(const std::string& cascade, const std::string& arch,
                     const std::string& binding, const Shape& shape, std::int64_t window) {
  BoundCase made{.text = cascade + arch + binding + text(shape), .shape = shape};
  made.quantities = {shape.seq_q, shape.seq_kv, shape.width_qk, shape.width_v, window, 1};
  made.cascade = einsum::parse_cascade(cascade, "cascade.yaml");
  config::Origins arch_origins;
  made.arch = read<Architecture>(arch, "arch.yaml", arch_origins);
  made.binding = read<Binding>(binding, "binding.yaml", made.origins);
  return made;
}

Outcome expect_runs_or_refuses(const BoundCase& made, std::uint64_t seed) {
  SCOPED_TRACE("\n" + made.text);
  Outcome outcome;
  Lowering lowering;
  try {
    lowering = weft::engine::lower_and_prepare(made.arch, made.binding, made.cascade, made.origins);
  } catch (const ConfigError& error) {
    refused_well(error);
    outcome.reason = error.what();
    return outcome;
  }
  const Sizing sizing = weft::engine::size_design(lowering, made.shape, made.quantities, 1);
  if (!sizing.feasible) {
    EXPECT_FALSE(sizing.reason.empty());
    outcome.kind = Outcome::infeasible;
    outcome.reason = sizing.reason;
    return outcome;
  }
  const Schedule schedule = weft::engine::build_schedule(lowering, sizing);
  workload::Trace trace = random_trace(made.shape, 1, seed);
  for (auto* values : {&trace.layers[0].q, &trace.layers[0].k, &trace.layers[0].v}) {
    for (float& value : *values) value = std::min(1.5f, std::max(-1.5f, value));
  }
  Values values(schedule, trace);
  const auto simulated = [&](bool exact, Values* with) {
    Result result;
    EXPECT_NO_THROW(with_fresh_kernel([&] { simulate(schedule, {.exact = exact}, with, result); }));
    return result;
  };
  const Result result = simulated(true, &values);
  if (result.cycles == 0) return outcome;  // it stuck, and that has been told
  expect_same_run(result, simulated(false, nullptr));
  EXPECT_GT(weft::engine::analyse(lowering, sizing).cycles, 0);
  const einsum::Extents extents = weft::engine::one_head(lowering, sizing).extents;
  expect_values(made, extents, trace, values.outputs().at(0));
  expect_counts(made, lowering, sizing, result);
  outcome.kind = Outcome::ran;
  return outcome;
}

}  // namespace weft::sim::engine::test
