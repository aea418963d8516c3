// weft_linear_state against softmax::LinearState, bit for bit, and its cycles by hand, under stalls
// of both sides.
#include <Vstate_1x9.h>
#include <Vstate_40x8.h>
#include <Vstate_4x3.h>
#include <gtest/gtest.h>

#include <limits>

#include "models/softmax/linear_state.hpp"
#include "tests/common/seed.hpp"
#include "tests/softmax/word_rows.hpp"

namespace weft::test {
namespace {

using Bytes = std::vector<std::int8_t>;

template <class M, std::size_t qk, std::size_t v>
struct Variant {
  using Model = M;
  static constexpr std::size_t kQk = qk;
  static constexpr std::size_t kV = v;
  static constexpr std::size_t words(std::size_t width) { return (width + 7) / 8; }
  static constexpr std::size_t kWords = 2 * words(qk) + words(v);
};

struct Token {
  bool fresh = false;
  std::int32_t decay = 0;
  std::vector<std::uint64_t> words;
  std::vector<std::int32_t> outputs;
};

enum Bin : std::size_t {
  kStateHighest,
  kStateLowest,
  kOutputSaturates,
  kNoDecay,
  kAllForgotten,
  kOneToken
};

template <class V>
class LinearState : public testing::Test {
 protected:
  LinearState() : seed_(seed_or(98)), random_(seed_), dut_(seed_) {}

  // Any values, or all at an end.
  Bytes bytes(std::size_t width, bool extreme, std::int8_t end = -128) {
    Bytes row(width);
    for (auto& x : row) x = extreme ? end : static_cast<std::int8_t>(random_());
    return row;
  }

  void push_words(Token& token, const Bytes& row) {
    for (std::size_t i = 0; i < row.size(); i += 8) {
      std::uint64_t word = random_();  // beyond the row
      for (std::size_t j = i; j < std::min(i + 8, row.size()); ++j)
        set_port_bits(word, (j - i) * 8, 8, static_cast<std::uint8_t>(row[j]));
      token.words.push_back(word);
    }
  }

  // A sequence of tokens from a fresh state: any, or all at an end and long, so that it saturates.
  void add_sequence(Bins& bins) {
    const bool extreme = random_() % 8 == 0;
    const bool falls = random_() % 2 == 0;
    const std::size_t count = extreme ? 64 : 1 + random_() % 6;
    const auto any = static_cast<std::int32_t>(random_() % 65537);
    const std::int32_t decay = extreme ? 65536 : random_() % 8 == 0 ? 0 : any;
    softmax::LinearState state(V::kQk, V::kV);
    for (std::size_t t = 0; t < count; ++t) {
      Token token{.fresh = t == 0, .decay = decay, .words = {}, .outputs = {}};
      const Bytes q = bytes(V::kQk, extreme && t % 4 != 0);
      const Bytes k = bytes(V::kQk, extreme);
      const Bytes v = bytes(V::kV, extreme, falls ? 127 : -128);
      for (const Bytes* row : {&q, &k, &v}) push_words(token, *row);
      token.outputs = state.step(q, k, v, decay);
      for (const std::int32_t o : token.outputs)
        bins.hit(kOutputSaturates, o == std::numeric_limits<std::int32_t>::min() ||
                                       o == std::numeric_limits<std::int32_t>::max());
      tokens_.push_back(std::move(token));
    }
    for (const std::int32_t s : state.state()) {
      bins.hit(kStateHighest, s == std::numeric_limits<std::int32_t>::max());
      bins.hit(kStateLowest, s == std::numeric_limits<std::int32_t>::min());
    }
    bins.hit(kNoDecay, decay == 65536);
    bins.hit(kAllForgotten, decay == 0);
    bins.hit(kOneToken, count == 1);
  }

  Flow run(Stalls stalls) {
    pulse_reset(dut_);
    const auto put = [this](std::size_t i) {
      const Token& token = tokens_[i / V::kWords];
      const bool first = i % V::kWords == 0;
      dut_->in_word_i = token.words[i % V::kWords];
      dut_->in_fresh_i = first ? token.fresh : random_() & 1;
      dut_->in_decay_i = first ? static_cast<unsigned>(token.decay) : random_() % 65537;
    };
    const auto get = [this](std::size_t i) {
      const Token& token = tokens_[i / V::kV];
      ASSERT_EQ(static_cast<std::int32_t>(dut_->out_value_o), token.outputs[i % V::kV])
          << "token " << i / V::kV << " output " << i % V::kV;
      ASSERT_EQ(dut_->out_last_o, i % V::kV == V::kV - 1);
    };
    return flow_through(dut_, stalls, seed_, tokens_.size() * V::kWords, tokens_.size() * V::kV,
                        put, get);
  }

  void check(std::size_t tokens, Stalls stalls, Bins& bins) {
    SCOPED_TRACE(name_of(stalls));
    tokens_.clear();
    while (tokens_.size() < tokens) add_sequence(bins);
    const Flow flow = run(stalls);
    ASSERT_EQ(flow.given.size(), tokens_.size() * V::kV);
    if (HasFatalFailure() || stalls != Stalls::none) return;
    // By hand: the words, the rows, four cycles more, a value a cycle; the next token's words come
    // as the first value leaves, and its values wait for the last of these.
    std::int64_t from = 0;
    std::int64_t free = 0;
    constexpr auto kWords = static_cast<std::int64_t>(V::kWords);
    constexpr auto kValues = static_cast<std::int64_t>(V::kV);
    for (std::size_t t = 0; t < tokens_.size(); ++t) {
      const std::int64_t leaves =
          std::max(from + kWords + static_cast<std::int64_t>(V::kQk) + 4, free);
      for (std::int64_t w = 0; w < kWords; ++w)
        ASSERT_EQ(flow.taken[t * V::kWords + static_cast<std::size_t>(w)], from + w) << t;
      for (std::int64_t f = 0; f < kValues; ++f)
        ASSERT_EQ(flow.given[t * V::kV + static_cast<std::size_t>(f)], leaves + f) << t;
      from = leaves;
      free = leaves + kValues;
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<Token> tokens_;
};

using Variants = testing::Types<Variant<Vstate_4x3, 4, 3>, Variant<Vstate_1x9, 1, 9>,
                                Variant<Vstate_40x8, 40, 8>>;
TYPED_TEST_SUITE(LinearState, Variants);

TYPED_TEST(LinearState, IsTheModelInItsCycles) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"the state's highest", "the state's lowest", "an output at its end", "no decay",
             "all forgotten", "a single token"});
  for (const Stalls stalls : kAllStalls) {
    this->check(3000, stalls, bins);
    if (this->HasFatalFailure()) return;
  }
  if (TypeParam::kQk <= 32) bins.hit(kOutputSaturates);  // 32 rows of them end within 32 bits
  bins.expect_all_hit();
}

TYPED_TEST(LinearState, AResetDropsATokenAndItsOutputs) {
  Bins bins(std::vector<std::string>(6, "any"));
  auto& dut = this->dut_;
  pulse_reset(dut);
  dut->out_ready_i = 0;
  dut->in_valid_i = 1;
  dut->in_fresh_i = 1;
  dut->in_decay_i = 65536;
  for (std::size_t cycle = 0; cycle < 3 * (TypeParam::kWords + TypeParam::kQk + 6); ++cycle) {
    dut.settle();
    dut.tick();
  }
  dut.settle();
  ASSERT_EQ(dut->out_valid_o, 1);
  this->check(20, Stalls::none, bins);
}

template <class V>
class LinearStateLong : public LinearState<V> {};
TYPED_TEST_SUITE(LinearStateLong, Variants);

TYPED_TEST(LinearStateLong, AHundredThousandTokens) {
  Bins bins(std::vector<std::string>(6, "any"));
  for (const Stalls stalls : kAllStalls) {
    this->check(20'000, stalls, bins);
    if (this->HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace weft::test
