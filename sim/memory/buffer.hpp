// The global buffer: ports that streams hold while they run, banks that rows are dealt to in turn.
// Which stream starts when is decided by the sequencer with a PortTable; the buffer accounts for
// what moved.
#pragma once

#include <array>
#include <cstdint>

#include "models/engine/result/result.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::memory {

// Streams of one firing: the rows they move, and the cycles [begin, end) for which they left no
// read or no write port free.
struct BufferUse {
  static constexpr std::string_view kName = "buffer use";

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

class Buffer : public Unit {
 public:
  Buffer() = default;
  explicit Buffer(Channel<BufferUse>& uses) : uses_(uses) {}

  const UnitClass& unit_class() const override { return *weft::engine::UnitKind::buffer.declared; }
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override { ports.add("uses", uses_); }
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &counts_; }
  void fingerprint(StateWords& out) const override { out.recent_time(covered_until_, 0); }
  void advance(Cycle cycles) override { covered_until_ += cycles; }

 private:
  In<BufferUse> uses_;
  Cycle covered_until_ = 0;
  UnitCounts counts_;
};

}  // namespace weft::sim::memory
