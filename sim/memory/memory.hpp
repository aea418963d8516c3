// What every memory is to whoever asks it, be it bandwidth and latency, a TLM target or banks: a
// unit with one or more ports, at each of which requests come in and responses go out.
//
// - It states what requests it takes; one that is not so is a fault of who asks (ContractError).
// - Responses to one tag of one port come in the order of their requests. Between tags and ports
//   they may come in any order.
// - Queues are bounded: a request that has no place waits in its channel, a response for which its
//   channel has no room in the memory.
// - Ports that have requests in one cycle are served in turn.
#pragma once

#include <vector>

#include "models/engine/result/result.hpp"
#include "sim/common/unit.hpp"
#include "sim/memory/messages.hpp"
#include "sim/memory/takes.hpp"

namespace weft::sim::memory {

// What a memory counts of a request, by weft::engine::DramCounter.
inline void count(const Request& request, Counters& counters) {
  using weft::engine::DramCounter;
  const auto add = [&](DramCounter read, DramCounter written, std::uint64_t more) {
    counters[static_cast<std::size_t>(request.write ? written : read)] += more;
  };
  add(DramCounter::read_requests, DramCounter::write_requests, 1);
  add(DramCounter::bytes_read, DramCounter::bytes_written,
      static_cast<std::uint64_t>(request.bytes));
}

class Memory : public Unit {
 public:
  // What its clients may ask.
  struct Shape {
    Takes takes;
    std::size_t ports = 1;
    std::size_t tags = 1;  // of each port; requests are of tags below that
  };

  const Takes& takes() const { return shape_.takes; }
  std::size_t ports() const { return shape_.ports; }
  void connect(std::size_t port, Channel<Request>& requests, Channel<Response>& responses) {
    requests_[port] = requests;
    responses_[port] = responses;
  }

  const UnitClass& unit_class() const override { return *weft::engine::UnitKind::dram.declared; }
  // "requests[0]", "responses[0]" and so on.
  void list_ports(PortList& ports) override {
    ports.add("requests", requests_);
    ports.add("responses", responses_);
  }

 protected:
  explicit Memory(const Shape& shape)
      : shape_(shape), requests_(shape.ports), responses_(shape.ports) {
    check(shape.ports > 0 && shape.tags > 0, "a memory has a port and a tag at least");
  }

  // Calls take(request) for the next request that may be taken in this cycle, in turn of the ports
  // for which room(port) holds. False where there is none.
  template <class Room, class Take>
  bool take_next(Cycle now, const Room& room, const Take& take) {
    for (std::size_t i = 0; i < shape_.ports; ++i) {
      const std::size_t port = turn_ + i < shape_.ports ? turn_ + i : turn_ + i - shape_.ports;
      if (!requests_[port].ready(now) || !room(port)) continue;
      Request request = requests_[port].pop(now);
      check(request.tag < shape_.tags, "a request has a tag that its memory does not know");
      shape_.takes.check(request);
      request.port = static_cast<std::uint8_t>(port);
      turn_ = port + 1 < shape_.ports ? port + 1 : 0;
      take(request);
      return true;
    }
    return false;
  }
  // Which of ports × tags orders the response to a request.
  std::size_t order_of(const Request& request) const {
    return request.port * shape_.tags + request.tag;
  }
  std::size_t orders() const { return shape_.ports * shape_.tags; }
  // A state that orders what comes next.
  std::int64_t turn() const { return static_cast<std::int64_t>(turn_); }

  bool waits(std::size_t port, Cycle now) const { return requests_[port].ready(now); }
  bool waits_later(std::size_t port) const { return !requests_[port].empty(); }
  bool respond(std::size_t port, Cycle now, const Response& response) {
    return responses_[port].offer(now, response);
  }

 private:
  Shape shape_;
  std::vector<In<Request>> requests_;
  std::vector<Out<Response>> responses_;
  std::size_t turn_ = 0;
};

}  // namespace weft::sim::memory
