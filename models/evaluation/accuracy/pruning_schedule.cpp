#include "models/evaluation/accuracy/pruning_schedule.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/yaml.hpp"

namespace weft::numerics {

// What an engine of fixed point has scales of.
static constexpr std::array<std::pair<std::string_view, Granularity>, 4> names(
    config::Tag<Granularity>) {
  return {{{"tensor", Granularity::tensor},
           {"head", Granularity::head},
           {"channel", Granularity::channel},
           {"token", Granularity::token}}};
}

}  // namespace weft::numerics

namespace weft::prune {

static auto fields(config::Tag<OperandBits>) {
  return config::field_table(
      config::required("bits", &OperandBits::bits, "bits in memory, such as 8, or 8+4"),
      config::optional("scale", &OperandBits::scale, "what shares a scale"),
      config::optional("clip", &OperandBits::clip, {0.01, 1},
                       "the share of the largest magnitude that has a code"));
}

}  // namespace weft::prune

namespace weft::evaluation {

static constexpr std::array<std::pair<std::string_view, Pooling>, 2> names(config::Tag<Pooling>) {
  return {{{"kept", Pooling::kept}, {"all", Pooling::all}}};
}

static auto fields(config::Tag<TokenPruning>) {
  return config::joined(
      prune::fields(config::Tag<prune::Ramp>{}),
      config::field_table(
          config::optional("criterion", &TokenPruning::criterion, "how importance grows"),
          config::optional("recent", &TokenPruning::recent, {0, 1e6},
                           "last tokens of a decoder that stay")));
}

static auto fields(config::Tag<ValuePruning>) {
  return config::joined(
      prune::fields(config::Tag<prune::Ramp>{}),
      config::field_table(
          config::optional("scope", &ValuePruning::scope, "whose keys are compared"),
          config::optional("criterion", &ValuePruning::criterion, "by what they are compared"),
          config::optional("in_place", &ValuePruning::in_place, "what stands for those left out"),
          config::optional("skip_zero", &ValuePruning::skip_zero,
                           "whether values that only zeros multiply are left")));
}

static auto fields(config::Tag<PruningSchedule>) {
  using S = PruningSchedule;
  return config::field_table(
      config::optional("description", &S::description, "what it is for"),
      config::required("query", &S::query, "bits of queries"),
      config::required("key", &S::key, "bits of keys"),
      config::required("value", &S::value, "bits of values"),
      config::optional("probability_bits", &S::probability_bits, {4, 12}, "bits of probabilities"),
      config::optional("lower_bits_below", &S::lower_bits_below, {0, 1},
                       "the largest probability below which a row is computed again"),
      config::optional("tokens", &S::tokens, "tokens pruned"),
      config::optional("heads", &S::heads, "heads pruned"),
      config::optional("values", &S::values, "values left out"),
      config::optional("pooling", &S::pooling, "tokens of the embedding"),
      config::optional("seed", &S::seed, {0, 9e15}, "of pivots"));
}

namespace {

struct Complaints {
  const PruningSchedule& schedule;
  std::vector<Problem> problems{};

  void add(bool wrong, const std::string& path, const std::string& value, const char* why) {
    if (wrong) problems.push_back({config::origin_of(schedule.origins, path), path, value, why});
  }
  void add(const prune::Ramp& ramp, const std::string& path, std::int64_t layers, double front) {
    if (const auto trouble = ramp.trouble(layers, front))
      problems.push_back({config::origin_of(schedule.origins, path), path, "", *trouble});
  }
  void finish() const {
    if (!problems.empty()) throw ConfigError(problems);
  }
};

void check_by_itself(const PruningSchedule& s) {
  using numerics::Granularity;
  Complaints found{s};
  found.add(s.query.scale == Granularity::channel, "query.scale", "channel",
            "a sum over channels has one scale; allowed: tensor, head or token");
  found.add(s.value.scale == Granularity::token, "value.scale", "token",
            "a sum over keys has one scale; allowed: tensor, head or channel");
  found.add(s.value.bits.lower > 0, "value.bits", canonical_text(s.value.bits),
            "a value has one plane");
  const bool planes = s.query.bits.lower > 0 || s.key.bits.lower > 0;
  found.add(s.lower_bits_below > 0 && !planes, "lower_bits_below",
            config::number_text(s.lower_bits_below),
            "needs a query or key of two planes, such as 8+4");
  const auto both = [](const prune::Ramp& ramp) {
    return !ramp.by_layer.empty() && (ramp.average > 0 || ramp.start || ramp.front);
  };
  constexpr const char* kBoth =
      "stands in place of average, start and front: give one or the other";
  found.add(both(s.tokens), "tokens.by_layer", "", kBoth);
  found.add(both(s.heads), "heads.by_layer", "", kBoth);
  found.add(both(s.values), "values.by_layer", "", kBoth);
  found.finish();
}

}  // namespace

prune::AttentionOptions PruningSchedule::options(std::int64_t layer, std::int64_t layers) const {
  return {.query = query,
          .key = key,
          .value = value,
          .probability_bits = probability_bits,
          .lower_bits_below = static_cast<float>(lower_bits_below),
          .value_ratio = values.ratio(layer, layers, 0),
          .values = values,
          .token_criterion = tokens.criterion,
          .seed = seed};
}

PruningSchedule load_schedule(const std::filesystem::path& file) {
  PruningSchedule schedule;
  config::Reader reader(&schedule.origins);
  config::read(config::load_file(file), schedule, reader, {});
  reader.finish();
  schedule.name = file.stem().string();
  check_by_itself(schedule);
  return schedule;
}

void check_schedule(const PruningSchedule& schedule, std::int64_t layers) {
  Complaints found{schedule};
  found.add(schedule.tokens, "tokens", layers, prune::kTokenFront);
  found.add(schedule.heads, "heads", layers, prune::kHeadFront);
  found.finish();
}

}  // namespace weft::evaluation
