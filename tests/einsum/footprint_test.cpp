// Live footprints of one nest of loops: by hand, and against loops that are run and elements that
// are counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "models/einsum/analysis.hpp"
#include "models/einsum/graph.hpp"
#include "models/einsum/load.hpp"
#include "tests/common/seed.hpp"
#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

using test::shipped;

std::int64_t live(const Cascade& cascade, const std::map<std::string, std::int64_t>& extents,
                  const std::string& name) {
  const LiveFootprint footprint =
      live_footprint(cascade, analyse_passes(cascade), resolve_extents(cascade, extents));
  return footprint.tensors.at(static_cast<std::size_t>(cascade.tensor(name))).live_elements;
}

std::string order(const Cascade& cascade, const std::map<std::string, std::int64_t>& extents) {
  std::string text;
  for (const RankId rank :
       live_footprint(cascade, analyse_passes(cascade), resolve_extents(cascade, extents)).order)
    text += (text.empty() ? "" : ",") + cascade.ranks[rank].variable;
  return text;
}

TEST(Footprint, ThreePassKeepsWholeFibres) {
  const Cascade three = shipped("attention-3pass");
  const std::map<std::string, std::int64_t> extents{{"E", 8}, {"F", 8}, {"M", 1000}, {"P", 64}};
  EXPECT_EQ(order(three, extents).substr(0, 1), "p");
  EXPECT_EQ(live(three, extents, "QK"), 1000);  // used in pass 1 and in pass 2
  EXPECT_EQ(live(three, extents, "SN"), 1000);
  EXPECT_EQ(live(three, extents, "A"), 1);  // made and used in pass 3
  EXPECT_EQ(live(three, extents, "GM"), 1);
  EXPECT_EQ(live(three, extents, "AV"), 8);    // sums of one query, over the keys
  EXPECT_EQ(live(three, extents, "K"), 8000);  // each query needs them again
}

TEST(Footprint, OnePassKeepsOneTileWhateverTheLength) {
  const Cascade one = shipped("attention-1pass");
  // Few keys: they stay, and one query after the other has its state of its own.
  const std::map<std::string, std::int64_t> few{
      {"E", 8}, {"F", 8}, {"M", 40}, {"M0", 16}, {"P", 1000}};
  EXPECT_EQ(order(one, few).substr(0, 4), "p,m1");
  EXPECT_EQ(live(one, few, "BQK"), 16);
  EXPECT_EQ(live(one, few, "SLN"), 1);
  EXPECT_EQ(live(one, few, "RM"), 2);  // PRM needs two generations at once
  EXPECT_EQ(live(one, few, "RD"), 1);
  // Many keys: the queries stay, and with them their state.
  for (const std::int64_t keys : {1000, 100'000}) {
    const std::map<std::string, std::int64_t> many{
        {"E", 8}, {"F", 8}, {"M", keys}, {"M0", 16}, {"P", 64}};
    EXPECT_EQ(order(one, many).substr(0, 4), "m1,p");
    EXPECT_EQ(live(one, many, "BQK"), 16);
    EXPECT_EQ(live(one, many, "RM"), 65);  // a generation, and the first query of the next
    EXPECT_EQ(live(one, many, "RD"), 64);
    EXPECT_EQ(live(one, many, "RNV"), 64 * 8);
  }
}

TEST(Footprint, TwoPassKeepsOneOfEachPartition) {
  const Cascade two = shipped("attention-2pass");
  const std::map<std::string, std::int64_t> extents{
      {"E", 8}, {"F", 8}, {"M", 1000}, {"M0", 16}, {"P", 64}};
  EXPECT_EQ(live(two, extents, "LM"),
            63);  // ceil(1000 / 16) partitions wait for the global maximum
  EXPECT_EQ(live(two, extents, "SLD"), 63);
  EXPECT_EQ(live(two, extents, "BQK"), 16);
}

Cascade over(const std::string& ranks, const std::string& rest) {
  return parse_cascade("description: test\nsource: test\nranks: {" + ranks + "}\n" + rest,
                       "footprint.yaml");
}

// The state of linear attention is E × F: an order that keeps less of it keeps the keys or the
// queries instead.
TEST(Footprint, LinearAttentionKeepsItsState) {
  const std::string ranks = "E: width, F: width, M: keys, P: queries";
  const std::string inputs = "tensors: {Q: [E, P], K: [E, M], V: [F, M]}\noutputs: [O]\n";
  const std::map<std::string, std::int64_t> extents{{"E", 8}, {"F", 4}, {"M", 100}, {"P", 60}};
  const Cascade plain = over(
      ranks, inputs + "einsums:\n  - KV[e,f] = K[e,m] * V[f,m]\n  - O[f,p] = Q[e,p] * KV[e,f]\n");
  EXPECT_EQ(live(plain, extents, "KV"), 8 * 4);
  const Cascade divided = over(
      ranks,
      inputs +
          "einsums:\n  - KF[e,m] = exp(K[e,m])\n  - KV[e,f] = KF[e,m] * V[f,m]\n  - KS[e] = sum[m] "
          "KF[e,m]\n"
          "  - D[p] = Q[e,p] * KS[e]\n  - N[f,p] = Q[e,p] * KV[e,f]\n  - O[f,p] = N[f,p] / D[p]\n");
  EXPECT_EQ(live(divided, extents, "KV"), 8 * 4);
  EXPECT_EQ(live(divided, extents, "KS"), 8);
  const Cascade steps =
      over("E: width, F: width, M: steps",
           "tensors: {Q: [E, M], K: [E, M], V: [F, M]}\noutputs: [O]\ninitial: {S: 0}\neinsums:\n"
           "  - S[m+1,e,f] = 0.9 * S[m,e,f] + K[e,m] * V[f,m]\n  - O[f,m] = Q[e,m] * S[m+1,e,f]\n");
  EXPECT_EQ(live(steps, {{"E", 8}, {"F", 4}, {"M", 100}}, "S"), 8 * 4);
}

TEST(Footprint, TheDeltaRuleKeepsItsStateAndNoMore) {
  const Cascade cascade =
      over("E: width, M: steps",
           "tensors: {K: [E, M], Q: [E, M]}\noutputs: [Z]\ninitial: {N: 1}\neinsums:\n"
           "  - Y[m] = N[m,e] * K[e,m]\n  - N[m+1,e] = N[m,e] - Y[m] * K[e,m]\n  - Z[m] = N[m+1,e] "
           "* Q[e,m]\n");
  EXPECT_EQ(order(cascade, {{"E", 8}, {"M", 100}}), "m,e");
  EXPECT_EQ(live(cascade, {{"E", 8}, {"M", 100}}, "N"), 8);
  EXPECT_EQ(live(cascade, {{"E", 8}, {"M", 100}}, "Y"), 1);
}

// A window of 16 needs 16 elements, wherever it lies, since its producer need not run ahead; two
// windows what they span.
TEST(Footprint, AWindowNeedsWhatItSpans) {
  const auto window = [](const std::string& reads) {
    return over(
        "P: positions, W: window",
        "tensors: {A: [P]}\noutputs: [Z]\neinsums:\n  - X[p] = exp(A[p])\n  - Z[p] = sum[w] " +
            reads + "\n");
  };
  const std::map<std::string, std::int64_t> extents{{"P", 500}, {"W", 16}};
  for (const char* at : {"X[p+w]", "X[p+w-15]", "X[p+w-7]", "X[p-w]", "X[p+w+3]", "X[p+w-40]"})
    EXPECT_EQ(live(window(at), extents, "X"), 16) << at;
  EXPECT_EQ(live(window("X[p+w-15] * X[p]"), extents, "X"), 16);
  EXPECT_EQ(live(window("X[p+w] * X[p-3]"), extents, "X"), 19);
  const Cascade pooled = over("M: positions, P: windows, W: window",
                              "tensors: {A: [M]}\noutputs: [Z]\neinsums:\n  - X[m] = exp(A[m])\n  "
                              "- Z[p] = max[w] X[2*p+w]\n");
  EXPECT_EQ(live(pooled, {{"M", 500}, {"P", 200}, {"W", 5}}, "X"), 5);
  const Cascade plane = over("X: columns, Y: rows, U: window, V: window",
                             "tensors: {A: [Y, X]}\noutputs: [Z]\neinsums:\n  - B[y,x] = "
                             "exp(A[y,x])\n  - Z[y,x] = sum[v,u] B[y+v,x+u]\n");
  EXPECT_EQ(live(plane, {{"X", 30}, {"Y", 90}, {"U", 3}, {"V", 3}}, "B"),
            2 * 30 + 3);  // two rows and three
}

// Runs the loops: every point of every Einsum has its moment (for each loop, from the outermost:
// the pass and the position, or the end of the pass for an Einsum that does not run along it; then
// its place in the program, reads before writes). An element is live from its first write, an input
// from its first read, to its last read, an output to its last write.
class Nest {
 public:
  using Moment = std::vector<std::int64_t>;

  Nest(const Cascade& cascade, const Extents& extents)
      : cascade_(cascade), extents_(extents), passes_(analyse_passes(cascade)) {}

  std::vector<std::int64_t> held(const std::vector<RankId>& loops) const {
    std::vector<std::map<Moment, std::pair<Moment, Moment>>> lives(
        cascade_.tensors.size());  // by tensor, element
    for (EinsumId e = 0; e < static_cast<EinsumId>(cascade_.einsums.size()); ++e) {
      Moment at(cascade_.ranks.size(), 0);
      const std::function<void(std::size_t)> walk = [&](std::size_t i) {
        const Einsum& einsum = cascade_.einsums[e];
        if (i < einsum.iteration.size()) {
          for (at[einsum.iteration[i]] = 0; at[einsum.iteration[i]] < extents_[einsum.iteration[i]];
               ++at[einsum.iteration[i]])
            walk(i + 1);
          return;
        }
        if (is_padding(at, einsum)) return;
        for (const Access& access : einsum.inputs)
          touch(lives, access, at, moment(e, at, loops, 0));
        touch(lives, einsum.outputs[0], at, moment(e, at, loops, 1));
      };
      walk(0);
    }
    std::vector<std::int64_t> most;
    for (const auto& elements : lives) {
      std::map<Moment, std::int64_t> changes;
      for (const auto& [element, life] : elements) {
        ++changes[life.first];
        Moment after = life.second;
        after.push_back(0);  // just behind it
        --changes[after];
      }
      std::int64_t now = 0;
      std::int64_t held = 1;
      for (const auto& [when, change] : changes) held = std::max(held, now += change);
      most.push_back(held);
    }
    return most;
  }

 private:
  bool is_padding(const Moment& at, const Einsum& einsum) const {
    for (RankId base = 0; base < static_cast<RankId>(cascade_.ranks.size()); ++base) {
      const auto& parts = cascade_.ranks[base].parts;
      if (parts.size() == 2 && einsum.iterates(parts[0]) && einsum.iterates(parts[1]) &&
          at[parts[0]] * extents_[parts[1]] + at[parts[1]] >= extents_[base])
        return true;
    }
    return false;
  }

  void touch(std::vector<std::map<Moment, std::pair<Moment, Moment>>>& lives, const Access& access,
             const Moment& at, const Moment& when) const {
    Moment element;
    for (std::size_t d = 0; d < access.indices.size(); ++d) {
      const Index& index = access.indices[d];
      std::int64_t x = index.last_generation
                           ? extents_[cascade_.tensors[access.tensor].dimensions[d].rank]
                           : index.constant;
      for (const Index::Term& term : index.terms)
        x = index.composite ? x * extents_[term.rank] + at[term.rank] : x + at[term.rank];
      if (cascade_.tensors[access.tensor].dimensions[d].generational && x == 0)
        return;  // the initial value
      element.push_back(x);
    }
    auto [place, made] =
        lives[static_cast<std::size_t>(access.tensor)].try_emplace(element, when, when);
    place->second.first = std::min(place->second.first, when);
    place->second.second = std::max(place->second.second, when);
  }

  // Where an Einsum stands that does not run along a loop: at the end of a pass, the last that its
  // readers allow.
  std::int64_t stands(EinsumId e, RankId loop) const {
    if (cascade_.einsums[e].iterates(loop)) return 2 * passes_.pass[e][loop];
    std::int64_t last = INT64_MAX;
    for (const Dependency& edge : dependencies(cascade_)) {
      if (edge.writer != e || edge.reader <= e) continue;
      const std::int64_t reader = stands(edge.reader, loop);
      last = std::min(last, reader % 2 == 0 ? reader - 1 : reader);
    }
    const std::int64_t own = 2 * passes_.pass[e][loop] + 1;
    return last == INT64_MAX ? own : std::max(own, last);
  }

  Moment moment(EinsumId e, const Moment& at, const std::vector<RankId>& loops,
                std::int64_t writes) const {
    Moment when;
    for (const RankId loop : loops) {
      const auto key = std::pair{e, loop};
      if (!stands_.contains(key)) stands_[key] = stands(e, loop);
      when.push_back(stands_[key]);
      when.push_back(cascade_.einsums[e].iterates(loop) ? at[loop] : 0);
    }
    when.push_back(e);
    when.push_back(writes);
    return when;
  }

  const Cascade& cascade_;
  const Extents& extents_;
  PassAnalysis passes_;
  mutable std::map<std::pair<EinsumId, RankId>, std::int64_t> stands_;
};

// Random sums of products, reductions, exponentials and scans over four ranks.
Cascade random_cascade(std::mt19937_64& random) {
  struct Known {
    std::string name;
    std::string ranks;
  };
  std::vector<Known> known{{"Q", "ep"}, {"K", "em"}, {"V", "fm"}};
  std::string lines;
  std::string initial;
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  const auto list = [](const std::string& ranks) {
    std::string text;
    for (const char r : ranks) text += (text.empty() ? "" : ",") + std::string(1, r);
    return ranks.empty() ? "" : "[" + text + "]";
  };
  std::set<std::string> unread{"Q", "K", "V"};
  const std::size_t count = 3 + pick(5);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "T" + std::to_string(i);
    const Known a = known[pick(known.size())];
    const Known b = known[pick(known.size())];
    std::string all = a.ranks;
    for (const char r : b.ranks) all += all.find(r) == std::string::npos ? std::string(1, r) : "";
    if (all.size() > 3 || all.empty()) continue;
    const std::size_t m = a.ranks.find('m');
    if (pick(5) == 0 && m != std::string::npos) {
      std::string left = list(a.ranks);
      left.replace(left.find('m'), 1, "m+1");
      std::string last = list(a.ranks);
      last.replace(last.find('m'), 1, "M");
      std::string rest = a.ranks;
      rest.erase(m, 1);
      lines += "  - S" + name + left + " = S" + name + list(a.ranks) + " + " + a.name +
               list(a.ranks) + "\n";
      const bool end = pick(2) == 0;
      lines += "  - " + name + list(end ? rest : a.ranks) + " = 2 * S" + name +
               (end ? last : left) + "\n";
      initial += (initial.empty() ? "" : ", ") + std::string("S") + name + ": 0";
      known.push_back({name, end ? rest : a.ranks});
      unread.erase(a.name);
    } else {
      std::string keep;
      for (const char r : all) keep += pick(3) > 0 ? std::string(1, r) : "";
      lines += "  - " + name + list(keep) + " = " + a.name + list(a.ranks) +
               (pick(2) == 0 ? " * " : " + ") + b.name + list(b.ranks) + "\n";
      known.push_back({name, keep});
      unread.erase(a.name);
      unread.erase(b.name);
    }
    unread.insert(name);
  }
  std::string inputs;
  for (const auto& [name, ranks] : {std::pair{"Q", "[E, P]"}, {"K", "[E, M]"}, {"V", "[F, M]"}}) {
    if (unread.erase(name) == 0)
      inputs += (inputs.empty() ? "" : ", ") + std::string(name) + ": " + ranks;
  }
  std::string outputs;
  for (const std::string& name : unread) outputs += (outputs.empty() ? "" : ", ") + name;
  return over("E: width, F: width, M: keys, P: queries",
              "tensors: {" + inputs + "}\noutputs: [" + outputs + "]\n" +
                  (initial.empty() ? "" : "initial: {" + initial + "}\n") + "einsums:\n" + lines);
}

void expect_as_run(const Cascade& cascade, const Extents& extents, std::mt19937_64& random) {
  const LiveFootprint footprint = live_footprint(cascade, analyse_passes(cascade), extents);
  const Nest nest(cascade, extents);
  const std::vector<std::int64_t> held = nest.held(footprint.order);
  std::int64_t total = 0;
  for (std::size_t t = 0; t < held.size(); ++t) {
    ASSERT_EQ(footprint.tensors[t].live_elements, held[t]) << cascade.tensors[t].name;
    total += held[t];
  }
  ASSERT_EQ(footprint.total_elements, total);
  // No other order keeps less.
  for (int i = 0; i < 12; ++i) {
    std::vector<RankId> other = footprint.order;
    std::shuffle(other.begin(), other.end(), random);
    bool nested = true;
    for (const Rank& rank : cascade.ranks) {
      if (rank.parts.size() == 2)
        nested = nested && std::find(other.begin(), other.end(), rank.parts[0]) <
                               std::find(other.begin(), other.end(), rank.parts[1]);
    }
    if (!nested) continue;
    const std::vector<std::int64_t> others = nest.held(other);
    ASSERT_LE(total, std::accumulate(others.begin(), others.end(), std::int64_t{0}));
  }
}

TEST(FootprintByEnumeration, OfShippedCascades) {
  std::mt19937_64 random(5);
  for (const char* name : {"attention-3pass", "attention-3pass-deferred-division",
                           "attention-2pass", "attention-1pass", "matmul"}) {
    const Cascade cascade = shipped(name);
    for (int i = 0; i < 3; ++i) {
      SCOPED_TRACE(name);
      std::map<std::string, std::int64_t> extents;
      for (const Rank& rank : cascade.ranks) {
        if (rank.base == kNone) extents[rank.name] = 2 + static_cast<std::int64_t>(random() % 4);
      }
      if (cascade.rank("M0") != kNone) {
        extents["M"] = 6;  // whole partitions: padding is in nobody's time
        extents["M0"] = 2;
      }
      expect_as_run(cascade, resolve_extents(cascade, extents), random);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(FootprintByEnumeration, OfRandomCascades) {
  const std::uint64_t seed = weft::test::seed_or(4711);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  int tried = 0;
  for (int i = 0; i < 60; ++i) {
    Cascade cascade;
    try {
      cascade = random_cascade(random);
    } catch (const ConfigError&) {
      continue;  // nothing was made
    }
    std::string text;
    for (const Einsum& einsum : cascade.einsums) text += einsum.text + "\n";
    SCOPED_TRACE(text);
    std::map<std::string, std::int64_t> extents;
    for (const Rank& rank : cascade.ranks)
      extents[rank.name] = 1 + static_cast<std::int64_t>(random() % 4);
    expect_as_run(cascade, resolve_extents(cascade, extents), random);
    if (HasFatalFailure()) return;
    ++tried;
  }
  EXPECT_GT(tried, 30);
}

}  // namespace
}  // namespace weft::einsum
