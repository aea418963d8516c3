// The global buffer: ports that streams hold while they run, banks that rows are dealt to in turn.
// Which stream starts when is decided by the sequencer with PortTable; the buffer accounts for what
// moved.
#pragma once

#include <array>
#include <cstdint>

#include "models/engine/port_table.hpp"
#include "models/engine/result.hpp"
#include "sim/common/channel.hpp"

namespace weft::sim::memory {

// Streams of one firing: the rows they move, and the cycles [begin, end) for which they left no
// read or no write port free.
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

// The ports as they are in a cycle, for steady-state advance.
class PortTable : public weft::engine::PortTable {
 public:
  using weft::engine::PortTable::PortTable;
  void fingerprint(StateWords& out) const;
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
