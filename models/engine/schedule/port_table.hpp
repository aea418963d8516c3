// Who holds which port of the global buffer: streams hold ports while they run, rows are dealt to
// banks in turn.
#pragma once

#include <cstdint>
#include <vector>

#include "models/engine/architecture/architecture.hpp"

namespace weft::engine {

// A stream takes one row a cycle from bank (first + cycles since its start) mod banks, so two
// streams collide for ever when they once meet in a bank: the later one starts a cycle later
// instead.
class PortTable {
 public:
  explicit PortTable(const Buffer& config);

  // The first cycle from `from` on in which `reads` and `writes` ports are free and no bank is met
  // twice. Bank of the first row of stream i of a step: (step · 5 + i · 3) mod banks (tensors are
  // staggered over the banks).
  std::int64_t earliest(std::int64_t from, int step, int reads, int writes) const;
  void take(std::int64_t begin, std::int64_t end, int step, int reads, int writes);
  // The cycle from which every kind of port has a free one again; `now` where that is so already.
  std::int64_t saturated_until(std::int64_t now) const;
  void advance(std::int64_t cycles);
  // What is held beyond `now`, and at which bank it then is: by out.word() for each port.
  template <class Words>
  void state(std::int64_t now, Words& out) const {
    for (const auto* ports : {&read_, &write_}) {
      for (const Port& port : *ports) {
        const bool held = port.free_at > now;
        out.word(held ? port.free_at - now : 0);
        out.word(held ? bank(port.bank + now - port.begin) : 0);
      }
    }
  }

 private:
  struct Port {
    std::int64_t free_at = 0;
    std::int64_t begin = 0;
    std::int64_t bank = 0;
  };
  std::int64_t free_ports(const std::vector<Port>& ports, std::int64_t from, int count) const;
  bool collides(const std::vector<Port>& ports, std::int64_t begin, int step, int count) const;
  // The bank of a row, counted on from bank 0. Numbers of banks are powers of two as a rule.
  std::int64_t bank(std::int64_t row) const { return mask_ >= 0 ? row & mask_ : row % banks_; }
  std::int64_t bank_of(int step, int stream) const { return bank(step * 5 + stream * 3); }

  std::int64_t banks_;
  std::int64_t mask_;
  std::vector<Port> read_;
  std::vector<Port> write_;
};

}  // namespace weft::engine
