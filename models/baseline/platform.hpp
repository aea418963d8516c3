// A machine that was measured: times of attention at some shapes, between which it is interpolated,
// or rates that somebody published for it. Nothing of it is simulated. docs/units/baseline.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/common/fields.hpp"
#include "models/program/program.hpp"

namespace weft::baseline {

// One measured call: attention of `batch` sequences in all heads, of one layer.
struct MeasuredCall {
  std::int64_t heads = 1;
  std::optional<std::int64_t> kv_heads;
  std::int64_t width = 1;
  std::int64_t seq = 1;
  std::int64_t batch = 1;
  double ms = 0;
  std::optional<double> joules;

  std::int64_t key_heads() const { return kv_heads.value_or(heads); }
};
inline auto fields(config::Tag<MeasuredCall>) {
  using M = MeasuredCall;
  using config::optional, config::required;
  return config::field_table(
      required("heads", &M::heads, {1, 1 << 16}, "query heads"),
      optional("kv_heads", &M::kv_heads, {1, 1 << 16}, "key and value heads; default: heads"),
      required("width", &M::width, {1, 1 << 16}, "of a head"),
      required("seq", &M::seq, {1, 1 << 26}, "tokens of keys; in prefill of queries too"),
      required("batch", &M::batch, {1, 1 << 20}, "sequences at once"),
      required("ms", &M::ms, {1e-9, 1e9}, "milliseconds of the call"),
      optional("joules", &M::joules, {0, 1e12}, "energy of the call"));
}

// A mean over workloads of one kind, of which no more is known.
struct PublishedRate {
  double flops_per_s = 0;
  std::optional<double> joules_per_flop;
  std::string source;
};
inline auto fields(config::Tag<PublishedRate>) {
  using R = PublishedRate;
  using config::optional, config::required;
  return config::field_table(
      required("flops_per_s", &R::flops_per_s, {1, 1e18}, "operations of dense attention a second"),
      optional("joules_per_flop", &R::joules_per_flop, {0, 1}, "energy of one"),
      required("source", &R::source, "where it comes from"));
}

struct Platform {
  std::int64_t operand_bits = 16;
  std::vector<MeasuredCall> prefill;
  std::vector<MeasuredCall> decode;
  std::optional<PublishedRate> whole;      // attention of whole sequences, not causal
  std::optional<PublishedRate> generated;  // causal, or one query at a time
};
inline auto fields(config::Tag<Platform>) {
  using P = Platform;
  using config::optional, config::required;
  return config::field_table(
      required("operand_bits", &P::operand_bits, {1, 64}, "of Q, K, V"),
      optional("prefill", &P::prefill, "calls with as many queries as keys"),
      optional("decode", &P::decode, "calls with one query a sequence"),
      optional("whole", &P::whole, "rate of attention over whole sequences"),
      optional("generated", &P::generated, "rate of causal attention and of generation"));
}

// In the order of how near it is to a measurement.
enum class TimeFrom : std::uint8_t { measured, interpolated, published };
constexpr auto names(config::Tag<TimeFrom>) {
  return std::array<std::pair<std::string_view, TimeFrom>, 3>{
      {{"measured", TimeFrom::measured},
       {"interpolated", TimeFrom::interpolated},
       {"published", TimeFrom::published}}};
}

struct PlatformTime {
  double seconds = 0;
  std::optional<double> joules;
  TimeFrom from = TimeFrom::measured;
  std::vector<std::string> notes;  // what it is taken from, where that is no measured call itself
};

// Of one attention in all its layers; nothing outside of what was measured, and then `why` says
// what is. A length within kNear of a measured one counts as that one, by its work.
inline constexpr double kNear = 0.05;
std::optional<PlatformTime> time_of(const Platform& platform, const program::Invocation& attention,
                                    std::string& why);

}  // namespace weft::baseline
