#include "sim/request/execute.hpp"

#include <utility>

#include "models/engine/run/run_options.hpp"
#include "sim/engine/run.hpp"

namespace weft::request {

namespace {

// A point's fault in the architecture is said of the line that set the value.
[[noreturn]] void refuse_with_place(std::vector<Problem> problems, const engine::Design& design) {
  for (Problem& problem : problems) {
    if (problem.where.file.empty() && problem.field.starts_with("arch.")) {
      problem.where = config::origin_of(design.arch_origins(), problem.field.substr(5));
    }
  }
  throw ConfigError(std::move(problems));
}

}  // namespace

Executed execute(engine::Design design, const Point& point, const ExecuteOptions& options) {
  Executed run;
  run.design = std::make_unique<engine::Design>(std::move(design));
  engine::RunOptions how = point.run;
  how.trace = point.trace ? &*point.trace : nullptr;
  how.events = options.events;
  how.tensors = options.outputs;
  how.stop = options.stop;
  how.progress = options.progress;
  run.result = std::make_unique<engine::Result>(sim::engine::run(*run.design, point.workload, how));
  if (!run.result->problems.empty()) refuse_with_place(run.result->problems, *run.design);
  run.report = engine::report_of(*run.design, point.workload, how, *run.result);
  run.cost = point.cost;
  return run;
}

std::vector<engine::Report> reports_of(const std::vector<Executed>& runs) {
  std::vector<engine::Report> reports;
  for (const Executed& run : runs) reports.push_back(run.report);
  return reports;
}

}  // namespace weft::request
