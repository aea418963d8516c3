#include "hls/prune/survivors.hpp"

#include "models/prune/survivors.hpp"
#include "tests/hls/bench.hpp"
#include "tests/hls/trace.hpp"

namespace weft::hls::test {
namespace {

constexpr int kMost = 256;
constexpr int kBits = 48;
const auto kKernel = [](auto& in, auto& out) {
  prune::Survivors<Types, kMost, kBits>::frame(in, out);
};

// Prunes `tokens` in `layer`, and says what the kernel is to do.
Call prune_in(weft::prune::Tokens& tokens, std::int64_t layer, std::int64_t kept,
              std::int64_t recent, std::uint64_t seed) {
  const auto count = static_cast<std::uint64_t>(tokens.count());
  Call call;
  call.in = {
      count | static_cast<std::uint64_t>(kept) << 16 | static_cast<std::uint64_t>(recent) << 32,
      seed};
  for (std::int64_t i = 0; i < tokens.count(); ++i)
    call.in.push_back(static_cast<std::uint64_t>(tokens.importance(i)));
  for (const std::int64_t i : tokens.alive(layer))
    call.in[static_cast<std::size_t>(i) + 2] |= std::uint64_t{1} << 63;
  const auto found = tokens.prune(layer, kept, seed, recent);
  call.expected = {found.rounds.size() | static_cast<std::uint64_t>(found.ties) << 16 |
                       static_cast<std::uint64_t>(found.passes) << 32,
                   static_cast<std::uint64_t>(found.threshold)};
  call.expected.resize(2 + (count + 63) / 64);
  for (const std::int64_t i : tokens.alive(layer))
    call.expected[2 + static_cast<std::size_t>(i) / 64] |= std::uint64_t{1} << (i % 64);
  return call;
}

// A decoder's steps, as in the model's test: importances grow, layers prune, a token comes.
class Decoder {
 public:
  Call operator()(std::mt19937_64& random) {
    if (layer_ == 4) {
      layer_ = 1;
      tokens_.append();
    }
    if (tokens_.count() > kMost || tokens_.alive(3).size() < 2 || random() % 50 == 0)
      tokens_ = weft::prune::Tokens(static_cast<std::int64_t>(1 + random() % kMost), 4);
    const std::int64_t most = random() % 3 == 0 ? (std::int64_t{1} << 40) : 5;
    for (const std::int64_t i : tokens_.alive(layer_)) {
      const auto more = static_cast<std::int64_t>(random()) & (most - 1);
      tokens_.set_importance(i, (tokens_.importance(i) + more) & ((std::int64_t{1} << kBits) - 1));
    }
    const auto kept =
        static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(tokens_.count() + 2));
    const auto recent = static_cast<std::int64_t>(random() % 4 == 0 ? random() % 20 : random() % 3);
    return prune_in(tokens_, layer_++, kept, recent, random());
  }

 private:
  weft::prune::Tokens tokens_{100, 4};
  std::int64_t layer_ = 1;
};

TEST(Survivors, IsTheModel) { compare(kKernel, Decoder(), 2000, 61); }
TEST(SurvivorsLong, AHundredThousand) { compare(kKernel, Decoder(), 100000, 62); }

// Importances of the trace's own tokens, layer after layer.
TEST(Survivors, TokensOfTheTrace) {
  const workload::Trace& trace = weft::prune::test::minilm_trace();
  const auto layers = static_cast<std::int64_t>(trace.layers.size());
  weft::prune::AttentionOptions options;
  weft::prune::Tokens tokens(trace.shape.seq_kv, layers);
  std::vector<Call> calls;
  for (std::int64_t layer = 0; layer + 1 < layers; ++layer) {
    const weft::prune::test::WholeLayer x(trace, static_cast<std::size_t>(layer), options);
    const auto outcome = run_layer(x.operands, x.shape, options);
    for (std::int64_t i = 0; i < tokens.count(); ++i) {
      tokens.set_importance(i,
                            tokens.importance(i) + outcome.importance[static_cast<std::size_t>(i)]);
    }
    calls.push_back(prune_in(tokens, layer + 1, 100 - 18 * layer, 1, 7));
  }
  EXPECT_EQ(tokens.alive(layers - 1).size(), 28u);
  compare(kKernel, calls);
}

}  // namespace
}  // namespace weft::hls::test
