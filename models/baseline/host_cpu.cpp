#include "models/baseline/host_cpu.hpp"

#include <cblas.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "models/baseline/attentions.hpp"
#include "models/engine/run/run_point.hpp"
#include "models/select/pivot.hpp"

namespace weft::baseline {
namespace {

using program::Invocation;
using workload::Shape;

constexpr const char* kLibrary = "libopenblas.so.0";
constexpr double kMostOperations = 4e9;          // that are done for one attention at most
constexpr std::int64_t kMostScores = 1 << 25;    // of a head
constexpr std::int64_t kMostElements = 1 << 23;  // of all keys and values
constexpr int kRepeats = 3;

struct Blas {
  decltype(&cblas_sgemm) sgemm = nullptr;
  std::string name;
};

template <class F>
F symbol(void* library, const char* name) {
  return reinterpret_cast<F>(dlsym(library, name));
}

const Blas& blas() {
  static const Blas opened = [] {
    void* library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    Blas made;
    if (library == nullptr) return made;
    made.sgemm = symbol<decltype(&cblas_sgemm)>(library, "cblas_sgemm");
    const auto config = symbol<decltype(&openblas_get_config)>(library, "openblas_get_config");
    const auto threads =
        symbol<decltype(&openblas_get_num_threads)>(library, "openblas_get_num_threads");
    if (config != nullptr && threads != nullptr)
      made.name = fmt::format("{}, {} threads", config(), threads());
    return made;
  }();
  if (opened.sgemm == nullptr)
    throw ConfigError(Problem{{},
                              "--design",
                              "host-cpu",
                              std::string("measured with OpenBLAS, and ") + kLibrary +
                                  " cannot be opened: install libopenblas-dev"});
  return opened;
}

std::vector<float> filled(std::size_t count, std::uint64_t stream) {
  std::vector<float> all(count);
  for (std::size_t i = 0; i < count; ++i)
    all[i] = static_cast<float>(select::seed_of(stream, i) >> 40) / (1 << 24) - 0.5F;
  return all;
}

// Softmax of each row in place; a causal row over what it sees.
void softmax_rows(std::vector<float>& scores, const Shape& shape) {
  for (std::int64_t i = 0; i < shape.seq_q; ++i) {
    const std::int64_t seen = shape.visible_keys(i);
    float* row = scores.data() + i * shape.seq_kv;
    const float largest = seen > 0 ? *std::max_element(row, row + seen) : 0;
    float sum = 0;
    for (std::int64_t m = 0; m < seen; ++m) sum += row[m] = std::exp(row[m] - largest);
    for (std::int64_t m = 0; m < seen; ++m) row[m] /= sum;
    std::fill(row + seen, row + shape.seq_kv, 0.0F);
  }
}

struct Operands {
  std::vector<float> q, k, v, scores, out;
};

void attend(const Shape& shape, std::int64_t heads, Operands& data) {
  const auto at = [](std::vector<float>& all, std::int64_t offset) { return all.data() + offset; };
  const int queries = static_cast<int>(shape.seq_q);
  const int keys = static_cast<int>(shape.seq_kv);
  const int width = static_cast<int>(shape.width_qk);
  const int width_v = static_cast<int>(shape.width_v);
  const float scale = 1.0F / std::sqrt(static_cast<float>(width));
  for (std::int64_t h = 0; h < heads; ++h) {
    blas().sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, queries, keys, width, scale,
                 at(data.q, h * queries * width), width, at(data.k, h * keys * width), width, 0,
                 data.scores.data(), keys);
    softmax_rows(data.scores, shape);
    blas().sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, queries, width_v, keys, 1,
                 data.scores.data(), keys, at(data.v, h * keys * width_v), width_v, 0,
                 at(data.out, h * queries * width_v), width_v);
  }
}

// The median of some repeats, behind one that is not counted.
double seconds_of(const Shape& shape, std::int64_t heads, const engine::RunOptions& options) {
  const auto elements = [&](std::int64_t rows, std::int64_t width) {
    return static_cast<std::size_t>(heads * rows * width);
  };
  Operands data{filled(elements(shape.seq_q, shape.width_qk), 1),
                filled(elements(shape.seq_kv, shape.width_qk), 2),
                filled(elements(shape.seq_kv, shape.width_v), 3),
                std::vector<float>(static_cast<std::size_t>(shape.seq_q * shape.seq_kv)),
                std::vector<float>(elements(shape.seq_q, shape.width_v))};
  std::vector<double> times;
  attend(shape, heads, data);
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    if (options.stop.stop_requested()) throw engine::Cancelled();
    const auto begin = std::chrono::steady_clock::now();
    attend(shape, heads, data);
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace

HostTime measure_host(const std::vector<Invocation>& attentions,
                      const engine::RunOptions& options) {
  HostTime time{.seconds = 0, .library = blas().name, .scaled = false};
  for (const Invocation& one : attentions) {
    const Shape& shape = one.shape;
    if (static_cast<double>(shape.seq_q) * static_cast<double>(shape.seq_kv) >
        static_cast<double>(kMostScores))
      throw engine::Stuck(
          fmt::format("not measured: the scores of a head, {} x {}, are more than "
                      "the {} that are held",
                      shape.seq_q, shape.seq_kv, kMostScores));
    const std::int64_t all = one.layers * shape.batch * shape.heads;
    const double of_a_head = operations_of(one, false) / static_cast<double>(all);
    const std::int64_t row = shape.seq_kv * (shape.width_qk + shape.width_v);
    std::int64_t heads = std::min(all, std::max<std::int64_t>(1, kMostElements / row));
    heads = std::min<std::int64_t>(
        heads, std::max<std::int64_t>(1, static_cast<std::int64_t>(kMostOperations / of_a_head)));
    time.scaled = time.scaled || heads < all;
    time.seconds +=
        seconds_of(shape, heads, options) * static_cast<double>(all) / static_cast<double>(heads);
  }
  return time;
}

}  // namespace weft::baseline
