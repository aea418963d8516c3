#include "models/baseline/platform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "models/baseline/attentions.hpp"

namespace weft::baseline {
namespace {

using program::Invocation;
using workload::Shape;

// What the work of a call is counted in: operations of prefill, bytes of K and V of decoding.
struct Rate {
  double per_s = 0;
  std::optional<double> joules_each;
};

Invocation invocation_of(const MeasuredCall& call, bool decode) {
  Shape shape;
  shape.batch = call.batch;
  shape.heads = call.heads;
  shape.kv_heads = call.key_heads();
  shape.seq_q = decode ? 1 : call.seq;
  shape.seq_kv = call.seq;
  shape.width_qk = shape.width_v = call.width;
  return {shape, 1};
}

double work_of(const Invocation& one, const Platform& platform, bool decode) {
  if (!decode) return operations_of(one, false);
  const auto bits = static_cast<double>(platform.operand_bits);
  return key_bytes(one, bits) + value_bytes(one, bits);
}

Rate rate_of(const MeasuredCall& call, const Platform& platform, bool decode) {
  const double work = work_of(invocation_of(call, decode), platform, decode);
  Rate rate{.per_s = work / (call.ms / 1e3), .joules_each = {}};
  if (call.joules) rate.joules_each = *call.joules / work;
  return rate;
}

// On a line in the logarithms, where both ends have the figure.
double between(double x, double x0, double y0, double x1, double y1) {
  if (x0 == x1) return y0;
  const double t = (std::log(x) - std::log(x0)) / (std::log(x1) - std::log(x0));
  return std::exp(std::log(y0) + t * (std::log(y1) - std::log(y0)));
}

Rate between(double x, double x0, const Rate& a, double x1, const Rate& b) {
  Rate made{.per_s = between(x, x0, a.per_s, x1, b.per_s), .joules_each = {}};
  if (a.joules_each && b.joules_each)
    made.joules_each = between(x, x0, *a.joules_each, x1, *b.joules_each);
  return made;
}

bool near(double a, double b) { return std::abs(a - b) <= kNear * b; }

// A rate that is known at some places of an axis; the same place more than once: the mean.
class Axis {
 public:
  void add(double x, const Rate& rate) {
    Sum& sum = at_[x];
    sum.logarithm += std::log(rate.per_s);
    if (rate.joules_each) {
      sum.joules += *rate.joules_each;
      ++sum.with_joules;
    }
    ++sum.count;
  }
  bool empty() const { return at_.empty(); }
  std::string text() const {
    return at_.empty() ? "nothing"
                       : fmt::format("{:g} to {:g}", at_.begin()->first, at_.rbegin()->first);
  }
  // Nothing outside; `exact` says whether it is known there, or near enough.
  std::optional<Rate> at(double x, bool* exact) const {
    for (const auto& [known, sum] : at_) {
      if (known == x || near(x, known)) {
        *exact = *exact && known == x;
        return sum.rate();
      }
    }
    const auto above = at_.upper_bound(x);
    if (above == at_.begin() || above == at_.end()) return std::nullopt;
    *exact = false;
    const auto below = std::prev(above);
    return between(x, below->first, below->second.rate(), above->first, above->second.rate());
  }

 private:
  struct Sum {
    double logarithm = 0;
    double joules = 0;
    int count = 0;
    int with_joules = 0;
    Rate rate() const {
      Rate made{.per_s = std::exp(logarithm / count), .joules_each = {}};
      if (with_joules == count) made.joules_each = joules / with_joules;
      return made;
    }
  };
  std::map<double, Sum> at_;
};

// Prefill at a width: over lengths, at each of them over heads.
std::optional<Rate> prefill_at(const Platform& platform, const Shape& shape, std::int64_t width,
                               bool* exact, std::string& why) {
  std::map<double, Axis> heads_at;
  for (const MeasuredCall& call : platform.prefill) {
    if (call.width == width && call.key_heads() == call.heads)
      heads_at[static_cast<double>(call.seq)].add(static_cast<double>(call.heads),
                                                  rate_of(call, platform, false));
  }
  Axis lengths;
  Axis unlike;  // where these heads were not measured
  for (const auto& [seq, axis] : heads_at) {
    bool same = true;
    if (const auto rate = axis.at(static_cast<double>(shape.heads), &same)) {
      lengths.add(seq, *rate);
      if (near(static_cast<double>(shape.seq_kv), seq)) *exact = *exact && same;
    } else {
      unlike.add(seq, Rate{.per_s = 1, .joules_each = {}});
    }
  }
  const auto found = lengths.at(static_cast<double>(shape.seq_kv), exact);
  if (!found)
    why = lengths.empty() && !unlike.empty()
              ? fmt::format("{} heads of width {} were not measured", shape.heads, width)
              : fmt::format("{} tokens at width {}: measured are {}", shape.seq_kv, width,
                            lengths.text());
  return found;
}

std::optional<Rate> prefill_rate(const Platform& platform, const Shape& shape, bool* exact,
                                 std::string& why) {
  std::int64_t below = 0;
  std::int64_t above = 0;
  for (const MeasuredCall& call : platform.prefill) {
    if (call.width <= shape.width_qk) below = std::max(below, call.width);
    if (call.width >= shape.width_qk && (above == 0 || call.width < above)) above = call.width;
  }
  if (below == 0 || above == 0) {
    why = fmt::format("heads of width {} lie outside of those measured", shape.width_qk);
    return std::nullopt;
  }
  const auto lower = prefill_at(platform, shape, below, exact, why);
  if (!lower || below == above) return lower;
  const auto upper = prefill_at(platform, shape, above, exact, why);
  if (!upper) return std::nullopt;
  *exact = false;
  return between(static_cast<double>(shape.width_qk), static_cast<double>(below), *lower,
                 static_cast<double>(above), *upper);
}

// Decoding by the bytes of K and V of a call, at a width and so many query heads to a key head.
std::optional<Rate> decode_rate(const Platform& platform, const Invocation& attention, bool* exact,
                                std::string& why) {
  const Shape& shape = attention.shape;
  const Invocation one{shape, 1};
  const double bytes = work_of(one, platform, true);
  Axis axis;
  for (const MeasuredCall& call : platform.decode) {
    if (call.width != shape.width_qk ||
        call.heads * shape.kv_heads != shape.heads * call.key_heads())
      continue;
    const Rate rate = rate_of(call, platform, true);
    const bool same = call.heads == shape.heads && call.batch == shape.batch;
    if (same && near(static_cast<double>(shape.seq_kv), static_cast<double>(call.seq))) {
      *exact = *exact && call.seq == shape.seq_kv;
      return rate;
    }
    axis.add(work_of(invocation_of(call, true), platform, true), rate);
  }
  const auto found = axis.at(bytes, exact);
  *exact = false;
  if (!found)
    why = fmt::format("decoding of {:.0f} bytes of keys and values at width {}: measured are {}",
                      bytes, shape.width_qk, axis.text());
  return found;
}

std::optional<PlatformTime> published_time(const Platform& platform, const Invocation& attention,
                                           std::string& why) {
  const bool generates = attention.shape.causal || attention.shape.seq_q == 1;
  const auto& rate = generates ? platform.generated : platform.whole;
  if (!rate) {
    why = "no rate of that kind of attention is published";
    return std::nullopt;
  }
  PlatformTime time;
  const double work = operations_of(attention, false);
  time.seconds = work / rate->flops_per_s;
  if (rate->joules_per_flop) time.joules = work * *rate->joules_per_flop;
  time.from = TimeFrom::published;
  time.notes.push_back(
      fmt::format("time: by a mean rate of {:g} operations a second, which is all "
                  "that is published: {}",
                  rate->flops_per_s, rate->source));
  return time;
}

// What a prefill call leaves out that is taken from another batch or without a mask.
void note_prefill(const Platform& platform, const Shape& shape, PlatformTime& time) {
  const auto measured = [&](const MeasuredCall& call) {
    return call.seq == shape.seq_kv && call.batch == shape.batch;
  };
  if (std::none_of(platform.prefill.begin(), platform.prefill.end(), measured))
    time.notes.emplace_back(
        "batch: its share of a batch of other size, as measured (65536 tokens or more in all); by "
        "itself a short sequence takes longer");
  if (shape.causal)
    time.notes.emplace_back(
        "mask: measured without one; the time of the whole square, of which a causal kernel skips "
        "up to half");
}

}  // namespace

std::optional<PlatformTime> time_of(const Platform& platform, const Invocation& attention,
                                    std::string& why) {
  const Shape& shape = attention.shape;
  if (platform.prefill.empty() && platform.decode.empty())
    return published_time(platform, attention, why);
  const bool decode = shape.seq_q == 1;
  if (shape.width_qk != shape.width_v || (!decode && shape.seq_q != shape.seq_kv) ||
      (!decode && shape.heads != shape.kv_heads)) {
    why =
        "measured were self-attention, each head with its own keys, and decoding of one query, "
        "keys as wide as values";
    return std::nullopt;
  }
  bool exact = true;
  const auto rate = decode ? decode_rate(platform, attention, &exact, why)
                           : prefill_rate(platform, shape, &exact, why);
  if (!rate) return std::nullopt;
  PlatformTime time;
  const double work = work_of(attention, platform, decode);
  time.seconds = work / rate->per_s;
  if (rate->joules_each) time.joules = work * *rate->joules_each;
  time.from = exact ? TimeFrom::measured : TimeFrom::interpolated;
  if (!exact)
    time.notes.emplace_back(decode
                                ? "time: interpolated between measured calls, by bytes of keys and "
                                  "values"
                                : "time: interpolated between measured calls, by width, length and "
                                  "heads");
  if (!decode) {
    const std::size_t before = time.notes.size();
    note_prefill(platform, shape, time);
    if (time.notes.size() > before) time.from = TimeFrom::interpolated;
  }
  return time;
}

}  // namespace weft::baseline
