// Random bindings of random cascades: the values of a run are the interpreter's, its counts those
// of enumeration, or it is refused with file, line and reason. None sticks.
#include <cstdlib>
#include <iostream>

#include "models/einsum/load.hpp"
#include "tests/engine/bound_case.hpp"
#include "tests/engine/random_binding.hpp"
#include "tests/engine/random_cascade.hpp"

namespace weft::sim::engine::test {
namespace {

Outcome run_case(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  Shape shape{.batch = 1, .heads = pick(1, 3), .kv_heads = 1};
  shape.seq_q = pick(1, 13);
  shape.seq_kv = pick(1, 19);
  shape.width_qk = pick(1, 6);
  shape.width_v = pick(1, 6);
  const std::int64_t window = pick(1, 4);
  const bool causal = pick(0, 4) == 0;
  if (causal && shape.seq_kv < shape.seq_q) std::swap(shape.seq_q, shape.seq_kv);
  const RandomCascade cascade(
      random, {shape.width_qk, shape.width_v, shape.seq_kv, shape.seq_q, window}, causal);
  shape.causal = cascade.masked();
  const std::string arch = random_architecture(random);
  const std::string binding =
      random_binding(random, einsum::parse_cascade(cascade.yaml(), "cascade.yaml"));
  return expect_runs_or_refuses(bound_case(cascade.yaml(), arch, binding, shape, window), random());
}

// WEFT_VERBOSE=1 goes on after a failure, and says why each binding is refused.
void run_cases(int count, std::uint64_t own_seed) {
  const std::uint64_t seed = weft::test::seed_or(own_seed);
  const bool verbose = std::getenv("WEFT_VERBOSE") != nullptr;
  std::array<int, 3> outcomes{};
  for (int i = 0; i < count; ++i) {
    const std::uint64_t own = seed + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("WEFT_SEED=" + std::to_string(own));
    Outcome outcome;
    EXPECT_NO_THROW(outcome = run_case(own));
    if (testing::Test::HasFailure() && !verbose) return;
    ++outcomes[outcome.kind];
    if (verbose && outcome.kind != Outcome::ran) std::cout << outcome.reason << "\n";
  }
  std::cout << outcomes[Outcome::ran] << " ran, " << outcomes[Outcome::refused] << " refused, "
            << outcomes[Outcome::infeasible] << " infeasible\n";
  EXPECT_GE(10 * outcomes[Outcome::ran], 6 * count);
}

TEST(RandomBindings, OfRandomCascades) { run_cases(40, 1000); }

// T2[m+1,p] = max(T2[m,p], T1[m,p]): several generations of a state in one tile, each from the one
// before.
TEST(RandomBindings, AScanWithinATile) { EXPECT_EQ(run_case(20'023).kind, Outcome::ran); }

// Causal, keys' tiles outside queries': the first queries see their last tile of keys before the
// loop over keys ends.
TEST(RandomBindings, KeysOutsideQueries) { EXPECT_EQ(run_case(20'058).kind, Outcome::ran); }

TEST(RandomBindingsLong, OfRandomCascades) { run_cases(500, 20'000); }

}  // namespace
}  // namespace weft::sim::engine::test
