#include "sim/memory/fetcher.hpp"

#include <algorithm>

namespace weft::sim::memory {

Fetcher::Fetcher(const Config& config, Ports ports) : config_(config), ports_(ports) {
  check(config.outstanding > 0 && config.tags > 0 && config.transfers > 0,
        "a fetcher has room for a request and a transfer, and a tag, at least");
  active_.reserve(config.transfers);
}

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

void Fetcher::take(Cycle now) {
  while (active_.size() < config_.transfers && ports_.transfers.ready(now)) {
    Active active{.transfer = ports_.transfers.pop(now), .tag = tag_};
    check(active.transfer.bytes > 0, "a transfer of nothing");
    check(active.transfer.rows.empty() || active.transfer.pitch_bytes >= active.transfer.bytes,
          "rows that lie across one another");
    next_row(active);
    active_.push_back(active);
    tag_ = static_cast<std::uint16_t>(tag_ + 1 < config_.tags ? tag_ + 1 : 0);
  }
}

// Goes on to the next row of which something is still to be asked for; false where there is none. A
// unit in which the row before ended is not asked for again.
bool Fetcher::next_row(Active& active) const {
  const Transfer& transfer = active.transfer;
  const std::uint64_t asked_to = active.end;
  while (active.row < transfer.row_count()) {
    const std::uint64_t begin = transfer.row_address(active.row++);
    active.next = config_.takes.down(begin);
    active.end = config_.takes.up(begin + static_cast<std::uint64_t>(transfer.bytes));
    if (active.fetched > 0 && active.next + config_.takes.unit_bytes == asked_to)
      active.next = asked_to;
    if (active.next < active.end) return true;
  }
  active.next = active.end;
  return false;
}

void Fetcher::present(Cycle now) {
  if (!presented_ && more() && last_request_ < now) {
    Active& active = active_[requesting_];
    const std::uint64_t bytes = std::min(config_.takes.room(active.next), active.end - active.next);
    presented_ = {{.address = active.next,
                   .bytes = static_cast<std::int32_t>(bytes),
                   .write = active.transfer.write,
                   .tensor = active.transfer.tensor,
                   .tag = active.tag},
                  now + config_.stalls.cycles(StallPort::request, requests_++, config_.port)};
    active.next += bytes;
    active.fetched += static_cast<std::int64_t>(bytes);
    ++active.under_way;
    ++under_way_;
    if (active.next == active.end && !next_row(active)) {
      beyond_need_ += static_cast<std::uint64_t>(active.fetched - active.transfer.bytes_needed());
      ++requesting_;
    }
  }
  if (!presented_ || presented_->accepted_at > now) return;
  if (!ports_.requests.offer(now, presented_->request)) return;
  presented_.reset();
  last_request_ = now;
}

void Fetcher::respond(Cycle now) {
  while (ports_.responses.ready(now)) {
    const Response response = ports_.responses.pop(now);
    // Of one tag responses come in the order of requests: the oldest transfer with one under way.
    const auto oldest = std::find_if(active_.begin(), active_.end(), [&](const Active& a) {
      return a.tag == response.tag && a.under_way > 0;
    });
    check(oldest != active_.end(), "a response without a request");
    --oldest->under_way;
    --under_way_;
    if (oldest->under_way == 0) report(now, static_cast<std::size_t>(oldest - active_.begin()));
  }
}

// Reports what is complete from the transfer `first` on; those of one step in order.
void Fetcher::report(Cycle now, std::size_t first) {
  for (std::size_t i = first; i < requesting_;) {
    const Active& active = active_[i];
    const auto at = active_.begin() + static_cast<std::ptrdiff_t>(i);
    const bool waits =
        active.under_way > 0 || std::any_of(active_.begin(), at, [&](const Active& a) {
          return a.transfer.step == active.transfer.step;
        });
    if (waits) {
      ++i;
      continue;
    }
    if (done_ != nullptr) done_(context_, active.transfer);
    ports_.completions.push(now, {active.transfer.step});
    active_.erase(at);
    --requesting_;
  }
}

Cycle Fetcher::step(Cycle now) {
  take(now);
  present(now);
  respond(now);  // what it frees can be taken in the next cycle
  if (active_.size() < config_.transfers && ports_.transfers.ready(now)) return now + 1;
  // What is offered and has no room is taken when there is some.
  if (presented_) return presented_->accepted_at > now ? presented_->accepted_at : kNever;
  return more() ? now + 1 : kNever;
}

void Fetcher::fingerprint(StateWords& out) const {
  out.word(static_cast<std::int64_t>(active_.size()));
  for (const Active& active : active_) {
    active.transfer.fingerprint(out);
    out.word(active.tag);
    out.word(static_cast<std::int64_t>(active.row));
    out.word(static_cast<std::int64_t>(active.next % config_.takes.most_bytes));
    out.word(static_cast<std::int64_t>(active.end - active.next));
    out.word(active.fetched);
    out.word(active.under_way);
  }
  out.word(tag_);
  out.word(last_request_ == out.now() ? 1 : 0);
  out.word(presented_ ? std::max<Cycle>(presented_->accepted_at - out.now(), 0) : -1);
}

void Fetcher::advance(Cycle cycles) {
  last_request_ += cycles;
  if (presented_) presented_->accepted_at += cycles;
}

}  // namespace weft::sim::memory
