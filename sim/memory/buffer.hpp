// The global buffer: ports that streams hold while they run, banks that rows are dealt to in turn.
// Which stream starts when is decided by the sequencer with PortTable; the buffer accounts for what moved.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/engine/architecture.hpp"
#include "models/engine/result.hpp"
#include "sim/common/channel.hpp"

namespace weft::sim::memory {

// Streams of one firing: the rows they move, and the cycles [begin, end) for which they left no read or no write port
// free.
struct BufferUse {
  Cycle begin = 0;
  Cycle end = 0;
  std::int64_t rows_read = 0;
  std::int64_t rows_written = 0;
  std::int64_t wait_cycles = 0;

  void fingerprint(StateWords& out) const {
    out.time(begin);
    out.time(end);
    out.word(rows_read);
    out.word(rows_written);
    out.word(wait_cycles);
  }
  void advance(Cycle cycles) {
    begin += cycles;
    end += cycles;
  }
};

// Who holds which port. A stream takes one row a cycle from bank (first + cycles since its start) mod banks, so two
// streams collide for ever when they once meet in a bank: the later one starts a cycle later instead.
class PortTable {
 public:
  PortTable(const weft::engine::Buffer& config);

  // The first cycle from `from` on in which `reads` and `writes` ports are free and no bank is met twice. Bank of
  // the first row of stream i of a step: (step · 5 + i · 3) mod banks (tensors are staggered over the banks).
  Cycle earliest(Cycle from, int step, int reads, int writes) const;
  void take(Cycle begin, Cycle end, int step, int reads, int writes);
  // The cycle from which every kind of port has a free one again; `now` where that is so already.
  Cycle saturated_until(Cycle now) const;

  void fingerprint(StateWords& out) const;
  void advance(Cycle cycles);

 private:
  struct Port {
    Cycle free_at = 0;
    Cycle begin = 0;
    std::int64_t bank = 0;
  };
  Cycle free_ports(const std::vector<Port>& ports, Cycle from, int count) const;
  bool collides(const std::vector<Port>& ports, Cycle begin, int step, int count) const;
  std::int64_t bank_of(int step, int stream) const { return (step * 5 + stream * 3) % banks_; }

  std::int64_t banks_;
  std::vector<Port> read_;
  std::vector<Port> write_;
};

class Buffer {
 public:
  explicit Buffer(Channel<BufferUse>& uses) : uses_(uses) {}

  Cycle step(Cycle now);
  weft::engine::Counters& counters() { return counters_; }
  std::uint64_t& busy_cycles() { return busy_cycles_; }
  void fingerprint(StateWords& out) const { out.recent_time(covered_until_, 0); }
  void advance(Cycle cycles) { covered_until_ += cycles; }

 private:
  Channel<BufferUse>& uses_;
  Cycle covered_until_ = 0;
  weft::engine::Counters counters_{};
  std::uint64_t busy_cycles_ = 0;
};

}  // namespace weft::sim::memory
