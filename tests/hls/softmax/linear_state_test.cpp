#include "hls/softmax/linear_state.hpp"

#include "models/quant/quantised.hpp"
#include "models/softmax/linear_state.hpp"
#include "tests/hls/bench.hpp"
#include "tests/hls/trace.hpp"

namespace weft::hls::test {
namespace {

using Bytes = std::vector<std::int8_t>;

void push_row(std::vector<std::uint64_t>& words, const Bytes& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i % 8 == 0) words.push_back(0);
    words.back() |= std::uint64_t{static_cast<std::uint8_t>(row[i])} << (i % 8 * 8);
  }
}

struct Token {
  Bytes q, k, v;
};

int saturated = 0;  // outputs at an end

Call of(const std::vector<Token>& tokens, std::int32_t decay) {
  Call call;
  call.in = {static_cast<std::uint64_t>(decay) | std::uint64_t{tokens.size()} << 32};
  weft::softmax::LinearState state(tokens[0].q.size(), tokens[0].v.size());
  for (const Token& token : tokens) {
    push_row(call.in, token.q);
    push_row(call.in, token.k);
    push_row(call.in, token.v);
    for (const std::int32_t o : state.step(token.q, token.k, token.v, decay))
      call.expected.push_back(static_cast<std::uint32_t>(o));
  }
  for (const std::int32_t s : state.state()) saturated += s == INT32_MAX || s == INT32_MIN;
  return call;
}

constexpr int kWidthQk = 4;
constexpr int kWidthV = 3;
constexpr int kSteps = 64;
const auto kKernel = [](auto& in, auto& out) {
  softmax::LinearState<Types, kWidthQk, kWidthV, kSteps>::frame(in, out);
};

Call random_call(std::mt19937_64& random) {
  const bool extreme = random() % 8 == 0;  // all at an end, long, without decay: it saturates
  std::vector<Token> tokens(extreme ? kSteps : 1 + random() % 12);
  const auto fill = [&](Bytes& row, std::size_t width, bool varies) {
    row.resize(width);
    for (auto& x : row) {
      const auto any = static_cast<std::int8_t>(random());
      x = extreme && !(varies && random() % 4 == 0) ? std::int8_t{-128} : any;
    }
  };
  for (Token& token : tokens) {
    fill(token.q, kWidthQk, true);
    fill(token.k, kWidthQk, false);
    fill(token.v, kWidthV, false);
  }
  const auto any = static_cast<std::int32_t>(random() % 65537);
  return of(tokens, extreme ? 65536 : random() % 8 == 0 ? 0 : any);
}

void compare_random(int calls, std::uint64_t seed) {
  saturated = 0;
  compare(kKernel, random_call, calls, seed);
  EXPECT_GT(saturated, calls / 20) << "ranges that saturate are part of it";
}
TEST(LinearState, IsTheModel) { compare_random(2000, 101); }
TEST(LinearStateLong, AHundredThousand) { compare_random(100000, 102); }

TEST(LinearState, TokensOfTheTrace) {
  const workload::Trace& trace = weft::prune::test::minilm_trace();
  const workload::Shape& s = trace.shape;
  std::vector<Call> calls;
  for (const workload::LayerTrace& layer : trace.layers) {
    const auto bytes = [&](const std::vector<float>& tensor) {
      return weft::quant::Quantised(8, weft::quant::Granularity::head,
                                    {tensor, s.heads, s.seq_kv, s.width_qk});
    };
    const auto q = bytes(layer.q);
    const auto k = bytes(layer.k);
    const auto v = bytes(layer.v);
    const std::int64_t h = static_cast<std::int64_t>(calls.size()) % s.heads;
    std::vector<Token> tokens(static_cast<std::size_t>(kSteps));
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      const auto row = [&](const weft::quant::Quantised& x) {
        const auto r = x.row(h, static_cast<std::int64_t>(t));
        return Bytes(r.begin(), r.end());
      };
      tokens[t] = {row(q), row(k), row(v)};
    }
    calls.push_back(of(tokens, 63488));  // 31/32
  }
  compare([](auto& in, auto& out) { softmax::LinearState<Types, 32, 32, kSteps>::frame(in, out); },
          calls);
}

}  // namespace
}  // namespace weft::hls::test
