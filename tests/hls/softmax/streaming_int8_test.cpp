#include "hls/softmax/streaming_int8.hpp"

#include <cmath>
#include <numbers>

#include "models/softmax/streaming_int8.hpp"
#include "tests/hls/bench.hpp"
#include "tests/hls/trace.hpp"

namespace weft::hls::test {
namespace {

const auto kKernel = [](auto& in, auto& out) { softmax::StreamingInt8<Types, 16>::frame(in, out); };

template <class T>
void push_bytes(std::vector<std::uint64_t>& words, const std::vector<T>& bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 8 == 0) words.push_back(0);
    words.back() |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (i % 8 * 8);
  }
}

Call of(const std::vector<std::int8_t>& scores) {
  Call call;
  call.in = {scores.size()};
  push_bytes(call.in, scores);
  push_bytes(call.expected, weft::softmax::streaming_softmax(scores));
  return call;
}

Call random_call(std::mt19937_64& random) {
  std::vector<std::int8_t> scores(1 + random() % 128);
  const int spreads[] = {1, 8, 40, 256};
  const int spread = spreads[random() % 4];
  for (auto& x : scores) {
    const int draw = static_cast<int>(random() % static_cast<std::uint64_t>(spread));
    x = static_cast<std::int8_t>(random() % 32 == 0 ? (random() % 2 == 0 ? -128 : 127)
                                                    : draw - spread / 2);
  }
  if (random() % 4 == 0) std::sort(scores.begin(), scores.end());  // each group raises the maximum
  return of(scores);
}

TEST(StreamingInt8, IsTheModel) { compare(kKernel, random_call, 5000, 91); }
TEST(StreamingInt8Long, AHundredThousand) { compare(kKernel, random_call, 100000, 92); }

// A score's unit is ln 2 / 32, beyond int8 it saturates.
std::vector<std::int8_t> quantised(const std::vector<float>& scores) {
  const float top = *std::max_element(scores.begin(), scores.end());
  std::vector<std::int8_t> out;
  for (const float x : scores) {
    const double steps = std::rint(static_cast<double>(x - top) * 32 / std::numbers::ln2) + 127;
    out.push_back(static_cast<std::int8_t>(std::max(steps, -128.0)));
  }
  return out;
}

TEST(StreamingInt8, ScoresOfTheTrace) {
  std::vector<Call> calls;
  for (const TraceRow& row : trace_rows()) calls.push_back(of(quantised(row.scores)));
  compare(kKernel, calls);
}

}  // namespace
}  // namespace weft::hls::test
