// Random assemblies: woken only when there is something to do they give what stepping every unit in
// every cycle gives, in any order; and where they may be passed over, what stepping gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/assembly/bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::sim::test {
namespace {

// A chain from a source to a sink of up to five units; some are lanes side by side, some have a
// clock of their own.
class Chain {
 public:
  explicit Chain(std::uint64_t seed) : random_(seed) {}

  std::string yaml(bool recurs, std::int64_t rows) {
    yaml_ = "clocks: {a: 3/7, b: 5/4, c: 1/2}\nunits:\n";
    links_ = "links:\n";
    unit("source", "source",
         "rows: " + std::to_string(rows) + ", window: " + number(1, 4) +
             ", interval_cycles: " + number(1, 3) + ", gap_cycles: " + number(0, 3) +
             (odds(3) ? ", masked: true" : "") + ", values: [3, 9, 1, 7, 7, 2, 8]");
    last_ = "source.out";
    for (std::int64_t n = below(5); n > 0; --n) {
      const std::string name = "u" + std::to_string(n);
      if (odds(3)) {
        lanes(name);
        continue;
      }
      if (!recurs && odds(2)) {
        odds(2) ? unit(name, "filter", "threshold: 5")
                : unit(name, "jitter", "seed: " + number(0, 99));
      } else {
        unit(name, "stage", stage());
      }
      link(last_, name + ".in");
      last_ = name + ".out";
    }
    unit("sink", "sink", "interval_cycles: " + number(1, 6));
    link(last_, "sink.in");
    return yaml_ + links_;
  }

 private:
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  bool odds(std::int64_t n) { return below(n) == 0; }
  std::string number(std::int64_t least, std::int64_t most) {
    return std::to_string(least + below(most - least + 1));
  }
  std::string stage() {
    return "latency_cycles: " + number(1, 9) + ", interval_cycles: " + number(1, 4) +
           ", places: " + number(1, 4);
  }
  void unit(const std::string& name, const std::string& of, const std::string& attributes,
            const std::string& more = "") {
    const char* const clocks[] = {"a", "b", "c"};
    yaml_ += "  " + name + ": {class: " + of + more +
             (odds(3) ? ", clock: " + std::string(clocks[below(3)]) : "") + ", attributes: {" +
             attributes + "}}\n";
  }
  void link(const std::string& from, const std::string& to) {
    links_ += "  - {from: '" + from + "', to: '" + to + "', depth: " + number(1, 4) + "}\n";
  }
  void lanes(const std::string& name) {
    const std::string ways = number(2, 3);
    unit(name + "_deal", "deal", "ways: " + ways);
    unit(name, "stage", stage(), ", count: " + ways);
    unit(name + "_gather", "gather", "ways: " + ways);
    link(last_, name + "_deal.in");
    link(name + "_deal.out[*]", name + "[*].in");
    link(name + "[*].out", name + "_gather.in[*]");
    last_ = name + "_gather.out";
  }

  std::mt19937_64 random_;
  std::string yaml_;
  std::string links_;
  std::string last_;
};

// Every unit in every cycle of its clock, those of one tick in random order.
Ran step_all(const std::string& yaml, Cycle ticks, std::uint64_t seed) {
  Assembly assembly = assembly_of(yaml);
  std::mt19937_64 random(seed);
  std::vector<Assembly::Member*> order;
  for (Assembly::Member& member : assembly.members()) order.push_back(&member);
  for (Cycle tick = 0; tick <= ticks; ++tick) {
    std::shuffle(order.begin(), order.end(), random);
    for (Assembly::Member* member : order) {
      if (tick % member->period == 0) member->unit->step(tick / member->period);
    }
  }
  return result_of(assembly);
}

void expect_same(const Ran& a, const Ran& b, const std::string& yaml) {
  EXPECT_EQ(a.last, b.last) << yaml;
  EXPECT_EQ(a.units, b.units) << yaml;
  EXPECT_EQ(a.busy, b.busy) << yaml;
  EXPECT_EQ(a.channels, b.channels) << yaml;
}

TEST(RandomAssemblies, SleepingUnitsMissNothing) {
  const std::uint64_t seed = weft::test::seed_or(71);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::size_t taken = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::string yaml = Chain(seed + i).yaml(i % 2 == 0, 12);
    const Ran slept = run(yaml);
    const Ran stepped = step_all(yaml, 60'000, seed + i);
    EXPECT_EQ(slept.taken, stepped.taken) << yaml;
    expect_same(slept, stepped, yaml);
    taken += slept.taken.size();
  }
  EXPECT_GT(taken, 600u);
}

TEST(RandomAssemblies, PeriodsArePassedOverExactly) {
  const std::uint64_t seed = weft::test::seed_or(72);
  SCOPED_TRACE(weft::test::seed_text(seed));
  int passed = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const std::string yaml = Chain(seed + i).yaml(true, 1500);
    const Ran exact = run(yaml);
    const Ran advanced = run(yaml, {.advance = true});
    expect_same(exact, advanced, yaml);
    passed += advanced.periods > 0 ? 1 : 0;
  }
  EXPECT_GT(passed, 20);
}

}  // namespace
}  // namespace weft::sim::test
