// Fetches rows here and there from several channels of memory at once: a crossbar spreads the
// addresses of a cycle over the channels' queues by the address, another puts what comes back into
// the order in which it was asked for. docs/units/memory/gather_fetcher.md.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "models/common/fields.hpp"
#include "sim/common/active_unit.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"
#include "sim/memory/messages.hpp"
#include "sim/memory/stall.hpp"

namespace weft::sim::memory {

class GatherFetcher : public ActiveUnit {
 public:
  struct Config {
    std::int64_t streams = 3;             // that ask; the first goes first
    std::int64_t channels = 16;           // of the memory
    std::int64_t interleave_bytes = 256;  // from one channel to the next
    std::int64_t addresses_per_cycle = 32;
    std::int64_t queue = 64;  // accesses of a channel under way, or waiting for it
    std::int64_t access_bytes = 32;
    bool request_stalls = false;
  };
  // `stalls` of its requests count where the configuration has request_stalls.
  explicit GatherFetcher(const Config& config, const Stalls& stalls = {});

  const UnitClass& unit_class() const override;
  // At rest it recurs, with something under way it does not: addresses move on.
  TimingDependsOn timing_depends_on() const override {
    return config_.request_stalls ? stalls_.timing_depends_on() : TimingDependsOn::shape;
  }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override;

  // Bytes by tensor: of the rows asked for, and what accesses moved for them.
  const std::vector<std::uint64_t>& asked() const { return asked_; }
  const std::vector<std::uint64_t>& moved() const { return moved_; }
  // Told of every access, before it goes out.
  using Notice = void (*)(void* context, const Fetch& fetch, std::uint64_t address);
  void on_access(Notice notice, void* context) {
    notice_ = notice;
    context_ = context;
  }

 private:
  // An access of a stream, in the order of asking.
  struct Access {
    bool done = false;
    std::int32_t rows = 0;  // that are whole with it
  };
  struct Stream {
    std::deque<FetchPart> parts;  // asked for; those before `asking` are asked of memory in full
    std::size_t asking = 0;
    std::int32_t row = 0;          // of the part that is asked of memory
    std::uint64_t next = 0;        // address of the next access, where `within`
    bool within = false;           // a row's accesses
    std::uint64_t last_fetch = 0;  // number of what was asked for last, 0 where nothing was,
    std::uint64_t last = 0;        // and its address
    std::deque<Access> accesses;   // the oldest is number `oldest`
    std::uint64_t oldest = 0;
    std::int32_t arrived = 0;  // rows of the first part, told
    std::int32_t ready = 0;    // rows to be told
  };
  // An address at an input of the crossbar, until its channel has a place.
  struct Held {
    std::uint32_t stream = 0;
    std::uint64_t number = 0;  // of the access
    std::uint64_t address = 0;
    const Fetch* fetch = nullptr;
    std::uint32_t channel = 0;
  };
  struct Channel {
    struct Slot {
      std::uint32_t stream = 0;
      std::uint64_t number = 0;
    };
    std::vector<Slot> slots;          // by tag
    std::vector<std::uint16_t> free;  // tags
    std::deque<Request> waiting;      // for memory
    bool presented = false;           // the first of them is at the port,
    Cycle accepted_at = 0;            // and is taken then, where requests stall
    std::uint64_t requests = 0;       // presented so far
  };

  bool respond(Cycle now);
  bool arrive(Cycle now, std::size_t s);
  bool next_address(std::size_t s);
  std::int64_t issue_held(std::size_t from);
  bool begin_row(Stream& stream);
  static void next_row(Stream& stream);
  void issue(const Held& held);
  bool stalled(std::size_t c, Cycle now);
  std::size_t channel_of(std::uint64_t address) const {
    return static_cast<std::size_t>(address >> interleave_bits_) & (channels_.size() - 1);
  }
  void count_asked(const FetchPart& part);
  std::uint64_t down(std::uint64_t address) const {
    return address & ~(static_cast<std::uint64_t>(config_.access_bytes) - 1);
  }
  // Addresses of the first and the last access of a row.
  std::uint64_t first_of(const FetchPart& part, std::int32_t row) const;
  std::uint64_t last_of(const FetchPart& part, std::int32_t row) const;

  Config config_;
  Stalls stalls_;
  int interleave_bits_;
  std::vector<In<FetchPart>> orders_;
  std::vector<Out<FetchPart>> arrived_;
  std::vector<Out<Request>> requests_;
  std::vector<In<Response>> responses_;
  std::vector<Stream> streams_;
  std::vector<Channel> channels_;
  std::vector<Held> held_;      // oldest first
  std::int64_t under_way_ = 0;  // accesses without a response
  std::vector<std::uint64_t> asked_;
  std::vector<std::uint64_t> moved_;
  Notice notice_ = nullptr;
  void* context_ = nullptr;
};

inline auto fields(config::Tag<GatherFetcher::Config>) {
  using C = GatherFetcher::Config;
  using config::optional;
  return config::field_table(
      optional("streams", &C::streams, {1, 16}, "that ask for rows; the first goes first"),
      optional("channels", &C::channels, {1, 64}, "of the memory, a power of two"),
      optional("interleave_bytes", &C::interleave_bytes, {32, 1 << 20},
               "from one channel to the next, a power of two"),
      optional("addresses_per_cycle", &C::addresses_per_cycle, {1, 1024},
               "that the address crossbar takes"),
      optional("queue", &C::queue, {1, 1024}, "accesses of a channel at once"),
      optional("access_bytes", &C::access_bytes, {16, 4096},
               "that memory moves at once, a power of two"),
      optional("request_stalls", &C::request_stalls,
               "requests wait at the memory's ports as the stall profile says"));
}

}  // namespace weft::sim::memory
