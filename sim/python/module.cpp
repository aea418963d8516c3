#include "sim/python/module.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "models/common/error.hpp"
#include "models/engine/run/result_json.hpp"
#include "models/engine/run/run_point.hpp"
#include "models/workload/trace.hpp"
#include "sim/python/sweep_module.hpp"
#include "sim/request/analyze.hpp"
#include "sim/request/config_roots.hpp"
#include "sim/request/execute.hpp"
#include "sim/request/options.hpp"

namespace py = pybind11;

namespace weft::python {

void without_interpreter(const std::function<void(const std::stop_token&)>& work,
                         const std::function<void()>& look) {
  constexpr std::chrono::milliseconds kLook{100};
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::exception_ptr failed;
  std::exception_ptr raised;
  {
    const py::gil_scoped_release release;
    std::jthread thread([&](const std::stop_token& stop) {
      try {
        work(stop);
      } catch (...) {
        failed = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      done = true;
      ended.notify_one();
    });
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, kLook, [&] { return done; })) {
      if (raised) continue;
      lock.unlock();
      {
        const py::gil_scoped_acquire acquire;
        try {
          if (PyErr_CheckSignals() != 0) throw py::error_already_set();
          if (look) look();
        } catch (...) {
          raised = std::current_exception();
          thread.request_stop();
        }
      }
      lock.lock();
    }
  }
  if (raised) std::rethrow_exception(raised);
  if (failed) std::rethrow_exception(failed);
}

namespace {

using Texts = std::vector<std::string>;
using Options = std::vector<std::pair<std::string, std::string>>;

// A run's options by their names without dashes, as a sweep file has them.
request::PointOptions options_of(const Options& named) {
  request::PointOptions options;
  for (const auto& [key, text] : named) {
    if (key == "workload") {
      options.workload = text;
    } else if (key == "set") {
      options.sets.push_back(text);
    } else {
      request::set_option(options, key, text);
    }
  }
  return options;
}

engine::Design load_design(const engine::Catalog& catalog, const Texts& design,
                           const std::vector<engine::Setting>& settings) {
  if (design.size() == 2) return engine::Design::load(catalog, design[0], design[1], settings);
  return engine::Design::load(catalog, design.at(0), settings);
}

// Outputs by layer, as a file of them has them: with the leading extents of Q.
py::dict arrays_of(const std::vector<workload::ComputedTensor>& tensors,
                   const std::vector<py::ssize_t>& leading) {
  py::dict made;
  for (const workload::ComputedTensor& tensor : tensors) {
    std::vector<py::ssize_t> shape = leading;
    shape.insert(shape.end(), tensor.shape.begin(), tensor.shape.end());
    for (std::size_t layer = 0; layer < tensor.layers.size(); ++layer) {
      py::array_t<float> array(shape);
      const std::vector<float>& values = tensor.layers[layer];
      check(static_cast<std::size_t>(array.size()) == values.size(), "as many values as its shape");
      std::copy(values.begin(), values.end(), array.mutable_data());
      made[py::str("layers." + std::to_string(layer) + "." + tensor.name)] = std::move(array);
    }
  }
  return made;
}

// (JSON, values by name) of each design: names, or an architecture and a binding.
py::list run(const Texts& roots, const std::vector<Texts>& designs, const Options& options,
             const std::optional<std::string>& trace, bool with_values) {
  struct Made {
    request::Executed run;
    std::vector<workload::ComputedTensor> values;
    std::string json;
  };
  std::vector<Made> made;
  std::vector<py::ssize_t> leading;
  without_interpreter([&](const std::stop_token& stop) {
    const engine::Catalog catalog = catalog_of(roots);
    request::PointOptions asked = options_of(options);
    if (trace) {
      asked.values = asked.values.empty() ? "arrays" : asked.values;
      workload::Trace read = workload::parse_trace(workload::Safetensors(*trace, asked.values));
      read.file = asked.values;
      read.causal_in_file = read.shape.causal;
      asked.trace = std::make_shared<const workload::Trace>(std::move(read));
    }
    const request::Point point = request::resolve(asked, catalog);
    if (point.trace) {
      if (point.trace->has_batch) leading.push_back(point.trace->shape.batch);
      leading.push_back(point.trace->shape.heads);
    }
    for (const Texts& design : designs) {
      engine::Design loaded = load_design(catalog, design, point.settings);
      Made one;
      request::ExecuteOptions how;
      how.stop = stop;
      if (with_values && point.trace) how.outputs = &one.values;
      one.run = request::execute(std::move(loaded), point, how);
      one.json = engine::result_json(one.run.report, json::Layout::compact);
      made.push_back(std::move(one));
    }
  });
  py::list results;
  for (const Made& one : made)
    results.append(py::make_tuple(one.json, arrays_of(one.values, leading)));
  return results;
}

std::string analyze(const Texts& roots, const std::string& cascade, const Texts& sets,
                    const Texts& occupancies) {
  std::string json;
  without_interpreter([&](const std::stop_token&) {
    json = engine::analysis_json(
        request::analyze(catalog_of(roots), cascade, sets, occupancies).analysis);
  });
  return json;
}

}  // namespace

engine::Catalog catalog_of(const Texts& shipped) {
  std::vector<std::filesystem::path> roots(shipped.begin(), shipped.end());
  roots.emplace_back(std::filesystem::path(WEFT_SOURCE_DIR) / "configs");
  return engine::Catalog(request::config_roots(roots));
}

}  // namespace weft::python

// What the package `weft` is made of: texts go in and JSON comes out, and the package's Python
// sources give both their types.
PYBIND11_MODULE(_core, m) {
  m.attr("version") = WEFT_VERSION;
  py::object error = py::register_exception<weft::ConfigError>(m, "ConfigError", PyExc_ValueError);
  error.attr("__module__") = "weft";
  error.attr("__doc__") = "Wrong input: where, which field, what was found, what is allowed.";
  m.def("run", &weft::python::run);
  m.def("analyze", &weft::python::analyze);
  m.def("names", [](const std::vector<std::string>& roots, const std::string& kind) {
    return weft::python::catalog_of(roots).list(kind);
  });
  weft::python::add_sweeps(m);
}
