#include "tests/engine/random_cascade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

namespace weft::sim::engine::test {
namespace {

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// A constant that brings a bound down to `most`, with few digits.
double factor(double bound, double most) {
  return std::max(0.001, std::floor(1000 * most / bound) / 1000);
}

constexpr double kMost = 64;  // of any value

}  // namespace

RandomCascade::RandomCascade(std::mt19937_64& random, const RandomExtents& extents, bool causal)
    : random_(random), extents_(extents), partitioned_(pick(0, 1) == 0) {
  keys_ = partitioned_ ? Variables{"m1", "m0"} : Variables{"m"};
  const auto input = [&](const std::string& name, Variables variables) {
    tensors_.push_back(
        {.name = name, .variables = std::move(variables), .low = -1.5, .high = 1.5, .scan = ""});
  };
  input("Q", {"e", "p"});
  Variables k{"e"};
  Variables v{"f"};
  k.insert(k.end(), keys_.begin(), keys_.end());
  v.insert(v.end(), keys_.begin(), keys_.end());
  input("K", k);
  input("V", v);
  Variables scores = keys_;
  scores.emplace_back("p");
  if (causal || chance(70)) {
    const bool mask = causal;
    product(tensors_[0], tensors_[1], scores);
    if (mask) {
      lines_.back().text += " where m <= p + M - P else 0";
      masked_ = true;
    }
  }
  const std::int64_t steps = pick(2, 8);
  for (std::int64_t i = 0; i < steps; ++i) {
    switch (pick(0, 11)) {
      case 0:
      case 1: random_product(); break;
      case 2:
      case 3:
      case 4: reduction(); break;
      case 5:
      case 6: unary(); break;
      case 7:
      case 8: binary(); break;
      case 9: scan(); break;
      case 10: coupled_scan(); break;
      default: window(); break;
    }
  }
  finish();
}

std::int64_t RandomCascade::pick(std::int64_t least, std::int64_t most) {
  return least +
         static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most - least + 1));
}

std::int64_t RandomCascade::extent(const std::string& variable) const {
  if (variable == "e") return extents_.e;
  if (variable == "f") return extents_.f;
  if (variable == "p") return extents_.p;
  if (variable == "w") return extents_.w;
  return extents_.m;  // partitions: at most
}

std::string RandomCascade::list(const Variables& variables) {
  std::string text;
  for (const std::string& variable : variables) text += (text.empty() ? "" : ",") + variable;
  return variables.empty() ? "" : "[" + text + "]";
}

std::string RandomCascade::read(const Tensor& tensor, Line& line, std::string generation) const {
  line.reads.push_back(tensor.name);
  Variables indices = tensor.variables;
  for (std::string& index : indices) {
    if (index == tensor.scan) index = generation.empty() ? index + "+1" : generation;
  }
  return tensor.name + list(indices);
}

RandomCascade::Variables RandomCascade::together(const Variables& a, const Variables& b) {
  Variables all = a;
  for (const std::string& variable : b) {
    if (!has(all, variable)) all.push_back(variable);
  }
  return all;
}

void RandomCascade::define(Line line, const Variables& variables, double low, double high,
                           const std::string& right) {
  line.text = line.name + list(variables) + " = " + right;
  tensors_.push_back(
      {.name = line.name, .variables = variables, .low = low, .high = high, .scan = ""});
  lines_.push_back(std::move(line));
}

// A·B, over `keep`, summed over what is left.
void RandomCascade::product(const Tensor& a, const Tensor& b, Variables keep, std::string name) {
  Line line{name.empty() ? "T" + std::to_string(++made_) : std::move(name), "", {}};
  const std::string right = read(a, line) + " * " + read(b, line);
  double most =
      std::max(std::abs(a.low), std::abs(a.high)) * std::max(std::abs(b.low), std::abs(b.high));
  const double low = a.low >= 0 && b.low >= 0 ? a.low * b.low : -most;
  double times = 1;
  bool keys = false;
  for (const std::string& variable : together(a.variables, b.variables)) {
    if (has(keep, variable)) continue;
    if (has(keys_, variable) && keys) continue;
    keys = keys || has(keys_, variable);
    times *= static_cast<double>(extent(variable));
  }
  define(std::move(line), keep, low >= 0 ? low : low * times, most * times, right);
}

void RandomCascade::random_product() {
  const Tensor a = any();
  const Tensor b = any();
  const Variables all = together(a.variables, b.variables);
  Variables keep;
  bool shares = false;
  for (const std::string& variable : all) {
    const bool both = has(a.variables, variable) && has(b.variables, variable);
    shares = shares || both;
    if (!chance(both ? 40 : 90)) continue;
    keep.push_back(variable);
  }
  if (!shares || keep.empty() || keep.size() > 4) return;
  const double most =
      std::max(std::abs(a.low), std::abs(a.high)) * std::max(std::abs(b.low), std::abs(b.high));
  double times = 1;
  for (const std::string& variable : all)
    times *= has(keep, variable) ? 1 : static_cast<double>(extent(variable));
  if (most * times > kMost) return;
  product(a, b, keep);
}

void RandomCascade::reduction() {
  const Tensor a = any();
  if (a.variables.size() < 2 || !a.scan.empty()) return;
  Line line{"T" + std::to_string(++made_), "", {}};
  Variables keep = a.variables;
  Variables gone;
  do {
    const auto which = keep.begin() + pick(0, static_cast<std::int64_t>(keep.size()) - 1);
    gone.push_back(*which);
    keep.erase(which);
  } while (keep.size() > 1 && chance(30));
  double times = 1;
  for (const std::string& variable : gone) times *= static_cast<double>(extent(variable));
  const bool sum = chance(50) && std::max(std::abs(a.low), std::abs(a.high)) * times <= kMost;
  const std::string kind = sum ? "sum" : chance(70) ? "max" : "min";
  std::string names = list(gone);
  const std::string right = kind + names + " " + read(a, line);
  define(std::move(line), keep, sum && a.low < 0 ? a.low * times : a.low,
         sum ? a.high * times : a.high, right);
}

void RandomCascade::unary() {
  const Tensor a = any();
  Line line{"T" + std::to_string(++made_), "", {}};
  const double most = std::max(std::abs(a.low), std::abs(a.high));
  if (chance(60)) {
    const double c = factor(most, 1.5);
    const std::string right = fmt::format("exp({} * {})", c, read(a, line));
    return define(std::move(line), a.variables, std::exp(c * a.low), std::exp(c * a.high), right);
  }
  if (a.low > 0.1) {
    const std::string right = "1 / " + read(a, line);
    return define(std::move(line), a.variables, 1 / a.high, 1 / a.low, right);
  }
  const std::string right = "max(" + read(a, line) + ", 0.25)";
  define(std::move(line), a.variables, std::max(a.low, 0.25), std::max(a.high, 0.25), right);
}

void RandomCascade::binary() {
  const Tensor a = any();
  const Tensor b = any();
  const bool within = std::all_of(b.variables.begin(), b.variables.end(),
                                  [&](const std::string& v) { return has(a.variables, v); });
  if (!within) return;
  Line line{"T" + std::to_string(++made_), "", {}};
  const std::string x = read(a, line);
  const std::string y = read(b, line);
  if (b.low > 0.1 && chance(60))
    return define(std::move(line), a.variables, std::min(a.low / b.low, a.low / b.high),
                  std::max(a.high / b.low, a.high / b.high), x + " / " + y);
  const double most =
      std::max(std::abs(a.low), std::abs(a.high)) + std::max(std::abs(b.low), std::abs(b.high));
  if (chance(40)) {
    const double c = factor(most, 1.5);
    return define(std::move(line), a.variables, std::exp(-c * most), std::exp(c * most),
                  fmt::format("exp({} * ({} - {}))", c, x, y));
  }
  if (chance(50))
    return define(std::move(line), a.variables, std::max(a.low, b.low), std::max(a.high, b.high),
                  "max(" + x + ", " + y + ")");
  if (most > kMost) return;
  define(std::move(line), a.variables, -most, most, x + (chance(50) ? " + " : " - ") + y);
}

// T[m+1,…] = max(T[m,…], X[m,…]), or a sum that decays.
void RandomCascade::scan() {
  const std::string along = keys_.front();
  const Tensor a = any();
  if (!has(a.variables, along) || has(a.variables, "m0") || !a.scan.empty()) return;
  Line line{"T" + std::to_string(++made_), "", {}};
  Tensor made{.name = line.name,
              .variables = a.variables,
              .low = std::min(a.low, 0.0),
              .high = std::max(a.high, 0.0),
              .scan = along};
  Variables left = a.variables;
  for (std::string& index : left) index += index == along ? "+1" : "";
  const std::string before = read(made, line, along);
  if (chance(50)) {
    line.text = line.name + list(left) + " = max(" + before + ", " + read(a, line) + ")";
    made.low = std::max(made.low, 0.0);
  } else {
    line.text = line.name + list(left) + " = 0.5 * " + before + " + " + read(a, line);
    made.low *= 2;
    made.high *= 2;
  }
  initial_.emplace_back(line.name, "0");
  lines_.push_back(std::move(line));
  Line next{"T" + std::to_string(++made_), "", {}};
  // What reads it: the newest, both, or the last generation.
  Variables without;
  for (const std::string& variable : made.variables) {
    if (variable != along) without.push_back(variable);
  }
  std::string last = along;
  std::transform(last.begin(), last.end(), last.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const double most = std::max(std::abs(made.low), std::abs(made.high));
  switch (pick(0, 2)) {
    case 0: {
      if (without.empty()) return;
      const std::string right = "0.5 * " + read(made, next, last);
      return define(std::move(next), without, made.low / 2, made.high / 2, right);
    }
    case 1: {
      const std::string right = read(made, next) + " - " + read(made, next, along);
      return define(std::move(next), made.variables, -2 * most, 2 * most, right);
    }
    default: {
      const std::string right = "0.5 * " + read(made, next);
      return define(std::move(next), made.variables, made.low / 2, made.high / 2, right);
    }
  }
}

// Two Einsums that need one another: U[m,…] = c · S[m,…], S[m+1,…] = X[m,…] + U[m,…]; read at the
// end. Or a state that is reduced in each generation, as in the delta rule.
void RandomCascade::coupled_scan() {
  const std::string along = keys_.front();
  const Tensor a = any();
  if (!has(a.variables, along) || has(a.variables, "m0") || !a.scan.empty() ||
      a.variables.size() < 2)
    return;
  const std::string inner = "T" + std::to_string(++made_);
  const std::string name = "T" + std::to_string(++made_);
  Tensor state{.name = name,
               .variables = a.variables,
               .low = 2 * std::min(a.low, 0.0),
               .high = 2 * std::max(a.high, 0.0),
               .scan = along};
  Variables left = a.variables;
  for (std::string& index : left) index += index == along ? "+1" : "";
  Variables without;
  for (const std::string& variable : a.variables) {
    if (variable != along) without.push_back(variable);
  }
  std::string last = along;
  std::transform(last.begin(), last.end(), last.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const bool reduces = chance(40);
  Line first{inner, "", {}};
  Line second{name, "", {}};
  if (reduces) {
    const std::string over = without.back();
    Variables kept;
    for (const std::string& variable : a.variables) {
      if (variable != over) kept.push_back(variable);
    }
    first.text = inner + list(kept) + " = max[" + over + "] " + read(state, first, along);
    second.text = name + list(left) + " = 0.5 * " + inner + list(kept) + " + " + read(a, second);
  } else {
    first.text = inner + list(a.variables) + " = 0.5 * " + read(state, first, along);
    second.text = name + list(left) + " = " + inner + list(a.variables) + " + " + read(a, second);
  }
  second.reads.push_back(inner);
  first.reads.push_back(name);
  initial_.emplace_back(name, "0");
  lines_.push_back(std::move(first));
  lines_.push_back(std::move(second));
  Line next{"T" + std::to_string(++made_), "", {}};
  const std::string right = "0.5 * " + read(state, next, last);
  define(std::move(next), without, state.low / 2, state.high / 2, right);
}

// A maximum or a sum over windows of something over the keys: X[…,p+w].
void RandomCascade::window() {
  const Tensor a = any();
  if (partitioned_ || !has(a.variables, "m") || has(a.variables, "p") || has(a.variables, "w") ||
      !a.scan.empty())
    return;
  Line line{"T" + std::to_string(++made_), "", {a.name}};
  Variables indices = a.variables;
  Variables left = a.variables;
  for (std::string& index : indices) index = index == "m" ? "p+w" : index;
  for (std::string& index : left) index = index == "m" ? "p" : index;
  windowed_ = true;
  define(std::move(line), left, a.low, a.high, "max[w] " + a.name + list(indices));
}

// AV[f,p] from two that have f and p, and only what it needs.
void RandomCascade::finish() {
  const auto last_with = [&](const std::string& variable) {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      if (has(tensors_[i].variables, variable)) all.push_back(i);
    }
    const auto back = std::min<std::int64_t>(static_cast<std::int64_t>(all.size()) - 1, pick(0, 2));
    return tensors_[all[all.size() - 1 - static_cast<std::size_t>(back)]];
  };
  const Tensor a = last_with("p");
  const Tensor b = last_with("f");
  product(a, b, chance(50) ? Variables{"f", "p"} : Variables{"p", "f"}, "AV");
  std::set<std::string> needed{"AV"};
  for (bool grown = true; grown;) {
    const std::size_t before = needed.size();
    for (const Line& line : lines_) {
      if (needed.contains(line.name)) needed.insert(line.reads.begin(), line.reads.end());
    }
    grown = needed.size() > before;
  }
  std::string inputs;
  const auto input = [&](const std::string& name, const std::string& dimensions) {
    if (needed.contains(name)) inputs += "  " + name + ": " + dimensions + "\n";
  };
  input("Q", "[E, P]");
  input("K", "[E, M]");
  input("V", "[F, M]");
  std::string body;
  for (const Line& line : lines_) {
    if (needed.contains(line.name)) body += "  - " + line.text + "\n";
  }
  windowed_ = body.find("p+w") != std::string::npos;
  masked_ = body.find("where") != std::string::npos;
  partitioned_ = partitioned_ && body.find("m1") != std::string::npos;
  std::string ranks = "  E: width\n  F: width\n  M: keys\n  P: queries\n";
  if (windowed_) ranks += "  W: window\n";
  std::string initial;
  for (const auto& [name, value] : initial_) {
    if (needed.contains(name)) initial += "  " + name + ": " + value + "\n";
  }
  yaml_ = "description: random\nsource: test\nranks:\n" + ranks + "tensors:\n" + inputs +
          "outputs: [AV]\n" + (partitioned_ ? "partitions: {M: [M1, M0]}\n" : "") +
          (initial.empty() ? "" : "initial:\n" + initial) + "einsums:\n" + body;
}

}  // namespace weft::sim::engine::test
