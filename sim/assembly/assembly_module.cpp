#include "sim/assembly/assembly_module.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <utility>

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
  SC_METHOD(drive);
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
  const auto& members = assembly.members();
  const bool alone = clock_.is_own() && std::none_of(members.begin(), members.end(),
                                                     [](const Assembly::Member& member) {
                                                       return member.unit->own_process() != nullptr;
                                                     });
  alone ? make_driven() : make_modules();
  if (assembly.driver() == nullptr) return;
  assembly.driver()->on_boundary(
      [](void* to) {
        auto& self = *static_cast<AssemblyModule*>(to);
        if (self.driven_.empty()) {
          self.look_.notify(self.clock_.half_cycle());
        } else {
          self.look_due_ = true;
        }
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

void AssemblyModule::make_driven() {
  std::vector<Assembly::Member>& members = assembly_->members();
  driven_.resize(members.size());
  for (std::size_t m = 0; m < members.size(); ++m) {
    Driven& one = driven_[options_.shuffle ? members.size() - 1 - m : m];
    one.unit = members[m].unit.get();
    one.period = members[m].period;
    one.now = &now_;
    for (Port& port : members[m].ports)
      port.sends ? port.channel->connect_sender(&one) : port.channel->connect(&one);
  }
}

void AssemblyModule::Driven::wake_in(Cycle ticks) {
  const Cycle tick = *now + ticks;
  latest_wake = std::max(latest_wake, tick);
  due = std::min(due, tick);
}

void AssemblyModule::Driven::step(Cycle tick) {
  due = kNever;
  const Cycle cycle = period == 1 ? tick : tick / period;
  Cycle next = unit->step(cycle);
  // Of its wakes the earliest alone is kept: the others are waited for cycle by cycle.
  if (latest_wake > tick) next = std::min(next, cycle + 1);
  if (next != kNever) due = std::min(due, next * period);
}

Cycle AssemblyModule::next_due() const {
  Cycle least = kNever;
  for (const Driven& one : driven_) least = std::min(least, one.due);
  return least;
}

void AssemblyModule::sleep_until(Cycle due) {
  clock_.set_ahead(0);
  if (due == kNever) {
    next_trigger(never_);
  } else {
    next_trigger(clock_.until(due));
  }
}

void AssemblyModule::finish() {
  finish_due_ = false;
  finished_.notify();
  if (options_.pauses) sc_core::sc_pause();
}

// Every unit that has something to do in a cycle, then what stands behind it.
void AssemblyModule::step_cycle(Cycle now) {
  for (Driven& one : driven_) {
    if (one.due <= now) one.step(now);
  }
  if (!std::exchange(look_due_, false)) return;
  if (assembly_->driver()->done()) {
    finish_due_ = true;
    return;
  }
  const int level = assembly_->driver()->take_boundary();
  if (level == Driver::kNoBoundary || !options_.advance) return;
  const Cycle skipped = clock_.skipped();
  look(level);
  const Cycle passed = clock_.skipped() - skipped;
  if (passed == 0) return;
  now_ += passed;
  ahead_of_ += passed;
  for (Driven& one : driven_) {  // what is to come moves with the state
    if (one.due != kNever) one.due += passed;
    one.latest_wake += passed;
  }
}

void AssemblyModule::go_to(Cycle tick) {
  now_ = tick;
  clock_.set_ahead(tick - ahead_of_);
}

// All units, up to kAtOnce cycles ahead of the kernel's time, which then catches up.
void AssemblyModule::drive() {
  constexpr Cycle kAtOnce = 1 << 12;
  if (driven_.empty()) return next_trigger(never_);
  clock_.set_ahead(0);
  now_ = ahead_of_ = clock_.now();
  if (finish_due_) finish();
  try {
    for (Cycle due = next_due();;) {
      if (due <= now_) step_cycle(now_);
      if (finish_due_) {
        if (now_ > ahead_of_) return sleep_until(now_);
        finish();
      }
      due = next_due();
      if (due == kNever || due - ahead_of_ > kAtOnce) return sleep_until(due);
      go_to(due);
    }
  } catch (...) {
    clock_.set_ahead(0);
    failure_.carry();
    next_trigger(never_);
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
  passes_over(leap);
  assembly_->jump(leap);
  clock_.skip(leap.jump.cycles);
  periods_passed_ += static_cast<std::uint64_t>(leap.jump.periods);
  passed_over(before, clock_.now());
  steady_.forget(level);
}

}  // namespace weft::sim
