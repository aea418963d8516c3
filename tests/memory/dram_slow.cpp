#include "tests/memory/dram_slow.hpp"

#include <algorithm>
#include <cmath>

namespace weft::sim::memory {

using weft::memory::Page;
using weft::memory::Refresh;
using weft::memory::Scheduler;
using enum DramCommand;

namespace {
bool is_read(DramCommand c) { return c == read || c == read_precharge; }
bool is_write(DramCommand c) { return c == write || c == write_precharge; }
bool reads_or_writes(DramCommand c) { return is_read(c) || is_write(c); }
bool of_a_half(DramCommand c) { return c == precharge_all || c == refresh_all; }
}  // namespace

SlowChannel::SlowChannel(const weft::memory::DramPart& part,
                         const weft::memory::DramControl& control)
    : part_(part),
      t_(part_.clocks),
      control_(control),
      clock_(part.ticks_per_clock()),
      open_(static_cast<std::size_t>(part.organisation.all_banks()), -1) {}

std::size_t SlowChannel::group(std::size_t b) const {
  return b / static_cast<std::size_t>(part_.organisation.banks);
}
std::size_t SlowChannel::stack(std::size_t b) const {
  return group(b) / static_cast<std::size_t>(part_.organisation.bank_groups);
}
std::size_t SlowChannel::half(std::size_t b) const {
  return stack(b) / static_cast<std::size_t>(part_.organisation.stack_ids);
}

// Ticks from a command's first part to its last, and one.
Cycle SlowChannel::length(Command command) const {
  if (reads_or_writes(command) || command == start_clock) return clock_;
  const double clocks =
      command == activate ? part_.commands.activate_clocks : part_.commands.precharge_clocks;
  return std::llround(clocks * static_cast<double>(clock_));
}

// Clocks of the sheet from a command that went to one that is to go.
Cycle SlowChannel::need(const SentCommand& before, Command command, std::size_t b) const {
  const auto a = static_cast<std::size_t>(before.bank);
  if (half(a) != half(b)) return 0;
  const bool bank = a == b, whole = of_a_half(command);
  const Cycle written = t_.cwl + t_.burst;
  Cycle most = 0;
  const auto rule = [&](bool holds, Cycle clocks) { most = holds ? std::max(most, clocks) : most; };
  const Command c = command;
  switch (before.command) {
    case activate:
      rule(bank && is_read(c), t_.rcd_read);
      rule(bank && is_write(c), t_.rcd_write);
      rule((bank && c == precharge) || c == precharge_all, t_.ras);
      rule(bank && c == activate, t_.rc);
      rule(c == activate, group(a) == group(b) ? t_.rrd_l : t_.rrd_s);
      rule((bank && c == refresh_bank) || c == refresh_all, t_.rc);
      rule(c == refresh_bank, t_.rrd_s);
      break;
    case precharge:
    case precharge_all:
      rule(bank && (c == activate || c == refresh_bank), t_.rp);
      rule(c == refresh_all, t_.rp);
      rule(before.command == precharge_all &&
               (c == activate || c == refresh_bank || c == refresh_all),
           t_.rp_all.value_or(t_.rp));
      rule(c == precharge || c == precharge_all, t_.ppd.value_or(0));
      break;
    case start_clock: break;
    case refresh_all: rule(c == activate || c == precharge_all || c == refresh_all, t_.rfc); break;
    case refresh_bank:
      rule(bank && (c == activate || c == refresh_bank), *t_.rfc_bank);
      rule(c == activate, *t_.rrefd);
      rule(c == refresh_bank && t_.ppd.has_value(), *t_.rrefd);
      break;
    default: {
      const bool reads = is_read(before.command);
      const Cycle to_precharge = reads ? t_.rtp : written + t_.wr;
      if (reads_or_writes(c) && is_read(c) == reads) {
        rule(true, t_.burst);
        rule(stack(a) == stack(b), t_.ccd_s);
        rule(stack(a) != stack(b), t_.ccd_r.value_or(0));
        rule(group(a) == group(b), t_.ccd_l);
      }
      rule(reads && is_write(c), t_.read_to_write);
      rule(!reads && is_read(c), written + (group(a) == group(b) ? t_.wtr_l : t_.wtr_s));
      const bool closed = before.command == read_precharge || before.command == write_precharge;
      rule(!closed && ((bank && c == precharge) || c == precharge_all), to_precharge);
      rule(closed && bank && (c == activate || c == refresh_bank), to_precharge + t_.rp);
      rule(closed && whole && c == refresh_all, to_precharge + t_.rp);
    }
  }
  return most;
}

// A precharge does not go beside a row command of the rising edge before.
bool SlowChannel::beside(Command command, std::size_t b, Cycle now) const {
  if (clock_ == 1 || rising(now)) return false;
  for (auto it = sent.rbegin(); it != sent.rend() && it->tick > now - 8; ++it) {
    if (reads_or_writes(it->command) || !rising(it->tick)) continue;
    const Cycle last = it->tick + (it->command == activate ? length(activate) - 1 : 0);
    const auto a = static_cast<std::size_t>(it->bank);
    if (last + 1 != now || half(a) != half(b)) continue;
    if (a == b || of_a_half(it->command) || of_a_half(command)) return true;
  }
  return false;
}

bool SlowChannel::may(Command command, std::size_t b, Cycle now) const {
  const bool row_command = !reads_or_writes(command);
  if (command != precharge && command != precharge_all && !rising(now)) return false;
  if (row_command && beside(command, b, now)) return false;
  const Cycle whole = now + length(command);
  int activates = 0;
  // Nothing is felt longer than the longest of the sheet.
  const Cycle horizon = clock_ * (t_.rfc + t_.faw + t_.rc + t_.cwl + t_.burst + t_.wr + 8);
  for (auto it = sent.rbegin(); it != sent.rend() && it->tick + horizon > now; ++it) {
    const Cycle since = whole - (it->tick + length(it->command));
    const Cycle clocks = need(*it, command, b);
    if (clocks > 0 && since < clock_ * clocks) return false;
    if (row_command || part_.commands.shared) {
      if (it->command == activate && now < it->tick + length(activate)) return false;
    }
    if (command == activate && it->command == activate &&
        half(static_cast<std::size_t>(it->bank)) == half(b) && ++activates == 4 &&
        since < clock_ * t_.faw)
      return false;
  }
  return true;
}

bool SlowChannel::has_active(std::size_t b) const {
  return std::any_of(active_.begin(), active_.end(), [&](const Waiting& a) { return a.bank == b; });
}

// A hit of the bank waits in a queue, the one at `but` aside.
bool SlowChannel::hit_waits(std::size_t queue, std::size_t b, std::size_t but) const {
  for (std::size_t i = 0; i < queue_[queue].size(); ++i) {
    if (i != but && queue_[queue][i].bank == b && hits(queue_[queue][i])) return true;
  }
  return false;
}

bool SlowChannel::offer(Cycle now, Waiting one) {
  const auto same = [&](const Waiting& w) { return w.address == one.address; };
  if (std::any_of(queue_[1].begin(), queue_[1].end(), same)) {
    if (one.write) {
      done.emplace_back(one.id, now);
    } else {
      data_.emplace_back(one.id, now + 1);
    }
    return true;
  }
  const auto most =
      static_cast<std::size_t>(one.write ? control_.write_queue : control_.read_queue);
  std::vector<Waiting>& queue = queue_[one.write ? 1 : 0];
  if (queue.size() >= most) return false;
  one.arrived = now;
  one.order = arrivals_++;
  queue.push_back(one);
  return true;
}

void SlowChannel::choose(Cycle now) {
  if (!upkeep_.empty()) return;
  urgent_.reset();
  const Cycle patience = control_.patience_clocks * clock_;
  for (const auto& queue : queue_) {
    if (queue.empty() || now < queue.front().arrived + patience) continue;
    if (!urgent_ || queue.front().order < urgent_->order) urgent_ = queue.front();
  }
  if (urgent_) {
    write_mode_ = urgent_->write;
    return;
  }
  const double writes = static_cast<double>(queue_[1].size());
  const double places = static_cast<double>(control_.write_queue);
  if (queue_[0].empty()) {
    write_mode_ = true;
  } else if (!write_mode_) {
    write_mode_ = writes > control_.write_high * places;
  } else if (writes < control_.write_low * places) {
    write_mode_ = false;
  }
}

void SlowChannel::send(Cycle now, Command command, std::size_t b, std::int64_t row) {
  sent.push_back({now, command, static_cast<std::int32_t>(b), row});
}

void SlowChannel::access(Cycle now, const Waiting& one, bool closes) {
  send(now, one.write ? (closes ? write_precharge : write) : (closes ? read_precharge : read),
       one.bank, one.row);
  if (closes) open_[one.bank] = -1;
  if (one.write) {
    done.emplace_back(one.id, now);
  } else {
    data_.emplace_back(one.id, now + clock_ * (t_.cl + t_.burst));
  }
}

bool SlowChannel::active_goes(Cycle now) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    if (!may(active_[i].write ? write : read, active_[i].bank, now)) continue;
    if (!best || active_[i].arrived < active_[*best].arrived) best = i;
  }
  if (best) take(now, true, *best);
  return best.has_value();
}

// Behind the last data of any access the data clock goes for its postamble.
bool SlowChannel::data_clock_stands(Cycle now) const {
  if (!t_.wck_postamble) return false;
  return std::none_of(sent.begin(), sent.end(), [&](const SentCommand& c) {
    if (!reads_or_writes(c.command)) return false;
    return now <
           c.tick + clock_ * ((is_read(c.command) ? t_.cl : t_.cwl) + t_.burst + *t_.wck_postamble);
  });
}

// An access of the queue, or one whose activate went; first the data clock is started.
void SlowChannel::take(Cycle now, bool active, std::size_t i) {
  if (!started_ && data_clock_stands(now)) {
    started_.emplace(active, i);
    const Waiting& one = active ? active_[i] : queue_[write_mode_ ? 1 : 0][i];
    return send(now, start_clock, one.bank);
  }
  started_.reset();
  if (active) return take_active(now, i);
  issue_hit(now, i);
}

void SlowChannel::take_active(Cycle now, std::size_t i) {
  const Waiting one = active_[i];
  active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(i));
  const std::size_t nobody = SIZE_MAX;
  access(now, one,
         control_.page == Page::closed && !hit_waits(0, one.bank, nobody) &&
             !hit_waits(1, one.bank, nobody));
}

std::optional<std::size_t> SlowChannel::best_hit(Cycle now) const {
  const auto& queue = queue_[write_mode_ ? 1 : 0];
  for (std::size_t i = 0; i < queue.size(); ++i) {
    if (urgent_ && queue[i].order != urgent_->order) continue;
    if (hits(queue[i]) && may(queue[i].write ? write : read, queue[i].bank, now)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> SlowChannel::best_other(Cycle now) const {
  const auto& queue = queue_[write_mode_ ? 1 : 0];
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const Waiting& one = queue[i];
    if (urgent_ && one.order != urgent_->order) continue;
    if (hits(one) || has_active(one.bank)) continue;
    const bool open = open_[one.bank] >= 0;
    const bool kept = std::any_of(queue.begin(), queue.end(), [&](const Waiting& hit) {
      return hit.bank == one.bank && hits(hit) && hit.arrived <= one.arrived;
    });
    if (open && kept && control_.scheduler == Scheduler::row_hit_first && !urgent_) continue;
    if (may(open ? precharge : activate, one.bank, now)) return i;
  }
  return std::nullopt;
}

void SlowChannel::issue_hit(Cycle now, std::size_t i) {
  auto& queue = queue_[write_mode_ ? 1 : 0];
  const Waiting one = queue[i];
  const bool closes = control_.page == Page::closed && !has_active(one.bank) &&
                      !hit_waits(write_mode_ ? 1 : 0, one.bank, i) &&
                      !hit_waits(write_mode_ ? 0 : 1, one.bank, SIZE_MAX);
  queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
  access(now, one, closes);
}

void SlowChannel::issue_other(Cycle now, std::size_t i) {
  auto& queue = queue_[write_mode_ ? 1 : 0];
  const Waiting one = queue[i];
  if (open_[one.bank] >= 0) {
    open_[one.bank] = -1;
    return send(now, precharge, one.bank);
  }
  open_[one.bank] = one.row;
  active_.push_back(one);
  queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
  send(now, activate, one.bank, one.row);
}

void SlowChannel::upkeep(Cycle now) {
  const Upkeep head = upkeep_.front();
  const std::size_t banks =
      open_.size() / static_cast<std::size_t>(part_.organisation.pseudochannels);
  const std::size_t first = head.all ? head.which * banks : head.which;
  const std::size_t last = head.all ? first + banks : first + 1;
  bool open = false, busy = false;
  for (std::size_t b = first; b < last; ++b) {
    open |= open_[b] >= 0;
    busy |= has_active(b);
  }
  if (open && busy) return;
  const Command command =
      open ? (head.all ? precharge_all : precharge) : (head.all ? refresh_all : refresh_bank);
  if (!may(command, first, now)) return;
  for (std::size_t b = first; b < last; ++b) open_[b] = -1;
  if (!open) upkeep_.pop_front();
  send(now, command, first);
}

bool SlowChannel::column(Cycle now) {
  if (active_goes(now)) return true;
  if (!upkeep_.empty()) return false;
  const auto hit = best_hit(now);
  if (hit) issue_hit(now, *hit);
  return hit.has_value();
}

void SlowChannel::row(Cycle now) {
  if (!upkeep_.empty()) return upkeep(now);
  if (const auto other = best_other(now)) issue_other(now, *other);
}

// One command a tick, the oldest of all.
void SlowChannel::one_bus(Cycle now) {
  if (started_) return take(now, started_->first, started_->second);
  if (active_goes(now)) return;
  if (!upkeep_.empty()) return upkeep(now);
  const auto& queue = queue_[write_mode_ ? 1 : 0];
  const auto hit = best_hit(now), other = best_other(now);
  if (hit && (!other || queue[*hit].order < queue[*other].order)) return take(now, false, *hit);
  if (other) issue_other(now, *other);
}

void SlowChannel::step(Cycle now) {
  for (std::size_t i = 0; i < data_.size();) {
    if (data_[i].second > now) {
      ++i;
      continue;
    }
    done.push_back(data_[i]);
    data_.erase(data_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  const auto halves = static_cast<std::size_t>(part_.organisation.pseudochannels);
  if (control_.refresh == Refresh::all_bank && now > 0 && now % (clock_ * t_.refi) == 0) {
    for (std::size_t h = 0; h < halves; ++h) upkeep_.push_back({true, h});
  }
  if (control_.refresh == Refresh::per_bank && now > 0 && now % (clock_ * *t_.refi_bank) == 0)
    upkeep_.push_back({false, next_refreshed_++ % open_.size()});
  if (!started_) choose(now);
  if (part_.commands.shared) return one_bus(now);
  if (rising(now) && column(now)) choose(now);
  row(now);
}

StreamResult run_slowly(const StreamConfig& config,
                        const std::vector<weft::memory::Access>& accesses) {
  SlowChannel channel(config.channel.part, config.channel.control);
  StreamResult result;
  result.done_at.resize(accesses.size());
  std::size_t next = 0, taken = 0;
  for (Cycle now = 0; taken < accesses.size(); ++now) {
    if (now > 0) channel.step(now);
    const auto collect = [&] {
      for (const auto& [id, tick] : channel.done) {
        result.done_at[id] = tick;
        result.ticks = std::max(result.ticks, tick);
        ++taken;
      }
      channel.done.clear();
    };
    collect();
    while (next < accesses.size() && static_cast<std::int64_t>(next - taken) < config.outstanding) {
      const weft::memory::Place place = config.mapping.place(accesses[next].address);
      if (!channel.offer(now, {accesses[next].address, next, static_cast<std::size_t>(place.bank),
                               place.row, accesses[next].write}))
        break;
      ++next;
      collect();
    }
  }
  result.commands.push_back(std::move(channel.sent));
  return result;
}

}  // namespace weft::sim::memory
