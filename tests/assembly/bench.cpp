#include "tests/assembly/bench.hpp"

#include <algorithm>

#include "sim/common/fresh_kernel.hpp"

namespace weft::sim::test {

const UnitFactories& factories() {
  static const UnitFactories all{{"source", factory_of<Source>()}, {"stage", factory_of<Stage>()},
                                 {"filter", factory_of<Filter>()}, {"jitter", factory_of<Jitter>()},
                                 {"deal", factory_of<Deal>()},     {"gather", factory_of<Gather>()},
                                 {"sink", factory_of<Sink>()}};
  return all;
}

Assembly assembly_of(const std::string& yaml) {
  return read_assembly(config::load_text(yaml, "assembly.yaml"), factories());
}

Ran result_of(Assembly& assembly) {
  Ran ran;
  for (Assembly::Member& member : assembly.members()) {
    const UnitCounts* counts = member.unit->counts();
    if (counts == nullptr) continue;
    ran.units.push_back(counts->counters);
    ran.busy.push_back(counts->busy_cycles);
  }
  for (const Assembly::Join& join : assembly.joins())
    ran.channels.push_back(join.channel->counters());
  const auto& sink = dynamic_cast<const Sink&>(*assembly.find("sink")->unit);
  ran.taken = sink.taken();
  ran.last = sink.state().last;
  return ran;
}

Ran run(const std::string& yaml, AssemblyModule::Options options) {
  Assembly assembly = assembly_of(yaml);
  std::uint64_t periods = 0;
  options.pauses = false;
  with_fresh_kernel([&] {
    AssemblyModule module("assembly", assembly, options);
    sc_core::sc_start();
    if (module.failure().error) std::rethrow_exception(module.failure().error);
    periods = module.periods_passed();
  });
  Ran ran = result_of(assembly);
  ran.periods = periods;
  return ran;
}

}  // namespace weft::sim::test
