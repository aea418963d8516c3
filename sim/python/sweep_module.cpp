#include "sim/python/sweep_module.hpp"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "models/common/fields.hpp"
#include "models/engine/run/run_point.hpp"
#include "models/sweep/store.hpp"
#include "sim/python/module.hpp"
#include "sim/request/sweep_points.hpp"
#include "sim/request/sweep_run.hpp"
#include "sim/request/sweep_share.hpp"

namespace py = pybind11;

namespace weft::python {
namespace {

using request::SharedRow;
using Counts = std::map<std::string, std::uint64_t>;
using Shared = std::pair<std::uint64_t, py::bytes>;

Counts counts_of(const request::SweepCounts& counts) {
  Counts made{{"total", counts.total}, {"pending", counts.pending()}};
  for (const auto& [name, status] : engine::names(config::Tag<engine::Status>{}))
    made[std::string(name)] = counts.of(status);
  return made;
}

// A sweep file whose points are checked; runs them here, or gives them away.
class Sweep {
 public:
  Sweep(const std::vector<std::string>& roots, const std::string& text, const std::string& file,
        std::string fidelity)
      : catalog_(catalog_of(roots)), fidelity_(std::move(fidelity)) {
    without_interpreter([&](const std::stop_token&) {
      file_ = sweep::parse_sweep(text, file);
      points_.emplace(file_, catalog_, fidelity_);
    });
  }

  std::uint64_t total() const { return points_->grid().count_wanted(); }
  const std::string& name() const { return file_.name; }
  bool is_analytic() const { return points_->is_analytic(); }

  void record(sweep::Store& store) const {
    store.record(
        {file_.name, file_.file, std::filesystem::current_path().string(), file_.text, fidelity_});
  }

  Counts run(sweep::Store& store, unsigned jobs, std::optional<double> timeout_s,
             const std::function<void(std::uint64_t, std::uint64_t)>& progress) const {
    std::atomic<std::uint64_t> done{0};
    std::atomic<std::uint64_t> all{0};
    request::SweepCounts counts;
    without_interpreter(
        [&](const std::stop_token& stop) {
          request::SweepRunner runner(*points_, {jobs, timeout_s});
          const auto see = [&](std::uint64_t so_far, std::uint64_t total) {
            done = so_far;
            all = total;
          };
          counts = runner.run(store, see, stop);
        },
        [&] {
          if (progress && all > 0) progress(done, all);
        });
    return counts_of(counts);
  }

  std::vector<std::string> keys() const {
    std::vector<std::string> texts;
    without_interpreter([&](const std::stop_token&) {
      constexpr const char* kDigits = "0123456789abcdef";
      for (const sweep::Key& key : request::keys_of(*points_)) {
        std::string& text = texts.emplace_back();
        for (const std::uint8_t byte : key) (text += kDigits[byte >> 4]) += kDigits[byte & 15];
      }
    });
    return texts;
  }

  std::pair<std::vector<std::uint64_t>, Counts> pending(const sweep::Store& store) const {
    std::vector<std::uint64_t> left;
    request::SweepCounts counts;
    without_interpreter(
        [&](const std::stop_token&) { left = request::pending_points(*points_, store, &counts); });
    return {std::move(left), counts_of(counts)};
  }

  std::vector<Shared> rows(const std::vector<std::uint64_t>& which,
                           std::optional<double> timeout_s) const {
    std::vector<SharedRow> made;
    without_interpreter([&](const std::stop_token& stop) {
      made = request::rows_of(*points_, which, timeout_s, stop);
    });
    std::vector<Shared> rows;
    for (const SharedRow& row : made) rows.emplace_back(row.point, py::bytes(row.bytes));
    return rows;
  }

  Counts keep(sweep::Store& store, const std::vector<std::pair<std::uint64_t, std::string>>& rows) {
    std::vector<SharedRow> shared;
    for (const auto& [point, bytes] : rows) shared.push_back({point, bytes});
    request::SweepCounts counts;
    without_interpreter(
        [&](const std::stop_token&) { counts = request::keep_rows(*points_, store, shared); });
    return counts_of(counts);
  }

  void keep_failed(sweep::Store& store, std::uint64_t point, const std::string& reason) {
    request::keep_failed(*points_, store, point, reason);
  }

 private:
  engine::Catalog catalog_;
  std::string fidelity_;
  sweep::SweepFile file_;
  std::optional<request::SweepPoints> points_;
};

}  // namespace

void add_sweeps(py::module_& m) {
  py::class_<sweep::Store>(m, "Store")
      .def(py::init([](const std::string& folder, bool create) {
        using Mode = sweep::Store::Mode;
        return std::make_unique<sweep::Store>(folder, create ? Mode::create : Mode::existing);
      }))
      .def("forget_failed", &sweep::Store::forget_failed)
      .def("recorded", [](const sweep::Store& store) {
        const sweep::SweepRecord record = store.recorded();
        return py::make_tuple(record.name, record.file, record.folder, record.text,
                              record.fidelity);
      });
  py::class_<Sweep>(m, "Sweep")
      .def(py::init<const std::vector<std::string>&, const std::string&, const std::string&,
                    std::string>())
      .def_property_readonly("total", &Sweep::total)
      .def_property_readonly("name", &Sweep::name)
      .def_property_readonly("is_analytic", &Sweep::is_analytic)
      .def("record", &Sweep::record)
      .def("run", &Sweep::run)
      .def("keys", &Sweep::keys)
      .def("pending", &Sweep::pending)
      .def("rows", &Sweep::rows)
      .def("keep", &Sweep::keep)
      .def("keep_failed", &Sweep::keep_failed);
  m.def("sweep_file", [](const std::vector<std::string>& roots, const std::string& name) {
    const std::string file = catalog_of(roots).file("sweep", name).string();
    return py::make_tuple(file, sweep::load_sweep(file).text);
  });
}

}  // namespace weft::python
