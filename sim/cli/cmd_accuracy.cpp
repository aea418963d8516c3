#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <system_error>

#include "models/engine/design/catalog.hpp"
#include "models/evaluation/accuracy/accuracy.hpp"
#include "models/workload/safetensors.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/progress.hpp"
#include "sim/request/option_text.hpp"

namespace weft::cli {

using namespace request;
namespace {

namespace fs = std::filesystem;

constexpr const char* kAccuracyExamples = R"(Examples:
  weft accuracy --model minilm --texts tests/data/plain-english.txt --schedules bits-8,bits-4
  weft accuracy --model minilm --texts my.txt --schedules my-schedule.yaml --single-queries --json -
  weft accuracy --model minilm --texts my.txt --schedules configs/schedule/encoder --json curve.json
  weft accuracy --values tests/data/minilm-l6.safetensors --schedules single-5,single-5-values-60

The model is a folder with config.json, vocab.txt and model.safetensors of a BERT; scripts/trace/fetch_model.sh minilm
fetches MiniLM-L6's. Bytes are those of queries, keys and values, scales counted, against 12 bits of everything.)";

struct AccuracyCommand {
  std::string model, texts, values, schedules;
  bool single_queries = false;
  std::string json, embeddings;
};

// A name, a file, or all files of a folder and those in it, in their order.
std::vector<evaluation::PruningSchedule> load_schedules(const std::string& list,
                                                        const engine::Catalog& catalog) {
  std::vector<evaluation::PruningSchedule> schedules;
  for (const std::string& name : comma_list(list)) {
    std::error_code code;
    if (name.find('/') == std::string::npos || !fs::is_directory(name, code)) {
      schedules.push_back(evaluation::load_schedule(catalog.file("schedule", name)));
      continue;
    }
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(name, code)) {
      if (entry.path().extension() == ".yaml" || entry.path().extension() == ".yml")
        files.push_back(entry.path());
    }
    if (code || files.empty()) refuse("--schedules", name, "no YAML file is in that folder");
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) schedules.push_back(evaluation::load_schedule(file));
  }
  return schedules;
}

std::string mean_rounds(const evaluation::SelectionCounts& counts) {
  if (counts.selections == 0) return "-";
  return fmt::format("{:.1f}",
                     static_cast<double>(counts.rounds) / static_cast<double>(counts.selections));
}

std::vector<std::string> row_of(const std::string& name, double cosine, double least,
                                double reduced, const evaluation::SparedBytes& bytes,
                                const std::vector<evaluation::LayerCounts>& layers) {
  evaluation::LayerCounts sum;
  for (const auto& layer : layers) sum += layer;
  const auto share = [&](std::int64_t part) {
    return percent_text(static_cast<double>(part) / static_cast<double>(bytes.dense));
  };
  return {name,
          fmt::format("{:.4f}", cosine),
          fmt::format("{:.4f}", least),
          fmt::format("{:.2f}x", reduced),
          bytes_text(static_cast<double>(bytes.fetched())),
          share(bytes.by_tokens),
          share(bytes.by_heads),
          share(bytes.by_values),
          share(bytes.by_bits),
          share(bytes.lower_planes),
          share(bytes.scales),
          percent_text(static_cast<double>(sum.lower_rows) / static_cast<double>(sum.rows)),
          mean_rounds(sum.values),
          mean_rounds(sum.tokens)};
}

std::string table_of(const std::vector<evaluation::PruningSchedule>& schedules,
                     const evaluation::Accuracy& accuracy) {
  const std::array<const char*, 12> columns{
      "fewer bytes",  "fetched", "by tokens", "heads",          "values", "bits",
      "lower planes", "scales",  "flat rows", "rounds, values", "tokens", ""};
  const auto table = [&](const char* first, const char* second) {
    std::vector<std::string> header{"schedule", first, second};
    for (const char* column : columns) {
      if (*column != '\0') header.emplace_back(column);
    }
    return Table(header);
  };
  std::string out;
  Table embeddings = table("cosine, median", "least");
  Table single = table("cosine, mean", "least");
  Table layers_of_trace = table("cosine, mean", "least layer");
  for (std::size_t s = 0; s < schedules.size(); ++s) {
    const evaluation::ScheduleAccuracy& got = accuracy.schedules[s];
    std::vector<double> cosines;
    std::vector<double> reductions;
    std::vector<evaluation::LayerCounts> layers;
    for (const auto& text : got.texts) {
      cosines.push_back(text.cosine);
      reductions.push_back(evaluation::reduction(evaluation::spared(text.layers)));
      layers.insert(layers.end(), text.layers.begin(), text.layers.end());
    }
    if (!got.texts.empty())
      embeddings.add(row_of(schedules[s].name, evaluation::median(cosines),
                            *std::min_element(cosines.begin(), cosines.end()),
                            evaluation::median(reductions), evaluation::spared(layers), layers));
    if (got.trace) {
      const std::vector<double>& by_layer = got.trace->cosine;
      const evaluation::SparedBytes bytes = evaluation::spared(got.trace->layers);
      layers_of_trace.add(row_of(schedules[s].name,
                                 std::accumulate(by_layer.begin(), by_layer.end(), 0.0) /
                                     static_cast<double>(by_layer.size()),
                                 *std::min_element(by_layer.begin(), by_layer.end()),
                                 evaluation::reduction(bytes), bytes, got.trace->layers));
    }
    if (got.single_queries.empty()) continue;
    layers.clear();
    double least = 1;
    for (const auto& one : got.single_queries) {
      least = std::min(least, one.cosine_mean);
      layers.insert(layers.end(), one.layers.begin(), one.layers.end());
    }
    const evaluation::SparedBytes bytes = evaluation::spared(layers);
    single.add(row_of(schedules[s].name, evaluation::mean_cosine(got.single_queries), least,
                      evaluation::reduction(bytes), bytes, layers));
  }
  if (!accuracy.dense.empty())
    out += "Embeddings to those of dense attention\n" + embeddings.text();
  if (accuracy.schedules.front().trace)
    out += "Layers of the trace, all queries at once: outputs to exact ones\n" +
           layers_of_trace.text();
  if (!accuracy.schedules.front().single_queries.empty())
    out += "Single queries on a growing cache: outputs to exact ones\n" + single.text();
  return out;
}

void write_embeddings(const std::string& path, const std::vector<evaluation::Text>& texts,
                      const std::vector<evaluation::PruningSchedule>& schedules,
                      const evaluation::Accuracy& accuracy, const std::stop_token& stop) {
  const auto count = static_cast<std::int64_t>(texts.size());
  std::vector<std::vector<float>> values(schedules.size() + 1);
  for (std::size_t t = 0; t < texts.size(); ++t) {
    const auto add = [&](std::vector<float>& to, const std::vector<double>& embedding) {
      for (const double x : embedding) to.push_back(static_cast<float>(x));
    };
    add(values[0], accuracy.dense[t]);
    for (std::size_t s = 0; s < schedules.size(); ++s)
      add(values[s + 1], accuracy.schedules[s].texts[t].embedding);
  }
  std::vector<workload::TensorToWrite> tensors;
  for (std::size_t s = 0; s < values.size(); ++s)
    tensors.push_back({s == 0 ? "dense" : "schedules." + std::to_string(s - 1),
                       workload::Dtype::f32,
                       {count, static_cast<std::int64_t>(values[s].size()) / count},
                       values[s]});
  workload::write_safetensors(path, tensors, {}, stop);
}

void refuse_meaningless(const AccuracyCommand& o) {
  if (o.schedules.empty()) {
    const engine::Catalog catalog(config_roots());
    throw ConfigError(Problem{{},
                              "--schedules",
                              "",
                              "missing: name one or more, with ',' between them; schedules: " +
                                  one_of(catalog.list("schedule"))});
  }
  if (o.values.empty()) {
    if (o.model.empty())
      throw ConfigError(
          Problem{{}, "--model", "", "missing: the folder of a model, or a trace with --values"});
    if (o.texts.empty())
      throw ConfigError(Problem{{}, "--texts", "", "missing: a file of texts, one a line"});
    return;
  }
  for (const auto& [option, value] :
       {std::pair{"--model", o.model}, {"--texts", o.texts}, {"--embeddings", o.embeddings}}) {
    if (!value.empty()) refuse(option, value, "does not go with --values, which is a trace");
  }
}

int accuracy(const AccuracyCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  outputs.expect("--embeddings", o.embeddings, false);
  refuse_meaningless(o);
  const engine::Catalog catalog(config_roots());
  const auto schedules = load_schedules(o.schedules, catalog);
  Interrupt interrupt;
  Progress progress("accuracy");
  const evaluation::AccuracyOptions options{
      o.single_queries, interrupt.token(), [&](std::size_t done, std::size_t of) {
        progress.show(static_cast<double>(done) / static_cast<double>(of));
      }};
  evaluation::AccuracyRequest request{
      .version = WEFT_VERSION, .model = o.values.empty() ? o.model : o.values, .texts = o.texts};
  std::vector<evaluation::Text> texts;
  evaluation::Accuracy got;
  try {
    if (o.values.empty()) {
      const workload::Encoder encoder{fs::path(o.model)};
      texts = evaluation::load_texts(o.texts, encoder);
      request.shape = encoder.shape();
      got = evaluation::run_accuracy(encoder, texts, schedules, options);
    } else {
      const workload::Trace trace = workload::load_trace(o.values);
      request.shape = {.layers = static_cast<std::int64_t>(trace.layers.size()),
                       .heads = trace.shape.heads,
                       .width = trace.shape.heads * trace.shape.width_qk};
      got = evaluation::run_accuracy(trace, schedules, options);
    }
    progress.clear();
    const auto held = interrupt.writing();
    if (interrupt.exit_code() != 0) return interrupt.exit_code();
    outputs.await_readers(interrupt.token());
    if (!o.embeddings.empty())
      write_embeddings(o.embeddings, texts, schedules, got, interrupt.token());
    if (!o.json.empty())
      write_output(o.json, evaluation::accuracy_json(request, texts, schedules, got),
                   interrupt.token());
    if (!outputs.uses_stdout()) say(table_of(schedules, got), interrupt.token());
  } catch (const Stopped&) {
    return interrupt.exit_code();
  }
  return 0;
}

}  // namespace

Command add_accuracy(App& app) {
  const auto o = std::make_shared<AccuracyCommand>();
  App* command = app.add_subcommand(
      "accuracy",
      "What quantising and pruning attention does to a real model: cosine, bytes, selections");
  const auto text = [&](const char* name, std::string& target, const char* type, const char* help) {
    command->add_option(name, target, help)->type_name(type)->check(not_empty());
  };
  text("--model", o->model, "DIR", "a folder with config.json, vocab.txt and model.safetensors");
  text("--texts", o->texts, "FILE", "texts, one a line");
  text("--values", o->values, "TRACE",
       "in place of both: a trace, its layers at once and its tokens as single queries");
  text("--schedules", o->schedules, "NAME,NAME",
       "names from 'weft list schedules', YAML files, or folders of them");
  command->add_flag("--single-queries", o->single_queries,
                    "each text's tokens one by one too, as a decoder's queries to a growing cache");
  text("--json", o->json, "FILE", "as JSON, schema weft-accuracy/1; '-' is standard output");
  text("--embeddings", o->embeddings, "FILE",
       "the texts' embeddings as .safetensors: 'dense', and 'schedules.N' of each schedule");
  command->footer(kAccuracyExamples);
  return {command, [o] { return accuracy(*o); }};
}

}  // namespace weft::cli
