// Selections, gathers, coordinates, masks by value and extents in indices, against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "models/common/error.hpp"
#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

using test::random_tensor;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Values = std::vector<double>;
using Inputs = std::map<std::string, DenseTensor>;

Cascade parsed(const std::string& ranks, const std::string& rest) {
  return parse_cascade("description: test\nsource: test\nranks: {" + ranks + "}\n" + rest,
                       "dynamic.yaml");
}

Inputs run(const Cascade& cascade, const std::map<std::string, std::int64_t>& extents,
           const Inputs& inputs, const std::map<std::string, double>& scalars = {}) {
  return interpret(cascade, resolve_extents(cascade, extents), inputs, scalars);
}

Cascade selection() {
  return parsed("M: keys, S: kept",
                "dynamic: {S: M}\ntensors: {X: [M]}\noutputs: [T, I]\n"
                "einsums: ['T[s], I[s] = topk[m] X[m]']\n");
}

// The order of a stable sort of what is left of NaN by descending value, as numpy.argsort(-x,
// kind="stable") has it.
TEST(Dynamic, TopkIsAStableSort) {
  const Cascade cascade = selection();
  const Values x{1, kNan, 3, -0.0, 3, kInf, 0.0, -kInf, kNan, 3, kInf};
  const Values order{5, 10, 2, 4, 9, 0, 3, 6, 7, 1, 8};  // by numpy.argsort(-x, kind="stable")
  const auto extent = static_cast<std::int64_t>(x.size());
  for (std::int64_t k = 1; k <= extent; ++k) {
    const auto all = run(cascade, {{"M", extent}, {"S", k}}, {{"X", {{extent}, x}}});
    EXPECT_EQ(all.at("I").shape, std::vector<std::int64_t>{k});
    EXPECT_EQ(all.at("I").data, Values(order.begin(), order.begin() + k));
    for (std::int64_t i = 0; i < k; ++i) {
      const double value = x[static_cast<std::size_t>(order[i])];
      const double found = all.at("T").data[i];
      EXPECT_TRUE(found == value || (std::isnan(found) && std::isnan(value))) << k << " " << i;
    }
  }
}

TEST(Dynamic, AnOccupancyThatAThresholdGives) {
  const Cascade cascade = parsed(
      "M: keys, E: width, S: kept",
      "dynamic: {S: M}\ntensors: {X: [M], K: [E, M]}\noutputs: [T, I, G, Z]\nscalars: {t: 0.25}\n"
      "einsums: ['T[s], I[s] = topk[m] X[m] where X[m] >= t', 'G[e,s] = K[e,I[s]]', 'Z[e] = sum[s] "
      "G[e,s]']\n");
  const Values k{1, 2, 3, 4, 10, 20, 30, 40};
  const auto at = [&](double t, std::int64_t bound) {
    return run(cascade, {{"M", 4}, {"E", 2}, {"S", bound}},
               {{"X", {{4}, {0.25, 0.1, 0.5, kNan}}}, {"K", {{2, 4}, k}}}, {{"t", t}});
  };
  const auto two = at(0.25, 4);
  EXPECT_EQ(two.at("I").data, (Values{2, 0}));
  EXPECT_EQ(two.at("T").data, (Values{0.5, 0.25}));
  EXPECT_EQ(two.at("G").shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(two.at("G").data, (Values{3, 1, 30, 10}));
  EXPECT_EQ(two.at("Z").data, (Values{4, 40}));
  const auto bound = at(0, 1);
  EXPECT_EQ(bound.at("I").data, Values{2});
  EXPECT_EQ(bound.at("Z").data, (Values{3, 30}));
  const auto none = at(1, 4);
  EXPECT_EQ(none.at("I").shape, std::vector<std::int64_t>{0});
  EXPECT_EQ(none.at("Z").data, (Values{0, 0}));
}

// Fibres that select unlike numbers: what is not there is in no sum.
TEST(Dynamic, FibresOfUnlikeOccupancy) {
  const Cascade cascade =
      parsed("M: keys, P: queries, S: kept",
             "dynamic: {S: M}\ntensors: {X: [P, M], V: [M]}\noutputs: [I, N, Z, B]\n"
             "einsums: ['T[p,s], I[p,s] = topk[m] X[p,m] where m <= p', 'W[p,s] = V[I[p,s]]', "
             "'N[p] = sum[s] W[p,s]', 'Z[p] = max[s] T[p,s]', 'B[p,s] = T[p,s] + 1']\n");
  const auto all = run(
      cascade, {{"M", 4}, {"P", 3}, {"S", 2}},
      {{"X", {{3, 4}, {5, 9, 9, 9, 1, 2, 9, 9, 4, 4, 3, 9}}}, {"V", {{4}, {1, 10, 100, 1000}}}});
  EXPECT_EQ(all.at("I").data, (Values{0, 0, 1, 0, 0, 1}));  // [0,1] is not there
  EXPECT_EQ(all.at("N").data, (Values{1, 11, 11}));
  EXPECT_EQ(all.at("Z").data, (Values{5, 2, 4}));
  EXPECT_EQ(all.at("B").data, (Values{6, 0, 3, 2, 5, 5}));
}

TEST(Dynamic, CoordinatesOfMaximaAndMinima) {
  const Cascade cascade = parsed(
      "M: keys, P: queries",
      "tensors: {X: [P, M], V: [M]}\noutputs: [T, I, L, J, Z]\n"
      "einsums: ['T[p], I[p] = max[m] X[p,m]', 'L[p], J[p] = min[m] X[p,m]', 'Z[p] = V[I[p]]']\n");
  const auto all = run(cascade, {{"M", 4}, {"P", 3}},
                       {{"X", {{3, 4}, {1, 7, 7, 0, -kInf, -kInf, -kInf, -kInf, 2, kNan, 9, kNan}}},
                        {"V", {{4}, {1, 10, 100, 1000}}}});
  EXPECT_EQ(all.at("I").data, (Values{1, 0, 1}));  // as numpy.argmax
  EXPECT_EQ(all.at("J").data, (Values{3, 0, 1}));  // as numpy.argmin
  EXPECT_EQ(all.at("T").data[0], 7);
  EXPECT_EQ(all.at("T").data[1], -kInf);
  EXPECT_TRUE(std::isnan(all.at("T").data[2]));
  EXPECT_EQ(all.at("L").data[0], 0);
  EXPECT_EQ(all.at("Z").data, (Values{10, 1, 10}));
}

// Pages of keys, the last one cut short; a table that is an input; a gather of a gather.
TEST(Dynamic, Gathers) {
  const Cascade pages =
      parsed("M: keys, B: pages, C: places in a page, S: kept",
             "dynamic: {S: B}\ntensors: {X: [B], K: [M]}\noutputs: [G, Z]\n"
             "einsums: ['T[s], I[s] = topk[b] X[b]', 'G[s,c] = K[4*I[s]+c]', 'Z[s] = sum[c] "
             "G[s,c]']\n");
  const auto all = run(pages, {{"M", 10}, {"B", 3}, {"C", 4}, {"S", 2}},
                       {{"X", {{3}, {1, 0, 2}}}, {"K", {{10}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}}});
  EXPECT_EQ(all.at("G").data, (Values{8, 9, 0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(all.at("Z").data, (Values{17, 6}));

  const Cascade twice = parsed("M: keys, A: a, B: b",
                               "tensors: {K: [M], I: [A], J: [B]}\noutputs: [Z]\n"
                               "einsums: ['Z[b] = K[I[J[b]]]']\n");
  const auto found =
      run(twice, {{"M", 3}, {"A", 2}, {"B", 4}},
          {{"K", {{3}, {5, 6, 7}}}, {"I", {{2}, {2, 0}}}, {"J", {{4}, {0, 1, 1, 0}}}});
  EXPECT_EQ(found.at("Z").data, (Values{7, 5, 5, 7}));
  EXPECT_THROW(run(twice, {{"M", 3}, {"A", 2}, {"B", 1}},
                   {{"K", {{3}, {5, 6, 7}}}, {"I", {{2}, {0.5, 0}}}, {"J", {{1}, {0}}}}),
               ConfigError);
}

// A gather of what an affine index left out finds it missing.
TEST(Dynamic, GathersWhatIsNotThere) {
  const Cascade cascade =
      parsed("M: keys, B: b",
             "tensors: {K: [M], J: [B]}\noutputs: [Z]\n"
             "einsums: ['L[m] = K[m-2]', 'G[b] = L[J[b]]', 'Z[] = max[b] G[b]']\n");
  const auto all =
      run(cascade, {{"M", 4}, {"B", 3}}, {{"K", {{4}, {-5, -6, -7, -8}}}, {"J", {{3}, {0, 3, 1}}}});
  EXPECT_EQ(all.at("Z").data, Values{-6});  // not 0 of the two that are not there
}

// A mask that is a tensor, one of a value and a coordinate, one of equality; NaN behind the first
// changes nothing that is seen.
TEST(Dynamic, MasksByValue) {
  const Cascade cascade = parsed(
      "M: keys, P: queries",
      "tensors: {X: [M, P], W: [M, P], V: [M], L: [P]}\noutputs: [Z, Y, D, G]\n"
      "scalars: {t: 0.5}\n"
      "einsums: ['S[m,p] = X[m,p] where W[m,p] != 0 else -inf', 'N[m,p] = exp(S[m,p])', "
      "'Z[p] = N[m,p] * V[m]', 'Y[m,p] = X[m,p] where 2*m < L[p] + 0.5 else 7', "
      "'D[m,p] = X[m,p] where m != p else 0', 'G[m,p] = X[m,p] where X[m,p] >= 3*t - 0.25 else "
      "-1']\n");
  const auto all = run(cascade, {{"M", 3}, {"P", 2}},
                       {{"X", {{3, 2}, {0, 0, 0, 1.25, 0, 1.5}}},
                        {"W", {{3, 2}, {1, 0, 0, -2, 0, 0.5}}},
                        {"V", {{3}, {2, 3, kNan}}},
                        {"L", {{2}, {2, 1.5}}}});
  EXPECT_EQ(all.at("S").data, (Values{0, -kInf, -kInf, 1.25, -kInf, 1.5}));
  EXPECT_EQ(all.at("Z").data[0], 2);  // key 2 is hidden, and NaN
  EXPECT_TRUE(std::isnan(all.at("Z").data[1]));
  EXPECT_EQ(all.at("Y").data, (Values{0, 0, 0, 7, 7, 7}));  // 2m < 2.5, 2m < 2
  EXPECT_EQ(all.at("D").data, (Values{0, 0, 0, 0, 0, 1.5}));
  EXPECT_EQ(all.at("G").data, (Values{-1, -1, -1, 1.25, -1, 1.5}));
}

// A window that looks back over W keys, its own last: what lies before the first key is outside.
TEST(Dynamic, ExtentsInIndices) {
  const std::string text =
      "tensors: {Q: [E, P], K: [E, M], V: [F, M]}\noutputs: [AV]\n"
      "einsums: ['QK[p,w] = Q[e,p] * K[e,WINDOW]', 'GM[p] = max[w] QK[p,w]', "
      "'SN[p,w] = exp(QK[p,w] - GM[p])', 'SD[p] = sum[w] SN[p,w]', 'A[p,w] = SN[p,w] / SD[p]', "
      "'AV[f,p] = A[p,w] * V[f,WINDOW]']\n";
  const auto with = [&](const std::string& index) {
    std::string filled = text;
    for (std::size_t at = 0; (at = filled.find("WINDOW", at)) != std::string::npos;)
      filled.replace(at, 6, index);
    return parsed("E: width, F: width, M: keys, P: queries, W: window", filled);
  };
  const Cascade extents = with("p+w-W+1");
  const Cascade ends = with("p+w+M-P-W+1");
  std::mt19937_64 random(5);
  for (const std::int64_t window : {1, 3, 8, 12}) {
    const std::map<std::string, std::int64_t> sizes{
        {"E", 3}, {"F", 2}, {"M", 9}, {"P", 9}, {"W", window}};
    const Inputs inputs{{"Q", random_tensor({3, 9}, random)},
                        {"K", random_tensor({3, 9}, random)},
                        {"V", random_tensor({2, 9}, random)}};
    const Values expected =
        run(with("p+w-" + std::to_string(window - 1)), sizes, inputs).at("AV").data;
    EXPECT_EQ(run(extents, sizes, inputs).at("AV").data, expected);
    EXPECT_EQ(run(ends, sizes, inputs).at("AV").data, expected);
    for (std::int64_t p = 0; p < 9; ++p) {
      double sum = 0;
      double value = 0;
      for (std::int64_t m = std::max<std::int64_t>(0, p - window + 1); m <= p; ++m) {
        double score = 0;
        for (std::int64_t e = 0; e < 3; ++e)
          score += inputs.at("Q").data[e * 9 + p] * inputs.at("K").data[e * 9 + m];
        sum += std::exp(score);
        value += std::exp(score) * inputs.at("V").data[m];
      }
      EXPECT_NEAR(expected[p], value / sum, 1e-12) << window << " " << p;
    }
  }
}

// attention-pruned by plain loops.
struct Pruned {
  std::int64_t h, e, f, m, p, n;
  double at(const Inputs& in, const char* name, std::int64_t i, std::int64_t j,
            std::int64_t k) const {
    const DenseTensor& t = in.at(name);
    return t.data[(i * t.shape[1] + j) * t.shape[2] + k];
  }
  // Probabilities [m][p] of head `head`, over the given keys.
  std::vector<Values> softmax(const Inputs& in, const char* q, const char* k, std::int64_t head,
                              const std::vector<std::int64_t>& keys, std::int64_t queries,
                              double scale) const {
    std::vector<Values> out(keys.size(), Values(queries, 0));
    for (std::int64_t x = 0; x < queries; ++x) {
      double sum = 0;
      for (std::size_t i = 0; i < keys.size(); ++i) {
        double score = 0;
        for (std::int64_t y = 0; y < e; ++y)
          score += at(in, q, head, y, x) * at(in, k, head, y, keys[i]);
        out[i][x] = std::exp(scale * score);
        sum += out[i][x];
      }
      for (Values& row : out) row[x] /= sum;
    }
    return out;
  }
};

TEST(Dynamic, PrunedAttention) {
  const Cascade cascade = test::shipped("attention-pruned");
  std::mt19937_64 random(11);
  const Pruned size{2, 4, 3, 13, 5, 6};
  const double scale = 0.5;
  for (const std::int64_t kept : {1, 2, 7, 13}) {
    Inputs in{{"Q", random_tensor({2, 4, 5}, random)},   {"K", random_tensor({2, 4, 13}, random)},
              {"V", random_tensor({2, 3, 13}, random)},  {"NQ", random_tensor({2, 4, 6}, random)},
              {"NK", random_tensor({2, 4, 13}, random)}, {"NV", random_tensor({2, 3, 13}, random)},
              {"CI", random_tensor({13}, random)}};
    const auto all =
        run(cascade, {{"H", 2}, {"E", 4}, {"F", 3}, {"M", 13}, {"P", 5}, {"N", 6}, {"S", kept}}, in,
            {{"scale", scale}});
    std::vector<std::int64_t> tokens(13);
    std::iota(tokens.begin(), tokens.end(), 0);
    Values importance = in.at("CI").data;
    for (std::int64_t h = 0; h < 2; ++h) {
      const auto a = size.softmax(in, "Q", "K", h, tokens, 5, scale);
      for (std::int64_t m = 0; m < 13; ++m)
        importance[m] += std::accumulate(a[m].begin(), a[m].end(), 0.0);
    }
    std::stable_sort(tokens.begin(), tokens.end(),
                     [&](std::int64_t a, std::int64_t b) { return importance[a] > importance[b]; });
    tokens.resize(kept);
    ASSERT_EQ(all.at("I").data, Values(tokens.begin(), tokens.end()));
    int compared = 0;
    for (std::int64_t h = 0; h < 2; ++h) {
      const auto a = size.softmax(in, "NQ", "NK", h, tokens, 6, scale);
      for (std::int64_t f = 0; f < 3; ++f) {
        for (std::int64_t n = 0; n < 6; ++n, ++compared) {
          double value = 0;
          for (std::int64_t s = 0; s < kept; ++s)
            value += a[s][n] * size.at(in, "NV", h, f, tokens[s]);
          EXPECT_NEAR(all.at("NAV").data[(h * 3 + f) * 6 + n], value, 1e-12);
        }
      }
    }
    EXPECT_EQ(compared, 36);
  }
}

}  // namespace
}  // namespace weft::einsum
