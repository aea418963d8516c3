#include "models/common/json.hpp"
#include "models/evaluation/accuracy/accuracy.hpp"

namespace weft::evaluation {
namespace {

using json::Writer;

void write(Writer& w, const SparedBytes& bytes) {
  w.begin_object();
  w.field("dense_12bit", bytes.dense);
  w.field("spared_by_tokens", bytes.by_tokens);
  w.field("spared_by_heads", bytes.by_heads);
  w.field("spared_by_values", bytes.by_values);
  w.field("spared_by_bits", bytes.by_bits);
  w.field("lower_planes", bytes.lower_planes);
  w.field("scales", bytes.scales);
  w.field("fetched", bytes.fetched());
  w.end_object();
}

void write(Writer& w, const prune::Fetched& f) {
  w.begin_object();
  w.field("query", f.query());
  w.field("key", f.key());
  w.field("value", f.value());
  w.field("query_lower", f.query_lower_bytes);
  w.field("key_lower", f.key_lower_bytes);
  w.field("query_scales", f.query_scale_bytes);
  w.field("key_scales", f.key_scale_bytes);
  w.field("value_scales", f.value_scale_bytes);
  w.end_object();
}

void write(Writer& w, const SelectionCounts& counts) {
  w.begin_object();
  w.field("selections", counts.selections);
  w.field("rounds", counts.rounds);
  w.field("elements", counts.elements);
  w.field("zero_thresholds", counts.zero_thresholds);
  w.end_object();
}

void write_layers(Writer& w, const std::vector<LayerCounts>& layers) {
  w.key("layers");
  w.begin_array();
  for (std::size_t n = 0; n < layers.size(); ++n) {
    const LayerCounts& layer = layers[n];
    w.begin_object();
    w.field("layer", n);
    w.key("bytes");
    write(w, layer.spared);
    w.key("tensors");
    write(w, layer.fetched);
    w.field("rows", layer.rows);
    w.field("lower_rows", layer.lower_rows);
    w.key("value_selections");
    write(w, layer.values);
    w.key("token_selections");
    write(w, layer.tokens);
    w.key("head_selections");
    write(w, layer.heads);
    w.end_object();
  }
  w.end_array();
}

void write_kept(Writer& w, const std::vector<LayerCounts>& layers) {
  w.key("selection");
  w.begin_array();
  for (std::size_t n = 0; n < layers.size(); ++n) {
    w.begin_object();
    w.field("layer", n);
    w.values("tokens_kept", layers[n].tokens_kept);
    w.values("heads_kept", layers[n].heads_kept);
    w.end_object();
  }
  w.end_array();
}

void add(std::vector<LayerCounts>& sum, const std::vector<LayerCounts>& layers) {
  sum.resize(layers.size());
  for (std::size_t n = 0; n < layers.size(); ++n) sum[n] += layers[n];
}

// Of the steps of all texts.
void write_single(Writer& w, const std::vector<SingleQueries>& all) {
  std::vector<LayerCounts> layers;
  std::vector<double> cosines;
  std::vector<double> reductions;
  std::int64_t steps = 0;
  for (const SingleQueries& one : all) {
    add(layers, one.layers);
    reductions.push_back(reduction(spared(one.layers)));
    cosines.push_back(one.cosine_mean);
    steps += one.steps;
  }
  w.begin_object();
  w.field("steps", steps);
  w.field("cosine_mean", mean_cosine(all));
  w.field("cosine_median", median(cosines));
  w.field("reduction_median", median(reductions));
  w.key("bytes");
  write(w, spared(layers));
  write_layers(w, layers);
  w.end_object();
}

void write(Writer& w, const PruningSchedule& schedule, const std::vector<Text>& texts,
           const ScheduleAccuracy& got) {
  std::vector<double> cosines;
  std::vector<double> reductions;
  std::vector<LayerCounts> layers;
  for (const TextAccuracy& text : got.texts) {
    cosines.push_back(text.cosine);
    reductions.push_back(reduction(spared(text.layers)));
    add(layers, text.layers);
  }
  w.begin_object();
  w.field("schedule", schedule.name);
  if (got.trace) {
    layers = got.trace->layers;
    w.null_field("cosine_median");
    w.field("reduction_median", reduction(spared(layers)));
    w.values("output_cosine_by_layer", got.trace->cosine);
  } else {
    w.field("cosine_median", median(cosines));
    w.field("reduction_median", median(reductions));
    w.null_field("output_cosine_by_layer");
  }
  w.key("bytes");
  write(w, spared(layers));
  write_layers(w, layers);
  w.key("texts");
  w.begin_array();
  for (std::size_t t = 0; t < got.texts.size(); ++t) {
    w.begin_object();
    w.field("line", texts[t].line);
    w.field("tokens", texts[t].ids.size());
    w.field("cosine", got.texts[t].cosine);
    w.field("reduction", reductions[t]);
    w.key("bytes");
    write(w, spared(got.texts[t].layers));
    write_kept(w, got.texts[t].layers);
    w.end_object();
  }
  w.end_array();
  w.key("single_queries");
  if (got.single_queries.empty()) {
    w.null();
  } else {
    write_single(w, got.single_queries);
  }
  w.end_object();
}

}  // namespace

std::string accuracy_json(const AccuracyRequest& request, const std::vector<Text>& texts,
                          const std::vector<PruningSchedule>& schedules, const Accuracy& accuracy) {
  Writer w;
  w.begin_object();
  w.field("schema", "weft-accuracy/1");
  w.field("version", request.version);
  w.field("model", request.model);
  if (request.texts.empty()) {
    w.null_field("texts");
  } else {
    w.field("texts", request.texts);
  }
  w.key("shape");
  w.begin_object();
  w.field("layers", request.shape.layers);
  w.field("heads", request.shape.heads);
  w.field("width", request.shape.width / request.shape.heads);
  w.end_object();
  w.key("schedules");
  w.begin_array();
  for (std::size_t s = 0; s < schedules.size(); ++s)
    write(w, schedules[s], texts, accuracy.schedules[s]);
  w.end_array();
  w.end_object();
  return w.take();
}

}  // namespace weft::evaluation
