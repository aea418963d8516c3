#include "models/engine/run/tell_program.hpp"

#include <algorithm>

#include "models/engine/run/tell_closed_form.hpp"

namespace weft::engine {
namespace {

constexpr const char* kCyclesCounted = "cycles";

void add_unit(UnitResult& all, const UnitResult& one) {
  const auto add = [](std::uint64_t& sum, std::uint64_t more, const char* what) {
    sum = plus(sum, more, what);
  };
  add(all.busy_cycles, one.busy_cycles, kCyclesCounted);
  add(all.idle_cycles, one.idle_cycles, kCyclesCounted);
  for (std::size_t c = 0; c < all.counters.size(); ++c)
    add(all.counters[c], one.counters[c], "counts of a unit");
}

void add_traffic(std::vector<Traffic>& all, const Traffic& one) {
  const auto known = std::find_if(all.begin(), all.end(), [&](const Traffic& traffic) {
    return traffic.tensor == one.tensor && traffic.level == one.level;
  });
  if (known == all.end()) return all.push_back(one);
  known->read_bytes = plus(known->read_bytes, one.read_bytes, "bytes read");
  known->written_bytes = plus(known->written_bytes, one.written_bytes, "bytes written");
}

// What follows, behind what was.
void append(Result& all, const Result& one) {
  const auto most = [](const Result& result) {
    return result.bound ? result.bound->at_most : result.cycles;
  };
  all.bound = Bound{0, plus(most(all), most(one), kCyclesCounted)};
  all.cycles = plus(all.cycles, one.cycles, kCyclesCounted);
  for (std::size_t u = 0; u < all.units.size(); ++u) add_unit(all.units[u], one.units[u]);
  for (const Traffic& traffic : one.traffic) add_traffic(all.traffic, traffic);
  for (const UnitResult& unit : all.units)
    all.bound->at_least = std::max(all.bound->at_least, unit.busy_cycles);
}

}  // namespace

void tell_program(Invocations& invocations, const RunOptions& options, Result& result) {
  const Result begun = result;
  tell_closed_form(invocations.made().front().mapping, options, result);
  while (invocations.next(true) != nullptr) {
    Result one = begun;
    tell_closed_form(invocations.made().back().mapping, options, one);
    append(result, one);
  }
}

}  // namespace weft::engine
