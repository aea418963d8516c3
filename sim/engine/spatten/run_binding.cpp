#include "sim/engine/spatten/run_binding.hpp"

#include <string>

#include "models/common/error.hpp"

namespace weft::sim::engine::spatten {
namespace {

// What a schedule may say.
struct Scheduled {
  Pruning pruning;
  Numbers numbers;
};
auto fields(config::Tag<Scheduled>) {
  using config::optional;
  return config::field_table(optional("pruning", &Scheduled::pruning, "what is left out"),
                             optional("numbers", &Scheduled::numbers, "bits of the operands"));
}

}  // namespace

Run run_of(const config::Value* binding, const config::Value* schedule) {
  Run run;
  if (binding != nullptr) {
    config::Reader reader;
    config::read(*binding, run, reader);
    reader.finish();
  }
  if (schedule == nullptr) return run;
  Scheduled scheduled;
  if (run.takes == Takes::all) scheduled.numbers = run.numbers;
  config::Reader reader;
  config::read(*schedule, scheduled, reader);
  reader.finish();
  if (run.takes != Takes::nothing) run.pruning = scheduled.pruning;
  if (run.takes == Takes::all) run.numbers = scheduled.numbers;
  return run;
}

void check_ramp(const weft::prune::Ramp& ramp, const char* what, std::int64_t layers,
                double front) {
  if (const auto trouble = ramp.trouble(layers, front))
    throw ConfigError(Problem{{}, std::string("binding.run.pruning.") + what, "", *trouble});
}

}  // namespace weft::sim::engine::spatten
