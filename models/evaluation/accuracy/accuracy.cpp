#include "models/evaluation/accuracy/accuracy.hpp"

#include <algorithm>
#include <numeric>

#include "models/common/descriptor.hpp"
#include "models/common/input_file.hpp"
#include "models/common/limits.hpp"
#include "models/numerics/bf16.hpp"

namespace weft::evaluation {
namespace {

constexpr Limit kTextBytes{"texts", 64 * kMi, 64 * kMi, "bytes of a file of texts"};

// Dense attention, which keeps what it was given as a trace.
class Recorder final : public workload::EncoderAttention {
 public:
  explicit Recorder(bool keep) : keep_(keep) {}

  std::vector<std::int64_t> tokens(std::int64_t layer, std::int64_t count) override {
    return dense_.tokens(layer, count);
  }
  std::vector<float> attend(const workload::AttentionOperands& x) override {
    if (keep_) workload::add_layer(trace_, x);
    return dense_.attend(x);
  }
  const workload::Trace& trace() const { return trace_; }

 private:
  bool keep_;
  workload::DenseAttention dense_;
  workload::Trace trace_{};
};

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::vector<std::int64_t> all_tokens(std::size_t count) {
  std::vector<std::int64_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TextAccuracy run_text(const workload::Encoder& encoder, const Text& text,
                      const PruningSchedule& schedule, const std::vector<double>& dense) {
  PrunedEncoderAttention attention(schedule, encoder.shape(),
                                   static_cast<std::int64_t>(text.ids.size()));
  const std::vector<float> hidden = encoder.run(text.ids, attention);
  TextAccuracy out;
  out.layers = attention.layers();
  out.embedding =
      encoder.embedding(hidden, schedule.pooling == Pooling::kept ? out.layers.back().tokens_kept
                                                                  : all_tokens(text.ids.size()));
  out.cosine = dot(out.embedding, dense);
  return out;
}

}  // namespace

SparedBytes spared(const std::vector<LayerCounts>& layers) {
  SparedBytes sum;
  for (const LayerCounts& layer : layers) sum += layer.spared;
  return sum;
}

double reduction(const SparedBytes& bytes) {
  return static_cast<double>(bytes.dense) / static_cast<double>(bytes.fetched());
}

double mean_cosine(const std::vector<SingleQueries>& all) {
  double sum = 0;
  double steps = 0;
  for (const SingleQueries& one : all) {
    sum += one.cosine_mean * static_cast<double>(one.steps);
    steps += static_cast<double>(one.steps);
  }
  return sum / steps;
}

std::vector<Text> load_texts(const std::filesystem::path& file, const workload::Encoder& encoder) {
  const std::string all = read_text(file, kTextBytes);
  std::vector<Text> texts;
  std::int64_t line = 0;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = std::min(all.find('\n', begin), all.size());
    const std::string_view text = std::string_view(all).substr(begin, end - begin);
    ++line;
    begin = end + 1;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    texts.push_back({line, encoder.tokenize(text, {file.string(), static_cast<int>(line), 0})});
  }
  if (texts.empty())
    throw ConfigError(Problem{{file.string(), 0, 0}, "", "", "no text: one a line is needed"});
  return texts;
}

Accuracy run_accuracy(const workload::Encoder& encoder, const std::vector<Text>& texts,
                      const std::vector<PruningSchedule>& schedules,
                      const AccuracyOptions& options) {
  for (const PruningSchedule& schedule : schedules)
    check_schedule(schedule, encoder.shape().layers);
  Accuracy out;
  out.schedules.resize(schedules.size());
  const std::size_t of = texts.size() * (schedules.size() + 1);
  std::size_t done = 0;
  const auto next = [&] {
    if (options.progress) options.progress(++done, of);
    if (options.stop.stop_requested()) throw Stopped();
  };
  for (const Text& text : texts) {
    Recorder recorder(options.single_queries);
    const std::vector<float> hidden = encoder.run(text.ids, recorder);
    out.dense.push_back(encoder.embedding(hidden, all_tokens(text.ids.size())));
    next();
    for (std::size_t s = 0; s < schedules.size(); ++s) {
      ScheduleAccuracy& schedule = out.schedules[s];
      schedule.texts.push_back(run_text(encoder, text, schedules[s], out.dense.back()));
      if (options.single_queries)
        schedule.single_queries.push_back(run_single_queries(schedules[s], recorder.trace()));
      next();
    }
  }
  return out;
}

Accuracy run_accuracy(const workload::Trace& trace, const std::vector<PruningSchedule>& schedules,
                      const AccuracyOptions& options) {
  check_one_sequence(trace);
  for (const PruningSchedule& schedule : schedules)
    check_schedule(schedule, static_cast<std::int64_t>(trace.layers.size()));
  Accuracy out;
  for (const PruningSchedule& schedule : schedules) {
    ScheduleAccuracy& done = out.schedules.emplace_back();
    done.trace = run_pruned_trace(schedule, trace);
    done.single_queries.push_back(run_single_queries(schedule, trace));
    if (options.progress) options.progress(out.schedules.size(), schedules.size());
    if (options.stop.stop_requested()) throw Stopped();
  }
  return out;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace weft::evaluation
