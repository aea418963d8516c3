// What schedules of quantisation and pruning do to a model's embeddings, and what they spare.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "models/evaluation/accuracy/pruned_layers.hpp"
#include "models/evaluation/accuracy/pruned_trace.hpp"
#include "models/evaluation/accuracy/pruning_schedule.hpp"
#include "models/evaluation/accuracy/single_queries.hpp"
#include "models/workload/encoder.hpp"

namespace weft::evaluation {

struct Text {
  std::int64_t line = 0;  // of its file
  std::vector<std::int64_t> ids;
};
// One a line; empty lines are passed over. ConfigError names the line of what the model cannot
// take, and the file where it has none.
std::vector<Text> load_texts(const std::filesystem::path& file, const workload::Encoder& encoder);

struct TextAccuracy {
  double cosine = 0;  // of the embedding to that of dense attention
  std::vector<LayerCounts> layers;
  std::vector<double> embedding;
};

struct ScheduleAccuracy {
  std::vector<TextAccuracy> texts;
  std::vector<SingleQueries> single_queries;  // by text, where asked for
  std::optional<PrunedTrace> trace{};         // of a trace in place of texts
};

struct AccuracyOptions {
  bool single_queries = false;  // of each text's own Q, K and V
  std::stop_token stop{};       // Stopped is thrown where it is asked for between two texts
  std::function<void(std::size_t done, std::size_t of)> progress{};
};

struct Accuracy {
  std::vector<std::vector<double>> dense;  // embeddings by text
  std::vector<ScheduleAccuracy> schedules;
};
Accuracy run_accuracy(const workload::Encoder& encoder, const std::vector<Text>& texts,
                      const std::vector<PruningSchedule>& schedules,
                      const AccuracyOptions& options);

// A trace of one sequence, as an encoder's layers and as single queries; no embeddings. ConfigError
// where it is no such trace.
Accuracy run_accuracy(const workload::Trace& trace, const std::vector<PruningSchedule>& schedules,
                      const AccuracyOptions& options);

// 0 of none.
double median(std::vector<double> values);
// Of single queries over all steps and layers of all texts.
double mean_cosine(const std::vector<SingleQueries>& all);
double reduction(const SparedBytes& bytes);  // dense over fetched
SparedBytes spared(const std::vector<LayerCounts>& layers);

// What was asked for, beside what came out, as weft-accuracy/1.
struct AccuracyRequest {
  std::string version;
  std::string model;  // folder, or trace, as given
  std::string texts;  // file, as given; empty with a trace
  workload::EncoderShape shape{};
};
std::string accuracy_json(const AccuracyRequest& request, const std::vector<Text>& texts,
                          const std::vector<PruningSchedule>& schedules, const Accuracy& accuracy);

}  // namespace weft::evaluation
