// The buffer's side of a memory port: cuts transfers, runs as well as lists of rows, into requests
// that the memory takes, keeps a bounded number under way, and reports each transfer when its last
// response is in. A response that comes in cycle c frees its place from c + 1 on. A request is
// presented until memory accepts it, later where memory stalls or has no room; the next one follows
// a cycle after that. Transfers take the tags in turn, and their requests one another in their
// order; with one tag all responses come in order, with more a transfer does not wait for
// another's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/common/unit.hpp"
#include "sim/memory/messages.hpp"
#include "sim/memory/stall.hpp"
#include "sim/memory/takes.hpp"

namespace weft::sim::memory {

class Fetcher : public Unit {
 public:
  struct Config {
    Takes takes{};                 // of the memory that it asks
    std::int64_t outstanding = 1;  // requests under way at once
    std::uint16_t tags = 1;        // of the memory's port
    std::size_t transfers = 4;     // held at once; others wait in their channel
    Stalls stalls{};
    std::uint8_t port = 0;  // of the memory, by which it stalls
  };
  struct Ports {
    In<Transfer> transfers;       // from the sequencer
    Out<Completion> completions;  // to the sequencer
    Out<Request> requests;        // to memory
    In<Response> responses;       // from memory
  };
  // Called when a transfer is complete, before its completion is sent: moves values.
  using Done = void (*)(void* context, const Transfer& transfer);

  explicit Fetcher(const Config& config, Ports ports = {});
  void on_done(Done done, void* context) {
    done_ = done;
    context_ = context;
  }
  // Of complete requests: what memory moved beyond what was to be moved.
  std::uint64_t bytes_beyond_need() const { return beyond_need_; }

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return config_.stalls.timing_depends_on(); }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void list_sums(std::vector<std::uint64_t*>& sums) override { sums.push_back(&beyond_need_); }

  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 private:
  struct Active {
    Transfer transfer;
    std::uint16_t tag = 0;
    std::size_t row = 0;         // the next that is not asked for yet
    std::uint64_t next = 0;      // byte to ask for, of the row before that
    std::uint64_t end = 0;       // and where it ends, for the memory
    std::int64_t fetched = 0;    // bytes asked for
    std::int64_t under_way = 0;  // requests without a response yet
  };
  struct Presented {
    Request request;
    Cycle accepted_at = 0;
  };

  void take(Cycle now);
  void respond(Cycle now);
  void report(Cycle now, std::size_t first);
  void present(Cycle now);
  bool next_row(Active& active) const;
  bool more() const { return requesting_ < active_.size() && under_way_ < config_.outstanding; }

  Config config_;
  Ports ports_;
  std::vector<Active> active_;  // oldest first
  std::size_t requesting_ = 0;  // index of the first transfer not fully requested
  std::int64_t under_way_ = 0;
  std::uint16_t tag_ = 0;               // of the next transfer
  std::optional<Presented> presented_;  // a request that memory lets wait
  std::uint64_t requests_ = 0;          // presented so far
  Cycle last_request_ = -1;             // accepted
  std::uint64_t beyond_need_ = 0;
  Done done_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace weft::sim::memory
