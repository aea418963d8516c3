#include "sim/engine/spatten/run_binding.hpp"

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

}  // namespace weft::sim::engine::spatten
