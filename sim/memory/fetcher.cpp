#include "sim/memory/fetcher.hpp"

#include <algorithm>

namespace weft::sim::memory {

const UnitClass& Fetcher::unit_class() const {
  static constexpr UnitClass kFetcher{"fetcher"};
  return kFetcher;
}

void Fetcher::list_ports(PortList& ports) {
  ports.add("transfers", ports_.transfers);
  ports.add("completions", ports_.completions);
  ports.add("requests", ports_.requests);
  ports.add("responses", ports_.responses);
}

void Fetcher::respond(Cycle now) {
  while (ports_.responses.ready(now)) {
    ports_.responses.pop(now);
    // Responses come in the order of requests: the oldest transfer with requests under way.
    const auto oldest = std::find_if(active_.begin(), active_.end(),
                                     [](const Active& a) { return a.under_way > 0; });
    check(oldest != active_.end(), "a response without a request");
    --oldest->under_way;
    --under_way_;
    while (!active_.empty() && active_.front().under_way == 0 &&
           active_.front().requested == active_.front().transfer.bytes) {
      if (done_ != nullptr) done_(context_, active_.front().transfer);
      ports_.completions.push(now, {active_.front().transfer.step});
      active_.pop_front();
      check(requesting_ > 0, "a transfer was complete before it was requested");
      --requesting_;
    }
  }
}

void Fetcher::present(Cycle now) {
  if (!presented_ && more() && last_request_ < now) {
    Active& active = active_[requesting_];
    const std::uint64_t address =
        active.transfer.address + static_cast<std::uint64_t>(active.requested);
    const std::int64_t room = config_.burst_bytes - into_burst(address);
    const std::int64_t bytes = std::min(room, active.transfer.bytes - active.requested);
    presented_ = {
        {address, static_cast<std::int32_t>(bytes), active.transfer.write, active.transfer.tensor},
        now + stalls_.cycles(StallPort::request, requests_++)};
    active.requested += bytes;
    ++active.under_way;
    ++under_way_;
    if (active.requested == active.transfer.bytes) ++requesting_;
  }
  if (!presented_ || presented_->accepted_at > now) return;
  ports_.requests.push(now, presented_->request);
  presented_.reset();
  last_request_ = now;
}

Cycle Fetcher::step(Cycle now) {
  while (ports_.transfers.ready(now)) active_.push_back({ports_.transfers.pop(now)});
  present(now);
  respond(now);  // what it frees can be taken in the next cycle
  if (presented_) return presented_->accepted_at;
  return more() ? now + 1 : kNever;
}

void Fetcher::fingerprint(StateWords& out) const {
  out.word(static_cast<std::int64_t>(active_.size()));
  for (const Active& active : active_) {
    active.transfer.fingerprint(out);
    out.word(into_burst(active.transfer.address));
    out.word(active.requested);
    out.word(active.under_way);
  }
  out.word(last_request_ == out.now() ? 1 : 0);
  out.word(presented_ ? presented_->accepted_at - out.now() : -1);
}

void Fetcher::advance(Cycle cycles) {
  last_request_ += cycles;
  if (presented_) presented_->accepted_at += cycles;
}

}  // namespace weft::sim::memory
