// Passes of random cascades against sweeps walked point by point.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "models/einsum/analysis.hpp"
#include "models/einsum/load.hpp"
#include "tests/common/seed.hpp"

namespace weft::einsum {
namespace {

constexpr std::int64_t kLength = 12;  // of M; P steps over it by twos
constexpr std::int64_t kDelay = 4;    // how far behind a sweep over M a window may end

using Point = std::vector<std::int64_t>;  // one coordinate a rank of the cascade

// Sweeps along one rank, ascending. Each Einsum that touches the rank runs in one of them: a point
// only while all the coordinates of the rank that it touches are at the sweep's position or just
// behind it, and only when all it reads is complete. Everything else runs as soon as it can. The
// fewest sweeps are found by starting all Einsums in the first and putting off whichever cannot
// finish.
class Sweeps {
 public:
  Sweeps(const Cascade& cascade, const Extents& extents, RankId rank, std::int64_t delay)
      : cascade_(cascade), extents_(extents), rank_(rank), delay_(delay) {
    for (EinsumId e = 0; e < static_cast<EinsumId>(cascade.einsums.size()); ++e) {
      Point point(cascade.ranks.size(), 0);
      points_.emplace_back();
      list(e, 0, point);
      sweep_.push_back(touched(e, points_.back().front()).empty() ? 0 : 1);
    }
    for (int tries = 0; tries < 200; ++tries) {
      const EinsumId late = first_unfinished();
      if (late == kNone) return;
      ++sweep_[late];
    }
    ADD_FAILURE() << "sweeps do not settle";
  }

  int of(EinsumId e) const { return sweep_[e]; }  // 0: it does not touch the rank
  int most() const { return *std::max_element(sweep_.begin(), sweep_.end()); }

 private:
  void list(EinsumId e, std::size_t i, Point& point) {
    const std::vector<RankId>& ranks = cascade_.einsums[e].iteration;
    if (i == ranks.size()) return points_[e].push_back(point);
    for (point[ranks[i]] = 0; point[ranks[i]] < extents_[ranks[i]]; ++point[ranks[i]])
      list(e, i + 1, point);
  }

  Point element(const Access& access, const Point& point) const {
    Point at;
    for (std::size_t d = 0; d < access.indices.size(); ++d) {
      const Index& index = access.indices[d];
      std::int64_t value = index.last_generation
                               ? extents_[cascade_.tensors[access.tensor].dimensions[d].rank]
                               : index.constant;
      for (const Index::Term& term : index.terms) value += term.coefficient * point[term.rank];
      at.push_back(value);
    }
    return at;
  }

  // Coordinates of the rank that a point touches: of the elements read and written, generations
  // apart, and its own.
  std::set<std::int64_t> touched(EinsumId e, const Point& point) const {
    std::set<std::int64_t> all;
    const Einsum& einsum = cascade_.einsums[e];
    if (einsum.iterates(rank_)) all.insert(point[rank_]);
    for (const Access& access : einsum.inputs) {
      const std::vector<Dimension>& dimensions = cascade_.tensors[access.tensor].dimensions;
      const bool turned =
          std::any_of(access.indices.begin(), access.indices.end(), [](const Index& index) {
            return !index.terms.empty() && index.terms[0].coefficient < 0;
          });
      for (std::size_t d = 0; d < dimensions.size(); ++d) {
        // What is read backwards is kept: it is touched where it is made.
        if (dimensions[d].rank == rank_ && !dimensions[d].generational && !turned)
          all.insert(element(access, point)[d]);
      }
    }
    return all;
  }

  bool complete(TensorId tensor, const Point& at) const {
    const auto found = open_.find({tensor, at});
    return found != open_.end() && found->second == 0;
  }

  bool ready(EinsumId e, const Point& point) const {
    const std::vector<Access>& inputs = cascade_.einsums[e].inputs;
    return std::all_of(inputs.begin(), inputs.end(), [&](const Access& access) {
      const Tensor& tensor = cascade_.tensors[access.tensor];
      if (tensor.defined_by == kNone) return true;
      const Point at = element(access, point);
      for (std::size_t d = 0; d < at.size(); ++d) {
        if (tensor.dimensions[d].generational && at[d] == 0) return true;
      }
      return complete(access.tensor, at);
    });
  }

  // Runs what can run at position x of a sweep; x past the end: after it.
  void settle(int sweep, std::int64_t x) {
    for (bool changed = true; changed;) {
      changed = false;
      for (EinsumId e = 0; e < static_cast<EinsumId>(points_.size()); ++e) {
        if (sweep_[e] != 0 && sweep_[e] != sweep) continue;
        for (std::size_t i = 0; i < points_[e].size(); ++i) {
          if (done_[e][i] || !ready(e, points_[e][i])) continue;
          const std::set<std::int64_t> at = touched(e, points_[e][i]);
          if (!at.empty() && (*at.begin() < x - delay_ || *at.rbegin() > x)) continue;
          done_[e][i] = true;
          --open_.at({cascade_.einsums[e].outputs[0].tensor,
                      element(cascade_.einsums[e].outputs[0], points_[e][i])});
          changed = true;
        }
      }
    }
  }

  EinsumId first_unfinished() {
    open_.clear();
    done_.clear();
    for (EinsumId e = 0; e < static_cast<EinsumId>(points_.size()); ++e) {
      done_.emplace_back(points_[e].size(), false);
      for (const Point& point : points_[e])
        ++open_[{cascade_.einsums[e].outputs[0].tensor,
                 element(cascade_.einsums[e].outputs[0], point)}];
    }
    const int last = std::max(1, most());
    for (int sweep = 1; sweep <= last; ++sweep) {
      for (std::int64_t x = 0; x < extents_[rank_] + delay_; ++x) settle(sweep, x);
      for (EinsumId e = 0; e < static_cast<EinsumId>(points_.size()); ++e) {
        if (sweep_[e] == sweep &&
            std::find(done_[e].begin(), done_[e].end(), false) != done_[e].end())
          return e;
      }
    }
    return kNone;
  }

  const Cascade& cascade_;
  const Extents& extents_;
  RankId rank_;
  std::int64_t delay_;
  std::vector<std::vector<Point>> points_;  // by Einsum
  std::vector<int> sweep_;
  std::vector<std::vector<bool>> done_;
  std::map<std::pair<TensorId, Point>, int> open_;  // points that an element still waits for
};

// Elementwise Einsums, reductions, scans, reversed reads, pooling over windows and what follows
// from it, at random.
class Writer {
 public:
  explicit Writer(std::mt19937_64& random) : random_(random) {}

  Cascade write() {
    const std::size_t count = 3 + random_() % 6;
    for (std::size_t i = 0; i < count; ++i) add();
    std::string outputs;
    for (const std::string& name : unread_) outputs += (outputs.empty() ? "" : ", ") + name;
    text_ =
        "description: random\nsource: test\nranks: {M: positions, P: windows, W: window}\ntensors: "
        "{A: [M]}\noutputs: [" +
        outputs + "]\n" + (initial_.empty() ? "" : "initial: {" + initial_ + "}\n") + "einsums:\n" +
        lines_;
    return parse_cascade(text_, "random.yaml");
  }
  const std::string& text() const { return text_; }

 private:
  std::string any(std::vector<std::string>& names) {
    const std::string name = names[random_() % names.size()];
    return name;
  }
  std::string use(const std::string& read) {
    unread_.erase(read.substr(0, read.find('[')));
    return read;
  }
  // A read along M, by `index` where the tensor is none of generations.
  std::string along(const std::string& index) {
    std::vector<std::string> all{"A[" + index + "]"};
    for (const std::string& name : along_m_) all.push_back(name + "[" + index + "]");
    if (index == "m") {
      for (const std::string& name : scans_)
        all.push_back(name + (random_() % 2 == 0 ? "[m]" : "[m+1]"));
    }
    return use(any(all));
  }
  std::string whole() {
    std::vector<std::string> all = totals_;
    for (const std::string& name : scans_) all.push_back(name + "[M]");
    return all.empty() ? "2" : use(any(all));
  }
  void line(const std::string& name, const std::string& left, const std::string& right) {
    lines_ += "  - " + name + left + " = " + right + "\n";
    unread_.insert(name);
  }

  void add() {
    const std::string name = "T" + std::to_string(++made_);
    switch (random_() % 8) {
      case 0: line(name, "[m]", along("m") + " + " + along("m")); return along_m_.push_back(name);
      case 1: line(name, "[m]", along("m") + " * " + whole()); return along_m_.push_back(name);
      case 2: {
        const std::string from = along_m_.empty() ? "" : any(along_m_);
        if (from.empty()) return;
        line(name, "[m]", use(from + "[" + std::to_string(kLength - 1) + "-m]") + " * " + whole());
        return along_m_.push_back(name);
      }
      case 3: line(name, "", "sum[m] " + along("m")); return totals_.push_back(name);
      case 4:
        initial_ += (initial_.empty() ? "" : ", ") + name + ": 0";
        line(name, "[m+1]", name + "[m] + " + along("m"));
        unread_.insert(name);
        return scans_.push_back(name);
      case 5: line(name, "[p]", "max[w] " + along("2*p+w")); return along_p_.push_back(name);
      case 6:
        if (along_p_.empty()) return;
        line(name, "[p]",
             use(any(along_p_) + "[p]") + " * " + (random_() % 2 == 0 ? along("2*p") : whole()));
        return along_p_.push_back(name);
      default:
        if (along_p_.empty()) return;
        line(name, "", "sum[p] " + use(any(along_p_) + "[p]"));
        return totals_.push_back(name);
    }
  }

  std::mt19937_64& random_;
  std::string lines_;
  std::string initial_;
  std::string text_;
  std::vector<std::string> along_m_, scans_, totals_, along_p_;
  std::set<std::string> unread_;
  int made_ = 0;
};

TEST(PassesByEnumeration, OfRandomCascades) {
  const std::uint64_t seed = weft::test::seed_or(20261129);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::map<int, int> seen;  // by passes over M
  for (int i = 0; i < 400; ++i) {
    Writer writer(random);
    Cascade cascade;
    try {
      cascade = writer.write();
    } catch (const ConfigError&) {
      continue;  // no output at all, A never read
    }
    SCOPED_TRACE(writer.text());
    const Extents extents = resolve_extents(cascade, {{"M", kLength}, {"P", 5}, {"W", 3}});
    const PassAnalysis analysis = analyse_passes(cascade);
    for (const char* name : {"M", "P"}) {
      const RankId rank = cascade.rank(name);
      const Sweeps sweeps(cascade, extents, rank, rank == cascade.rank("M") ? kDelay : 0);
      ASSERT_EQ(analysis.passes[rank], sweeps.most()) << "over " << name;
      for (EinsumId e = 0; e < static_cast<EinsumId>(cascade.einsums.size()); ++e) {
        if (sweeps.of(e) > 0) {
          ASSERT_EQ(analysis.pass[e][rank], sweeps.of(e))
              << cascade.einsums[e].text << " over " << name;
        }
      }
      if (rank == cascade.rank("M")) ++seen[sweeps.most()];
    }
  }
  for (int passes = 1; passes <= 3; ++passes) EXPECT_GT(seen[passes], 10) << passes;
}

}  // namespace
}  // namespace weft::einsum
