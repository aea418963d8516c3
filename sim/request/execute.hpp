// One point run and reported, for `run` and `compare`.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "models/engine/run/result_json.hpp"
#include "models/engine/run/run_options.hpp"
#include "sim/request/options.hpp"

namespace weft::request {

// A design's result with what identifies it. `report` points into the rest.
struct Executed {
  std::unique_ptr<engine::Design> design;
  std::unique_ptr<engine::Result> result;
  engine::Report report;
  std::shared_ptr<const cost::Table> cost;
};

struct ExecuteOptions {
  std::function<void(double)> progress;  // called with the share done
  engine::EventSink* events = nullptr;
  std::vector<workload::ComputedTensor>* outputs = nullptr;
  std::stop_token stop;
};

// Throws ConfigError for bad input and sim::engine::Cancelled when told to stop.
Executed execute(engine::Design design, const Point& point, const ExecuteOptions& options);

std::vector<engine::Report> reports_of(const std::vector<Executed>& runs);

}  // namespace weft::request
