// Requests that a memory has taken and not answered: responses of one port and tag go in the order
// of their requests, between tags in any order; of those that may go the one asked for first does.
// Only those that are whole are looked at.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/memory/messages.hpp"

namespace weft::sim::memory {

class DramResponses {
 public:
  // `queue`: requests of a port at once.
  DramResponses(std::size_t ports, std::size_t tags, std::size_t queue);

  bool room(std::size_t port) const { return ports_[port].under_way < queue_; }
  bool empty() const { return free_.size() == pending_.size(); }
  // A request of so many accesses, the response to which is given so late; its slot. There is room.
  std::uint32_t add(const Request& request, std::size_t accesses, Cycle stall);
  // One of its accesses is done, in this cycle; in their order of time.
  void done(std::uint32_t slot, Cycle at);

  // Calls give(port, response) for what may be answered in this cycle, until it says that there is
  // no room for more of a port.
  template <class Give>
  void give(Cycle now, const Give& give) {
    for (std::size_t port = 0; port < ports_.size(); ++port) {
      if (!ports_[port].whole.empty()) give_of(port, now, give);
    }
  }
  // The first cycle behind this one from which one more may go.
  Cycle next_behind(Cycle now) const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Pending {
    Response response;
    std::uint8_t port = 0;
    std::size_t left = 0;  // accesses
    Cycle ready = kNever;  // from this cycle on, where none is left
    Cycle stall = 0;
    std::uint64_t order = 0;       // of requests
    std::uint32_t behind = kNone;  // the next of its port and tag
  };
  struct Line {  // of a port and tag
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
  };
  struct Port {
    std::size_t under_way = 0;
    std::vector<std::uint32_t> whole;  // the first of their lines, in the order of requests
  };

  Line& line_of(const Pending& one) { return lines_[one.port * tags_ + one.response.tag]; }
  void insert(Port& port, std::uint32_t slot);
  void leave(std::uint32_t slot);

  template <class Give>
  void give_of(std::size_t p, Cycle now, const Give& give) {
    Port& port = ports_[p];
    for (std::size_t i = 0; i < port.whole.size();) {
      const std::uint32_t slot = port.whole[i];
      if (pending_[slot].ready > now) {
        ++i;
        continue;
      }
      if (!give(p, pending_[slot].response)) return;
      port.whole.erase(port.whole.begin() + static_cast<std::ptrdiff_t>(i));
      leave(slot);  // the next of its line comes in behind it
    }
  }

  std::size_t tags_;
  std::size_t queue_;
  std::vector<Pending> pending_;  // by slot
  std::vector<std::uint32_t> free_;
  std::vector<Line> lines_;
  std::vector<Port> ports_;
  std::uint64_t taken_ = 0;
};

}  // namespace weft::sim::memory
