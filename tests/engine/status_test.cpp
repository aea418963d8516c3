// A point that cannot work is a status with its reason: random designs, settings and shapes, and
// nothing is thrown from deep inside.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "models/engine/design/catalog.hpp"
#include "tests/common/seed.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using testing::HasSubstr;
using weft::engine::Catalog;
using weft::engine::Design;
using weft::engine::Fidelity;
using weft::engine::Setting;
using weft::engine::Status;

// Numbers of an architecture by the paths that set them.
std::vector<Setting> numbers_of(const Design& design) {
  std::string text;
  config::canonical(design.arch(), "arch", text);
  config::canonical(design.binding(), "binding", text);
  std::vector<Setting> numbers;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    const std::size_t equals = line.find(" = ");
    if (config::number_of(line.substr(equals + 3)))
      numbers.emplace_back(line.substr(0, equals), line.substr(equals + 3));
  }
  return numbers;
}

class Trials {
 public:
  explicit Trials(std::uint64_t seed) : random_(seed) {
    const Catalog catalog(WEFT_SOURCE_DIR "/configs");
    for (const std::string& name : catalog.list("design"))
      designs_.push_back(Design::load(catalog, name));
    std::erase_if(designs_, [](const Design& one) { return one.assembled() != nullptr; });
    for (const char* name : {"fusemax-16x16", "flat-2x2", "unfused-1024x1024"})
      designs_.push_back(Design::load(catalog, name));
    for (const Design& design : designs_) numbers_.push_back(numbers_of(design));
  }

  // A design with up to three of its numbers anything up to 2^`reach` times more or less.
  Design design(std::uint64_t reach) {
    const std::size_t d = below(designs_.size());
    Design made = designs_[d];
    for (std::uint64_t n = below(4); n > 0; --n) {
      const Setting& number = numbers_[d][below(numbers_[d].size())];
      const double was = *config::number_of(number.second);
      const double is =
          std::ldexp(was, static_cast<int>(below(2 * reach)) - static_cast<int>(reach));
      const bool whole = was == std::floor(was);
      try {
        made = made.with({{number.first, config::number_text(whole ? std::floor(is) : is)}});
      } catch (const ConfigError&) {
        ++refused_;  // by with(), which is where such a thing is to be said
      }
    }
    return made;
  }
  // Extents up to these powers of two.
  Shape shape(std::uint64_t batch, std::uint64_t heads, std::uint64_t tokens, std::uint64_t width) {
    Shape s;
    s.batch = extent(batch);
    s.kv_heads = extent(heads);
    s.heads = s.kv_heads * extent(2);
    s.seq_q = extent(tokens);
    s.seq_kv = below(2) == 0 ? s.seq_q : extent(tokens);
    s.width_qk = extent(width);
    s.width_v = below(2) == 0 ? s.width_qk : extent(width);
    s.causal = below(2) == 0;
    return s;
  }
  int refused() const { return refused_; }

 private:
  std::uint64_t below(std::uint64_t most) { return random_() % most; }
  std::int64_t extent(std::uint64_t power) {
    return static_cast<std::int64_t>(1 + below(std::uint64_t{1} << below(power + 1)));
  }

  std::mt19937_64 random_;
  std::vector<Design> designs_;
  std::vector<std::vector<Setting>> numbers_;
  int refused_ = 0;
};

// Every result says what it is, and how often each.
std::map<Status, int> run_all(Trials& trials, int count, Fidelity fidelity, bool wild) {
  std::map<Status, int> seen;
  for (int i = 0; i < count; ++i) {
    const Design design = trials.design(wild ? 12 : 3);
    const Shape shape = wild ? trials.shape(20, 8, 26, 16) : trials.shape(1, 1, 7, 6);
    if (!workload::problems_of(shape, {}).empty()) continue;
    std::string where = design.name() + text(shape);
    for (const auto& [path, value] : design.settings()) where += " --set " + path + "=" + value;
    SCOPED_TRACE(where);
    Result result;
    EXPECT_NO_THROW(result = run_point(design, shape, {.fidelity = fidelity}));
    ++seen[result.status];
    EXPECT_EQ(result.reason.empty(), result.status == Status::ok);
    EXPECT_EQ(result.cycles > 0, result.status == Status::ok);
    EXPECT_TRUE(result.units.empty() || result.status == Status::ok);
  }
  return seen;
}

TEST(Status, NothingIsThrownInClosedForm) {
  const std::uint64_t seed = weft::test::seed_or(31);
  SCOPED_TRACE(weft::test::seed_text(seed));
  Trials trials(seed);
  auto seen = run_all(trials, 150, Fidelity::analytic, false);
  EXPECT_GT(seen[Status::ok], 90);
  seen = run_all(trials, 150, Fidelity::analytic, true);
  EXPECT_GT(seen[Status::ok], 25);
  EXPECT_GT(seen[Status::infeasible], 10);
  EXPECT_GT(trials.refused(), 5);
}

TEST(Status, NothingIsThrownInSystemc) {
  const std::uint64_t seed = weft::test::seed_or(32);
  SCOPED_TRACE(weft::test::seed_text(seed));
  Trials trials(seed);
  EXPECT_GT(run_all(trials, 150, Fidelity::systemc, false)[Status::ok], 100);
}

// Each kind of point that cannot work, and its words.
TEST(Status, SaysWhyAPointCannotWork) {
  const Shape small{.seq_q = 20, .seq_kv = 20, .width_qk = 8, .width_v = 8};
  const auto reason = [](const Design& design, const Shape& shape, const RunOptions& options) {
    const Result result = run_point(design, shape, options);
    EXPECT_EQ(result.status, Status::infeasible);
    EXPECT_EQ(result.shape.seq_q, shape.seq_q);
    return (result.problems.empty() ? "" : "to mend: ") + result.reason;
  };
  for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
    const RunOptions options{.fidelity = fidelity};
    Shape causal = small;
    causal.causal = true;
    EXPECT_THAT(reason(design("deferred-division"), causal, options), HasSubstr("to mend: "));
    EXPECT_THAT(reason(design("deferred-division"), causal, options),
                HasSubstr("names no cascade for that"));
    EXPECT_THAT(reason(design("fusemax-16x16", {{"arch.buffer.bytes", "64"}}), small, options),
                HasSubstr("the buffer has 64"));
    Shape odd = small;
    odd.heads = 3;
    odd.kv_heads = 2;
    EXPECT_THAT(reason(design("fusemax-16x16"), odd, options),
                HasSubstr("must divide the 3 heads"));
    odd.heads = 0;
    EXPECT_THAT(reason(design("fusemax-16x16"), odd, options), HasSubstr("heads = '0'"));
    RunOptions none = options;
    none.layers = 0;
    EXPECT_THAT(reason(design("fusemax-16x16"), small, none), HasSubstr("layers = '0'"));
  }
  EXPECT_THAT(reason(design("flat-16x16"), small, {.fidelity = Fidelity::rtl}),
              HasSubstr("to mend: "));
  const Result analytic_alone = weft::engine::run_analytic(design("flat-16x16"), workload_of(small),
                                                           {.fidelity = Fidelity::systemc});
  EXPECT_THAT(analytic_alone.reason, HasSubstr("weft::sim::engine::run has it"));
}

// What a model needs and no design runs is not left out in silence.
TEST(Status, RefusesAModelThatIsNotRunAsItIs) {
  workload::Workload model = workload_of({.seq_q = 50, .seq_kv = 50, .width_qk = 8, .width_v = 8});
  model.unmodelled = {{.field = "sliding_window", .value = "16", .text = "a query sees 16 keys"}};
  const Design made = design("fusemax-16x16");
  EXPECT_THAT(weft::engine::run_analytic(made, model).reason, HasSubstr("sliding_window"));
  model.assume = workload::Assume::full_attention;
  EXPECT_EQ(weft::engine::run_analytic(made, model).status, Status::ok);
}

}  // namespace
}  // namespace weft::sim::engine::test
