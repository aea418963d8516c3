// Runs an assembly of the tests' units, from YAML.
#pragma once

#include <string>
#include <vector>

#include "sim/assembly/assembly_file.hpp"
#include "sim/assembly/assembly_module.hpp"
#include "tests/assembly/units.hpp"

namespace weft::sim::test {

const UnitFactories& factories();
Assembly assembly_of(const std::string& yaml);

struct Ran {
  std::vector<Sink::Taken> taken;  // by the unit `sink`
  Cycle last = -1;                 // in which it took something
  std::vector<Counters> units;     // counters of every unit that counts,
  std::vector<std::uint64_t> busy;
  std::vector<Counters> channels;  // and of every channel, in the order of the file
  std::uint64_t periods = 0;       // that were passed over
};
// What an assembly has counted so far.
Ran result_of(Assembly& assembly);
// Until nothing moves any more.
Ran run(const std::string& yaml, AssemblyModule::Options options = {.advance = false});

}  // namespace weft::sim::test
