#include "hls/select/top_k.hpp"

#include "models/select/top_k.hpp"
#include "tests/hls/bench.hpp"
#include "tests/hls/trace.hpp"
#include "tests/select/stimulus.hpp"

namespace weft::hls::test {
namespace {

constexpr int kMost = 1024;
const auto kKernel = [](auto& in, auto& out) { select::TopK<Types, kMost, 16>::frame(in, out); };

Call of(const std::vector<std::uint16_t>& values, std::uint64_t k, std::uint64_t seed) {
  const auto found = weft::select::top_k(std::span<const std::uint16_t>(values),
                                         static_cast<std::int64_t>(k), seed);
  const weft::select::Selection<std::uint16_t>& selection = found.selection;
  Call call;
  call.in = {values.size() | k << 32, seed};
  call.in.insert(call.in.end(), values.begin(), values.end());
  call.expected = {selection.rounds.size() | static_cast<std::uint64_t>(selection.ties) << 16 |
                       static_cast<std::uint64_t>(selection.passes) << 32,
                   selection.threshold};
  for (const std::int64_t i : found.kept) call.expected.push_back(static_cast<std::uint64_t>(i));
  return call;
}

Call random_call(std::mt19937_64& random, int log2_most) {
  std::vector<std::uint16_t> values = weft::select::test::random_values(random, log2_most);
  if (random() % 8 == 0) {  // at the ends of what a value may be
    for (auto& value : values) value = random() % 2 == 0 ? 0 : 0xFFFF;
  }
  const std::uint64_t k = random() % (values.size() + 2);
  return of(values, k, random());
}

TEST(TopK, IsTheModel) {
  compare(
      kKernel, [](std::mt19937_64& random) { return random_call(random, 10); }, 2000, 41);
}
TEST(TopKLong, AHundredThousand) {
  compare(
      kKernel, [](std::mt19937_64& random) { return random_call(random, 10); }, 100000, 42);
}

TEST(TopK, AsManyAsThereIsRoomFor) {
  std::mt19937_64 random(43);
  std::vector<std::uint16_t> values(kMost);
  for (auto& value : values) value = static_cast<std::uint16_t>(random());
  compare(kKernel,
          {of(values, 1, 1), of(values, kMost / 2, 2), of(values, kMost - 1, 3),
           of(values, kMost, 4), of(values, 0, 5), of(std::vector<std::uint16_t>(kMost, 7), 9, 6)});
}

TEST(TopK, ProbabilitiesOfTheTrace) {
  std::vector<Call> calls;
  for (const TraceRow& row : trace_rows()) {
    std::vector<std::uint16_t> values;
    for (const std::int32_t p : row.probabilities.integers)
      values.push_back(static_cast<std::uint16_t>(p));
    calls.push_back(of(values, 11, calls.size()));
  }
  compare(kKernel, calls);
}

}  // namespace
}  // namespace weft::hls::test
