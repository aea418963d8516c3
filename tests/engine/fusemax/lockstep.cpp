#include "tests/engine/fusemax/lockstep.hpp"

#include <algorithm>
#include <cstring>

#include "models/engine/run/begin_result.hpp"
#include "models/engine/run/run_options.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/common/shell.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/rtl_run.hpp"
#include "sim/engine/values.hpp"

namespace weft::sim::engine::test {
namespace {

class Recorder final : public weft::engine::EventSink {
 public:
  explicit Recorder(Firings& firings) : firings_(firings) {}
  bool event(const weft::engine::UnitEvent& event) override {
    firings_[std::string(event.name)].push_back(event.begin);
    return true;
  }
  void gap(std::uint64_t /*begin*/, std::uint64_t /*end*/) override {
    ADD_FAILURE() << "a run with values is stepped";
  }

 private:
  Firings& firings_;
};

struct RtlSide {
  Accounting accounting;
  Firings& firings;
};

void compare_units(const Result& a, const Result& b, std::string& out) {
  for (std::size_t u = 0; u < a.units.size(); ++u) {
    const auto& x = a.units[u];
    const auto& y = b.units[u];
    if (x.busy_cycles == y.busy_cycles && x.stall_in_cycles == y.stall_in_cycles &&
        x.stall_out_cycles == y.stall_out_cycles && x.counters == y.counters) {
      continue;
    }
    out += " unit " + std::to_string(u) + " has other cycles or counters;";
  }
}

}  // namespace

std::uint64_t Lockstep::elements() const {
  std::uint64_t count = 0;
  for (const auto& layer : rtl_values) count += layer.size();
  return count;
}

std::string Lockstep::difference() const {
  std::string out;
  if (systemc.cycles != rtl.cycles)
    out += " cycles " + std::to_string(systemc.cycles) + " and " + std::to_string(rtl.cycles) +
           " (RTL);";
  std::uint64_t first = ~std::uint64_t{0};
  std::string where;
  for (const auto& [name, cycles] : systemc_firings) {
    static const std::vector<std::uint64_t> kNone;
    const auto found = rtl_firings.find(name);
    const auto& other = found == rtl_firings.end() ? kNone : found->second;
    for (std::size_t i = 0; i < std::max(cycles.size(), other.size()); ++i) {
      const std::uint64_t a = i < cycles.size() ? cycles[i] : ~std::uint64_t{0};
      const std::uint64_t b = i < other.size() ? other[i] : ~std::uint64_t{0};
      if (a == b) continue;
      if (std::min(a, b) < first) {
        first = std::min(a, b);
        where = " " + name + " number " + std::to_string(i) + " fires in cycle " +
                std::to_string(a) + " and " + std::to_string(b) + " (RTL);";
      }
      break;
    }
  }
  out += where;
  if (systemc_firings.size() != rtl_firings.size()) out += " not the same steps fired;";
  if (systemc_values.size() != rtl_values.size()) return out + " not as many layers;";
  for (std::size_t layer = 0; layer < rtl_values.size(); ++layer) {
    const auto& a = systemc_values[layer];
    const auto& b = rtl_values[layer];
    if (a.size() != b.size()) return out + " not as many values;";
    if (std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0) continue;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (std::memcmp(&a[i], &b[i], sizeof(float)) == 0) continue;
      return out + " layer " + std::to_string(layer) + " value " + std::to_string(i) + " is " +
             std::to_string(a[i]) + " and " + std::to_string(b[i]) + " (RTL);";
    }
  }
  if (out.empty()) compare_units(systemc, rtl, out);
  return out;
}

Lockstep run_in_lockstep(const std::shared_ptr<const rtl::Library>& library,
                         const workload::Trace& trace, weft::engine::StallProfile stalls,
                         std::uint64_t seed, const std::vector<weft::engine::Setting>& settings) {
  const rtl::Parameters parameters = rtl::parameters_of(*library);
  const auto made = design(at_side("fusemax", static_cast<int>(parameters.side)), settings);
  const auto& lowering = made.lowering(trace.shape.causal);
  const auto sizing = size_point(lowering, workload_of(trace.shape), trace.shape,
                                 static_cast<std::int64_t>(trace.layers.size()));
  check(sizing.feasible, "a point of a lockstep run fits its buffer");
  const auto schedule = build_schedule(lowering, sizing);
  rtl::check_executes(parameters, lowering, sizing);
  Lockstep out;
  out.systemc = begin_result(made, lowering, sizing, weft::engine::Fidelity::systemc);
  out.rtl = begin_result(made, lowering, sizing, weft::engine::Fidelity::rtl);
  Values values(schedule, trace);
  Recorder recorder(out.systemc_firings);
  rtl::FusemaxEngine hardware(library, schedule, &trace, {stalls, seed}, seed);
  RtlSide side{Accounting(schedule), out.rtl_firings};
  hardware.on_fire(
      [](void* context, const rtl::Firing& firing) {
        auto& rtl = *static_cast<RtlSide*>(context);
        rtl.accounting.fired(firing);
        rtl.firings[rtl::name_of(firing)].push_back(static_cast<std::uint64_t>(firing.cycle));
      },
      &side);
  with_fresh_kernel([&] {
    Engine simulated("engine", {.schedule = schedule,
                                .advance = false,
                                .events = &recorder,
                                .values = &values,
                                .stalls = {stalls, seed}});
    const Clock clock;
    Failure failure;
    Shell<rtl::FusemaxEngine> shell("rtl", hardware, clock, failure);
    while (!simulated.done() || !hardware.done()) {
      sc_core::sc_start(simulated.clock().cycles(1 << 12));
      if (failure.error) std::rethrow_exception(failure.error);
      if (simulated.failure().error) std::rethrow_exception(simulated.failure().error);
      check(static_cast<std::uint64_t>(clock.now()) < std::uint64_t{50'000'000},
            "one of the two engines does not end");
    }
    simulated.collect(out.systemc);
  });
  side.accounting.collect(hardware, out.rtl);
  out.systemc_values = values.outputs();
  out.rtl_values = hardware.outputs();
  return out;
}

}  // namespace weft::sim::engine::test
