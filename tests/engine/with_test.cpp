// Design::with: what load() gives with the same settings, in its figures and in its words.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/run/result_json.hpp"
#include "models/engine/run/run_point.hpp"
#include "tests/common/seed.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Catalog;
using weft::engine::Design;
using weft::engine::Setting;

const Catalog& catalog() {
  static const Catalog all(WEFT_SOURCE_DIR "/configs");
  return all;
}

// Every leaf of a design with its value, by the path that sets it.
std::vector<Setting> leaves_of(const Design& design) {
  std::vector<Setting> leaves;
  std::string text;
  config::canonical(design.arch(), "arch", text);
  config::canonical(design.binding(), "binding", text);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    const std::size_t equals = line.find(" = ");
    if (line.find("description") == std::string::npos && line.find("source") == std::string::npos)
      leaves.emplace_back(line.substr(0, equals), line.substr(equals + 3));
    begin = end + 1;
  }
  return leaves;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::size_t most) { return random_() % most; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }
  // Another value of the same kind, seldom one that is refused.
  std::string like(const std::string& value) {
    if (value == "true" || value == "false") return value == "true" ? "false" : "true";
    const auto number = config::number_of(value);
    if (!number) {
      static const std::vector<std::string> words{
          "buffer", "dram",           "link",   "array_1d", "array_2d", "m1", "p1",     "fp32",
          "serial", "rows(array_2d)", "shared", "corner",   "top-left", "m",  "nothing"};
      return one_in(2) ? of(words) : value;
    }
    static const std::vector<double> factors{0.25, 0.5, 0.75, 1.5, 2, 3, 4};
    const double changed = *number * of(factors);
    const bool whole = *number == std::floor(*number);
    return config::number_text(whole ? std::max(1.0, std::floor(changed)) : changed);
  }
  Shape shape() {
    const auto up_to = [&](std::int64_t most) {
      return 1 + static_cast<std::int64_t>(below(static_cast<std::size_t>(most)));
    };
    Shape s;
    s.batch = up_to(2);
    s.heads = s.kv_heads = up_to(4);
    s.seq_q = s.seq_kv = up_to(600);
    s.width_qk = s.width_v = up_to(80);
    return s;
  }

 private:
  std::mt19937_64 random_;
};

// What lowering and preparing make of numbers.
std::string numbers_of(const weft::engine::Lowering& lowering) {
  std::string out = std::to_string(lowering.tiles_in_flight);
  for (const auto& group : lowering.groups) {
    for (const auto& step : group.steps) {
      for (const auto& points : step.points)
        out += " " + std::to_string(points.cycles) + "+" + std::to_string(points.extra_latency);
      for (const auto& operand : step.operands)
        out += (operand.streamed ? " ~" : " ") + std::to_string(operand.latency);
    }
  }
  return out + "\n";
}

// All that a design gives at a point, or the words in which it is refused.
template <class Make>
std::string told(const Make& make, const Shape& shape) {
  try {
    const Design design = make();
    std::string text = design.canonical();
    for (const bool causal : {false, true}) {
      if (causal && !design.binding().causal_cascade) continue;
      Shape at = shape;
      at.causal = causal;
      for (const auto* lowering : design.lowerings(causal)) text += numbers_of(*lowering);
      const workload::Workload workload = workload_of(at);
      const Result result = weft::engine::run_analytic(design, workload);
      text += weft::engine::result_json(weft::engine::report_of(
          design, workload, {.fidelity = weft::engine::Fidelity::analytic}, result));
    }
    return text;
  } catch (const ConfigError& error) {
    return std::string("refused: ") + error.what();
  }
}

std::string text_of(const std::vector<Setting>& settings) {
  std::string out;
  for (const auto& [path, value] : settings) out += " --set " + path + "=" + value;
  return out;
}

TEST(With, GivesWhatLoadGivesWithTheSameSettings) {
  const std::uint64_t seed = weft::test::seed_or(20);
  Random random(seed);
  std::vector<std::string> names = catalog().list("design");
  for (const char* sided : {"fusemax-16x16", "flat-8x8", "unfused-32x32"})
    names.emplace_back(sided);
  std::map<std::string, int> seen;
  for (const std::string& name : names) {
    const Design base = Design::load(catalog(), name);
    if (base.assembled() != nullptr) continue;  // its settings: tests/engine/assembled
    const std::vector<Setting> leaves = leaves_of(base);
    ASSERT_GT(leaves.size(), 20u);
    for (int trial = 0; trial < 16; ++trial) {
      std::vector<Setting> settings;
      for (std::uint64_t n = random.below(4) + 1; n > 0; --n) {
        const Setting& leaf = random.of(leaves);
        settings.emplace_back(leaf.first, random.like(leaf.second));
      }
      const Shape shape = random.shape();
      const std::string loaded =
          told([&] { return Design::load(catalog(), name, settings); }, shape);
      const std::string varied = told([&] { return base.with(settings); }, shape);
      ASSERT_EQ(loaded, varied) << name << text_of(settings) << text(shape) << " seed " << seed;
      const std::size_t half = random.below(settings.size() + 1);
      const auto twice = [&] {
        const Design first =
            base.with({settings.begin(), settings.begin() + static_cast<std::ptrdiff_t>(half)});
        return first.with({settings.begin() + static_cast<std::ptrdiff_t>(half), settings.end()});
      };
      const bool refused = loaded.starts_with("refused");
      ++seen[refused ? "refused" : "taken"];
      if (refused)
        continue;  // what the first half alone is refused for may be mended by the second
      const std::string again =
          told([&] { return Design::load(catalog(), name, twice().settings()); }, shape);
      EXPECT_EQ(told(twice, shape), again) << name << text_of(settings) << " seed " << seed;
    }
  }
  EXPECT_GT(seen["taken"], 100);
  EXPECT_GT(seen["refused"], 10);
}

TEST(With, TakesEveryLeafAsLoadDoes) {
  Random random(weft::test::seed_or(21));
  int taken = 0;
  for (const char* name : {"fusemax-16x16", "flat-16x16", "segments-serial"}) {
    const Design base = Design::load(catalog(), name);
    const Shape shape{.seq_q = 100, .seq_kv = 100, .width_qk = 16, .width_v = 16};
    for (const Setting& leaf : leaves_of(base)) {
      const std::vector<Setting> settings{{leaf.first, random.like(leaf.second)}};
      const std::string varied = told([&] { return base.with(settings); }, shape);
      EXPECT_EQ(told([&] { return Design::load(catalog(), name, settings); }, shape), varied)
          << name << text_of(settings);
      taken += varied.starts_with("refused") ? 0 : 1;
    }
  }
  EXPECT_GT(taken, 150);
}

TEST(With, LeavesTheDesignItComesFromAsItIs) {
  const Design base = Design::load(catalog(), "flat-16x16");
  const Shape shape{.seq_q = 100, .seq_kv = 100, .width_qk = 16, .width_v = 16};
  const std::string before = told([&] { return base; }, shape);
  {
    const Design varied = base.with({{"arch.buffer.bytes", "1MiB"}, {"binding.epochs", "serial"}});
    EXPECT_NE(told([&] { return varied; }, shape), before);
  }
  EXPECT_EQ(told([&] { return base; }, shape), before);
}

TEST(With, OutlivesTheDesignItComesFrom) {
  const std::vector<Setting> settings{{"arch.dram.bandwidth_bytes_per_s", "1e10"}};
  const auto make = [&] { return Design::load(catalog(), "fusemax").with(settings); };
  const Shape shape{.seq_q = 700, .seq_kv = 700, .width_qk = 64, .width_v = 64};
  EXPECT_EQ(told(make, shape),
            told([&] { return Design::load(catalog(), "fusemax", settings); }, shape));
}

TEST(With, ReplacesWhatWasSetBefore) {
  const Design base = Design::load(catalog(), "fusemax", {{"arch.dram.latency_s", "2e-7"}});
  const Design varied =
      base.with({{"arch.buffer.bytes", "1MiB"}})
          .with({{"arch.dram.latency_cycles", "7"}, {"arch.buffer.bytes", "2MiB"}});
  const std::vector<Setting> expected{{"arch.dram.latency_cycles", "7"},
                                      {"arch.buffer.bytes", "2MiB"}};
  EXPECT_EQ(varied.settings(), expected);
  EXPECT_EQ(latency_cycles(varied.arch().dram, varied.arch().clock_hz), 7);
  EXPECT_EQ(varied.arch().buffer.bytes, 2 << 20);
}

TEST(With, SaysWhatIsWrongAtOnce) {
  const Design base = Design::load(catalog(), "fusemax-16x16");
  const auto says = [&](const std::vector<Setting>& settings) -> std::string {
    try {
      static_cast<void>(base.with(settings));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(says({{"arch.dram.burst_bytes", "100"}}).find("must be a multiple of 16"),
            std::string::npos);
  EXPECT_NE(says({{"binding.tiles_in_flight", "9"}}).find("at most the array's tile_contexts"),
            std::string::npos);
  EXPECT_NE(says({{"arch.buffer.ports", "shared"},
                  {"arch.buffer.banks", "8"},
                  {"arch.buffer.read_ports", "1"}})
                .find("streams of the buffer at once"),
            std::string::npos);
  EXPECT_NE(says({{"dram.latency_s", "1"}}).find("a path begins with 'arch.'"), std::string::npos);
  EXPECT_NE(says({{"binding.cascade", "attention"}}).find("no such cascade"), std::string::npos);
}

}  // namespace
}  // namespace weft::sim::engine::test
