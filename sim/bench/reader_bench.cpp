// How long a file takes to read, by its size, up to the reader's default budget:
// scripts/plot/readers.py draws it.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstring>
#include <string>

#include "models/common/csv.hpp"
#include "models/common/fields.hpp"
#include "models/einsum/load.hpp"
#include "models/workload/json_text.hpp"
#include "models/workload/npy.hpp"
#include "models/workload/safetensors.hpp"

namespace weft::bench {
namespace {

// Times `read(text)` on text(n), n being a sixteenth of `most`, an eighth … all of it: the
// benchmark's argument is the divisor.
template <class Text, class Read>
void time_reading(benchmark::State& state, std::uint64_t most, Text text, Read read) {
  const std::string bytes = text(most / static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) read(bytes);
  state.counters["bytes"] = static_cast<double>(bytes.size());
}

struct Entry {
  std::string name;
  double energy = 0;
};
auto fields(config::Tag<Entry>) {
  return config::field_table(config::required("name", &Entry::name, "n"),
                             config::required("energy", &Entry::energy, {0, 1e12}, "e"));
}
struct Entries {
  std::vector<Entry> entries;
};
auto fields(config::Tag<Entries>) {
  return config::field_table(config::required("entries", &Entries::entries, "e"));
}

void yaml(benchmark::State& state) {
  const ReadLimits limits;
  time_reading(
      state, limits.yaml_nodes.value / 5 - 1,  // a map, two keys, two values
      [](std::uint64_t count) {
        std::string text = "entries:\n";
        for (std::uint64_t i = 0; i < count; ++i)
          text += fmt::format("  - name: component_{}\n    energy: {}.25\n", i, i % 1000);
        return text;
      },
      [](const std::string& text) {
        Entries out;
        config::Reader reader;
        config::read(config::load_text(text, "f"), out, reader);
        reader.finish();
        benchmark::DoNotOptimize(out);
      });
}

void json(benchmark::State& state) {
  const ReadLimits limits;
  time_reading(
      state, limits.json_nodes.value / 6 - 1,
      [](std::uint64_t count) {
        std::string text = "{\"entries\": [0";
        for (std::uint64_t i = 0; i < count; ++i)
          text += fmt::format(", {{\"k\": {}, \"energy\": [{}.25]}}", i, i % 100);
        return text + "]}";
      },
      [&](const std::string& text) {
        benchmark::DoNotOptimize(
            workload::parse_json(text, "f", "", workload::json_limits(limits)));
      });
}

void safetensors_header(benchmark::State& state) {
  const ReadLimits limits;
  time_reading(
      state, limits.safetensors_nodes.value / 12 - 1,
      [](std::uint64_t count) {
        std::string header = "{\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
        for (std::uint64_t i = 0; i < count; ++i)
          header += fmt::format(
              R"(,"model.layers.{}.weight":{{"dtype":"F32","shape":[1,0],"data_offsets":[0,0]}})",
              i);
        header += "}";
        const std::uint64_t length = header.size();
        std::string bytes(8, '\0');
        std::memcpy(bytes.data(), &length, 8);
        return bytes + header;
      },
      [](const std::string& bytes) {
        benchmark::DoNotOptimize(workload::Safetensors(bytes, "f"));
      });
}

void npy(benchmark::State& state) {
  time_reading(
      state, 16 * kMi,  // 64 MiB: the default budget would take this machine's memory
      [](std::uint64_t count) {
        const std::vector<float> values(count, 0.5F);
        return workload::npy_bytes(std::vector<std::int64_t>{static_cast<std::int64_t>(count)},
                                   values);
      },
      [](const std::string& bytes) { benchmark::DoNotOptimize(workload::parse_npy(bytes, "f")); });
}

void csv(benchmark::State& state) {
  const ReadLimits limits;
  time_reading(
      state, limits.csv_rows.value - 1,
      [](std::uint64_t count) {
        std::string text = "model,seq_len,latency_s,energy_pj\n";
        for (std::uint64_t i = 0; i < count; ++i)
          text += fmt::format("\"bert, base\",{}K,{}.5e-3,1234567.125\n", 1 + i % 512, i % 1000);
        return text;
      },
      [&](const std::string& text) {
        csv::Reader reader(text, "f", {"model", "seq_len", "latency_s", "energy_pj"}, limits);
        double sum = 0;
        while (reader.next())
          sum += reader.number("latency_s") + reader.number("energy_pj") +
                 static_cast<double>(reader.count("seq_len"));
        reader.finish();
        benchmark::DoNotOptimize(sum);
      });
}

void cascade(benchmark::State& state) {
  const ReadLimits limits;
  time_reading(
      state, limits.cascade_einsums.value - 1,
      [](std::uint64_t count) {
        std::string text = fmt::format(
            "description: d\nsource: s\nranks: {{E: width, M: keys, P: queries}}\ntensors: {{Q: "
            "[E, P], K: [E, M]}}\noutputs: [T{}]\n"
            "einsums:\n  - T0[m,p] = Q[e,p] * K[e,m]\n",
            count);
        for (std::uint64_t i = 0; i < count; ++i)
          text += fmt::format("  - T{}[m,p] = max(T{}[m,p], exp(T0[m,p]))\n", i + 1, i);
        return text;
      },
      [](const std::string& text) { benchmark::DoNotOptimize(einsum::parse_cascade(text, "f")); });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int divisor : {32, 16, 8, 4, 2, 1}) benchmark->Arg(divisor);
  benchmark->Unit(benchmark::kMillisecond)->MinTime(0.2);
}

BENCHMARK(yaml)->Name("read/yaml")->Apply(sizes);
BENCHMARK(json)->Name("read/json")->Apply(sizes);
BENCHMARK(safetensors_header)->Name("read/safetensors header")->Apply(sizes);
BENCHMARK(npy)->Name("read/npy")->Apply(sizes);
BENCHMARK(csv)->Name("read/csv")->Apply(sizes);
BENCHMARK(cascade)->Name("read/cascade")->Apply(sizes);

}  // namespace
}  // namespace weft::bench
