#include "sim/assembly/assembly_module.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <string_view>

namespace weft::sim {
namespace {

// A name for a unit's module that SystemC takes: it warns on standard output of characters that it
// does not, and of names that are taken.
std::string module_name(const std::string& path, std::set<std::string>& taken) {
  constexpr std::string_view kLegal =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  std::string name = path;
  for (char& letter : name) letter = kLegal.find(letter) == std::string_view::npos ? '_' : letter;
  while (!taken.insert(name).second) name += '_';
  return name;
}

}  // namespace

AssemblyModule::AssemblyModule(const sc_core::sc_module_name& name, const Options& options)
    : sc_core::sc_module(name), clock_(options.clock), options_(options) {
  SC_HAS_PROCESS(AssemblyModule);
  SC_METHOD(observe);
  dont_initialize();
  sensitive << look_;
}

AssemblyModule::AssemblyModule(const sc_core::sc_module_name& name, Assembly& assembly,
                               const Options& options)
    : AssemblyModule(name, options) {
  assemble(assembly);
}

void AssemblyModule::assemble(Assembly& assembly) {
  assembly_ = &assembly;
  assembly.check_joined();
  options_.advance = options_.advance && assembly.advances();
  make_modules();
  if (assembly.driver() == nullptr) return;
  assembly.driver()->on_boundary(
      [](void* to) {
        auto& self = *static_cast<AssemblyModule*>(to);
        self.look_.notify(self.clock_.half_cycle());
      },
      this);
}

void AssemblyModule::make_modules() {
  std::vector<Assembly::Member>& members = assembly_->members();
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (options_.shuffle) std::reverse(order.begin(), order.end());
  std::set<std::string> taken;
  for (const std::size_t m : order) {
    Assembly::Member& member = members[m];
    Waker* waker = member.unit->own_process();
    if (waker == nullptr) {
      auto shell = std::make_unique<Shell<Unit>>(module_name(member.path, taken).c_str(),
                                                 *member.unit, clock_, failure_, member.period);
      waker = shell.get();
      modules_.push_back(std::move(shell));
    }
    for (Port& port : member.ports) {
      port.sends ? port.channel->connect_sender(waker) : port.channel->connect(waker);
    }
  }
}

// Half a tick after a boundary: every unit has done what it does in that cycle.
void AssemblyModule::observe() {
  if (assembly_->driver()->done()) {
    finished_.notify();
    if (options_.pauses) sc_core::sc_pause();
    return;
  }
  const int level = assembly_->driver()->take_boundary();
  if (level == Driver::kNoBoundary || !options_.advance) return;
  try {
    look(level);
  } catch (...) {
    failure_.carry();
  }
}

void AssemblyModule::look(int level) {
  const Driver& driver = *assembly_->driver();
  if (!driver.advances_at(level)) return;
  if (!steady_.wants(level, driver.phase(), driver.position())) return;
  const Cycle before = clock_.now();
  const SteadyState::Found found = steady_.look(level, assembly_->snapshot(before, level));
  if (found.before == nullptr) return;
  const Assembly::Leap leap = assembly_->plan(found, before);
  if (leap.jump.periods == 0) return;
  assembly_->jump(leap);
  clock_.skip(leap.jump.cycles);
  periods_passed_ += static_cast<std::uint64_t>(leap.jump.periods);
  passed_over(before, clock_.now());
  steady_.forget(level);
}

}  // namespace weft::sim
