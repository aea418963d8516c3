#include "sim/memory/gather_fetcher.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "models/common/error.hpp"

namespace weft::sim::memory {
namespace {

enum class GatherCount : std::uint8_t { accesses, rows, bytes_asked, bytes_moved, address_waits };
constexpr std::array<CounterDeclaration, 5> kGatherCounters{{
    {"accesses", "accesses", "asked of memory"},
    {"rows", "rows", "that have arrived"},
    {"bytes_asked", "bytes", "of the rows that were asked for"},
    {"bytes_moved", "bytes", "that accesses moved for them"},
    {"address_waits", "times",
     "an address waited for its channel, in cycles in which something moved"},
}};
constexpr UnitClass kGatherClass{"gather_fetcher", kGatherCounters};

constexpr std::size_t at(GatherCount count) { return static_cast<std::size_t>(count); }
constexpr std::size_t kPartsHeld = 4;  // of a stream

}  // namespace

GatherFetcher::GatherFetcher(const Config& config, const Stalls& stalls)
    : config_(config),
      stalls_(stalls),
      interleave_bits_(std::countr_zero(static_cast<std::uint64_t>(config.interleave_bytes))),
      orders_(static_cast<std::size_t>(config.streams)),
      arrived_(static_cast<std::size_t>(config.streams)),
      requests_(static_cast<std::size_t>(config.channels)),
      responses_(static_cast<std::size_t>(config.channels)),
      streams_(static_cast<std::size_t>(config.streams)),
      channels_(static_cast<std::size_t>(config.channels)) {
  for (const std::int64_t power : {config.channels, config.interleave_bytes, config.access_bytes}) {
    if (!std::has_single_bit(static_cast<std::uint64_t>(power)))
      throw ConfigError(Problem{{},
                                "gather_fetcher",
                                std::to_string(power),
                                "channels, interleave_bytes and access_bytes are powers of two"});
  }
  for (Channel& channel : channels_) {
    channel.slots.resize(static_cast<std::size_t>(config.queue));
    for (std::int64_t tag = config.queue; tag > 0; --tag)
      channel.free.push_back(static_cast<std::uint16_t>(tag - 1));
  }
}

const UnitClass& GatherFetcher::unit_class() const { return kGatherClass; }

void GatherFetcher::list_ports(PortList& ports) {
  ports.add("orders", orders_);
  ports.add("arrived", arrived_);
  ports.add("requests", requests_);
  ports.add("responses", responses_);
}

std::uint64_t GatherFetcher::first_of(const FetchPart& part, std::int32_t row) const {
  const Fetch& fetch = *part.fetch;
  const std::int64_t token = fetch.tokens[static_cast<std::size_t>(part.first + row)];
  return down(fetch.address + static_cast<std::uint64_t>(token * fetch.pitch_bytes));
}

std::uint64_t GatherFetcher::last_of(const FetchPart& part, std::int32_t row) const {
  const Fetch& fetch = *part.fetch;
  const std::int64_t token = fetch.tokens[static_cast<std::size_t>(part.first + row)];
  return down(fetch.address +
              static_cast<std::uint64_t>(token * fetch.pitch_bytes + fetch.row_bytes - 1));
}

bool GatherFetcher::respond(Cycle now) {
  bool any = false;
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    while (responses_[c].ready(now)) {
      const Response response = responses_[c].pop(now);
      const Channel::Slot slot = channels_[c].slots[response.tag];
      Stream& stream = streams_[slot.stream];
      stream.accesses[static_cast<std::size_t>(slot.number - stream.oldest)].done = true;
      channels_[c].free.push_back(response.tag);
      --under_way_;
      any = true;
    }
  }
  return any;
}

// Tells of rows that are whole, those of one part a cycle. True where there are more to tell.
bool GatherFetcher::arrive(Cycle now, std::size_t s) {
  Stream& stream = streams_[s];
  while (!stream.accesses.empty() && stream.accesses.front().done) {
    stream.ready += stream.accesses.front().rows;
    stream.accesses.pop_front();
    ++stream.oldest;
  }
  if (stream.ready == 0) return false;
  const FetchPart& part = stream.parts.front();
  const std::int32_t count = std::min(stream.ready, part.count - stream.arrived);
  if (!arrived_[s].offer(now, {part.fetch, part.first + stream.arrived, count})) return false;
  activity_.counter(at(GatherCount::rows)) += static_cast<std::uint64_t>(count);
  stream.ready -= count;
  stream.arrived += count;
  if (stream.arrived == part.count) {
    stream.parts.pop_front();
    --stream.asking;
    stream.arrived = 0;
  }
  return stream.ready > 0;
}

void GatherFetcher::next_row(Stream& stream) {
  if (++stream.row < stream.parts[stream.asking].count) return;
  stream.row = 0;
  ++stream.asking;
}

// Goes to the next row of which something is to be asked for; rows that lie in what was asked for
// last are whole with that. False where there is none.
bool GatherFetcher::begin_row(Stream& stream) {
  while (stream.asking < stream.parts.size()) {
    const FetchPart& part = stream.parts[stream.asking];
    const std::uint64_t first = first_of(part, stream.row);
    const bool shares = stream.last_fetch == part.fetch->number && first == stream.last;
    if (shares && last_of(part, stream.row) == stream.last) {
      if (stream.accesses.empty()) {
        ++stream.ready;
      } else {
        ++stream.accesses.back().rows;
      }
      next_row(stream);
      continue;
    }
    stream.next = shares ? first + static_cast<std::uint64_t>(config_.access_bytes) : first;
    stream.within = true;
    return true;
  }
  return false;
}

// Puts a stream's next address to an input of the crossbar; false where there is none.
bool GatherFetcher::next_address(std::size_t s) {
  Stream& stream = streams_[s];
  if (!stream.within && !begin_row(stream)) return false;
  const FetchPart& part = stream.parts[stream.asking];
  const std::uint64_t address = stream.next;
  held_.push_back({static_cast<std::uint32_t>(s), stream.oldest + stream.accesses.size(), address,
                   part.fetch, static_cast<std::uint32_t>(channel_of(address))});
  const bool whole = address == last_of(part, stream.row);
  stream.accesses.push_back({false, whole ? 1 : 0});
  stream.last_fetch = part.fetch->number;
  stream.last = address;
  if (whole) {
    stream.within = false;
    next_row(stream);
  } else {
    stream.next = address + static_cast<std::uint64_t>(config_.access_bytes);
  }
  return true;
}

void GatherFetcher::issue(const Held& held) {
  Channel& channel = channels_[held.channel];
  const std::uint16_t tag = channel.free.back();
  channel.free.pop_back();
  channel.slots[tag] = {held.stream, held.number};
  channel.waiting.push_back({.address = held.address,
                             .bytes = static_cast<std::int32_t>(config_.access_bytes),
                             .write = false,
                             .tensor = held.fetch->tensor,
                             .tag = tag});
  ++under_way_;
  if (notice_ != nullptr) notice_(context_, *held.fetch, held.address);
  const auto bytes = static_cast<std::uint64_t>(config_.access_bytes);
  moved_[static_cast<std::size_t>(held.fetch->tensor)] += bytes;
  activity_.counter(at(GatherCount::bytes_moved)) += bytes;
  ++activity_.counter(at(GatherCount::accesses));
}

// Those at the crossbar's inputs, from one on, whose channels have a place: how many. The others
// wait, and hold nobody but who would come after them to the same input.
std::int64_t GatherFetcher::issue_held(std::size_t from) {
  std::size_t kept = from;
  for (std::size_t i = from; i < held_.size(); ++i) {
    if (channels_[held_[i].channel].free.empty()) {
      held_[kept++] = held_[i];
    } else {
      issue(held_[i]);
    }
  }
  const std::size_t issued = held_.size() - kept;
  held_.resize(kept);
  return static_cast<std::int64_t>(issued);
}

// Whether memory does not yet take the request at a channel's port.
bool GatherFetcher::stalled(std::size_t c, Cycle now) {
  Channel& channel = channels_[c];
  if (!config_.request_stalls) return false;
  if (!channel.presented) {
    channel.presented = true;
    channel.accepted_at = now + stalls_.cycles(StallPort::request, channel.requests++, c);
  }
  return channel.accepted_at > now;
}

void GatherFetcher::count_asked(const FetchPart& part) {
  check(part.count > 0, "rows that are asked for are one at least");
  const auto tensor = static_cast<std::size_t>(part.fetch->tensor);
  if (tensor >= asked_.size()) {
    asked_.resize(tensor + 1);
    moved_.resize(tensor + 1);
  }
  const auto bytes = static_cast<std::uint64_t>(part.count * part.fetch->row_bytes);
  asked_[tensor] += bytes;
  activity_.counter(at(GatherCount::bytes_asked)) += bytes;
}

void GatherFetcher::fingerprint(StateWords& out) const {
  ActiveUnit::fingerprint(out);
  const bool rests = held_.empty() && under_way_ == 0 &&
                     std::all_of(streams_.begin(), streams_.end(), [](const Stream& stream) {
                       return stream.parts.empty() && stream.ready == 0;
                     });
  out.word(rests ? -1 : out.tick());
  // Between two states that are alike nothing was asked for.
  out.word(static_cast<std::int64_t>(activity_.counts().counters[at(GatherCount::accesses)]));
}

Cycle GatherFetcher::step(Cycle now) {
  bool more = respond(now);
  std::int64_t addresses = issue_held(0);
  const std::size_t waited = held_.size();  // whose channels have no place in this cycle
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    Stream& stream = streams_[s];
    more |= arrive(now, s);
    while (stream.parts.size() < kPartsHeld && orders_[s].ready(now)) {
      stream.parts.push_back(orders_[s].pop(now));
      count_asked(stream.parts.back());
    }
    while (static_cast<std::int64_t>(held_.size()) + addresses < config_.addresses_per_cycle &&
           next_address(s)) {
    }
    more |= stream.ready > 0 || (!orders_[s].empty() && stream.parts.size() < kPartsHeld);
  }
  addresses += issue_held(waited);
  activity_.counter(at(GatherCount::address_waits)) += held_.size();
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    std::deque<Request>& waiting = channels_[c].waiting;
    if (waiting.empty()) continue;
    if (stalled(c, now)) {
      more = true;
      continue;
    }
    if (!requests_[c].offer(now, waiting.front())) continue;
    waiting.pop_front();
    channels_[c].presented = false;
    more |= !waiting.empty();
  }
  const bool full = addresses == config_.addresses_per_cycle;
  activity_.is(now, full             ? Doing::work
                    : !held_.empty() ? Doing::wait_out
                    : under_way_ > 0 ? Doing::wait_in
                                     : Doing::nothing);
  return more || addresses > 0 ? now + 1 : kNever;
}

}  // namespace weft::sim::memory
