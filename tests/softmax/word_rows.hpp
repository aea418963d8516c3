// Rows of words through a Verilated unit whose ports are in_valid_i, in_ready_o, out_valid_o and
// out_ready_i, with pauses on either side.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"

namespace weft::test {

// What a run took in and gave out, by cycle.
struct Flow {
  std::vector<std::int64_t> taken;
  std::vector<std::int64_t> given;
};

// Puts words 0 to `words` - 1 in by put(i), until get(j) has seen `results` of them. The unit has
// just been reset. A side that pauses does so by a function of the cycle.
template <class Bench, class Put, class Get>
Flow flow_through(Bench& dut, Stalls stalls, std::uint64_t seed, std::size_t words,
                  std::size_t results, Put put, Get get) {
  Flow flow;
  bool offered = false;  // what is offered stays
  const auto patience = static_cast<std::int64_t>(200 * (words + results) + 100'000);
  for (std::int64_t now = 0; flow.given.size() < results && now < patience; ++now) {
    offered = flow.taken.size() < words && (offered || !pauses_at(stalls, true, now, seed));
    dut->in_valid_i = offered;
    if (offered) put(flow.taken.size());
    dut->out_ready_i = !pauses_at(stalls, false, now, seed);
    dut.settle();
    if (offered && dut->in_ready_o) {
      flow.taken.push_back(now);
      offered = false;
    }
    if (dut->out_valid_o && dut->out_ready_i) {
      get(flow.given.size());
      flow.given.push_back(now);
    }
    dut.tick();
  }
  dut->in_valid_i = 0;
  dut->out_ready_i = 0;
  return flow;
}

}  // namespace weft::test
