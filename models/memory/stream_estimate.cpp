#include "models/memory/stream_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <vector>

#include "models/memory/dram_gaps.hpp"

namespace weft::memory {
namespace {

// Of the wait of one access of a bank group for its row to open, how much the next one of it
// shares: all of it would keep the order of the stream, nothing of it would fill every gap. What is
// longer is a wait for the bank's accesses before, which those of other banks do not share.
constexpr double kInOrder = 0.75;
// Among so many of a pseudo-channel that wait, a column of the same stack goes first.
constexpr double kSameStack = 2;
constexpr int kMostRefreshes = 64;  // between two accesses
constexpr double kNever = std::numeric_limits<double>::infinity();

class Recurrence {
 public:
  Recurrence(const DramPart& part, const DramControl& control, std::int64_t outstanding, bool write)
      : organisation_(part.organisation),
        g_(gaps_of(part)),
        refresh_(control.refresh),
        write_(write),
        shared_bus_(part.commands.shared),
        clock_(static_cast<double>(part.ticks_per_clock())),
        window_(static_cast<std::size_t>(outstanding)),
        queue_(static_cast<std::size_t>(write ? control.write_queue : control.read_queue)),
        to_column_(static_cast<double>(write ? g_.act_wr : g_.act_rd)),
        to_open_(static_cast<double>(g_.pre_act) + to_column_),
        to_precharge_(static_cast<double>(write ? g_.wr_pre : g_.rd_pre)),
        clock_goes_(static_cast<double>(write ? g_.wr_clock : g_.rd_clock)),
        banks_(static_cast<std::size_t>(part.organisation.all_banks())),
        groups_(banks_.size() / static_cast<std::size_t>(part.organisation.banks)),
        halves_(static_cast<std::size_t>(part.organisation.pseudochannels)) {
    const double waiting = static_cast<double>(window_) / static_cast<double>(halves_.size());
    const auto dearer = static_cast<double>(g_.column_other_stack - g_.column_any);
    if (organisation_.stack_ids > 1)
      other_stack_ = std::max(0.0, dearer) * std::min(1.0, kSameStack / waiting);
    if (refresh_ == Refresh::all_bank) refresh_at_ = static_cast<double>(g_.refi);
    if (refresh_ == Refresh::per_bank) refresh_at_ = static_cast<double>(g_.refi_bank);
  }

  void see(const Place& place) {
    // It comes when another one of its window is done, and finds a place when one leaves the queue.
    const double offered = leave(in_flight_, window_, arrived_);
    arrived_ = leave(waiting_, queue_, offered);
    Times times = times_of(place);
    // A part whose refreshes are not over before the next ones does not keep up with them.
    for (int n = 0; n < kMostRefreshes; ++n) {
      if (begins(times) < refresh_at_) break;
      refresh();
      times = times_of(place);
    }
    commit(place, times);
    const double done = times.column + (write_ ? 0 : static_cast<double>(g_.read_latency));
    in_flight_.push(done);
    waiting_.push(times.hit ? times.column : times.activate);
    last_ = std::max(last_, done);
    latency_ += done - offered;
    ++accesses_;
  }

  StreamEstimate estimate() const {
    const auto n = static_cast<double>(accesses_);
    return {last_ / n, static_cast<double>(activates_) / n, latency_ / n};
  }

 private:
  struct Bank {
    std::int64_t row = -1, row_before = -1;  // -1: closed
    double activated = -kNever, activated_before = 0;
    double closed = 0;        // the row before
    double column = -kNever;  // the last
    double next_column = 0;   // of the same row, in order
    double refreshed = 0;
  };
  struct Group {
    double column = 0, activate = 0;
  };
  struct Half {
    double column = 0, activate = 0;
    std::int64_t stack = -1;
  };
  struct Times {
    bool hit = false;
    double precharge = kNever;  // where a row is open
    double activate = 0;
    double column = 0;
    bool starts_clock = false;  // of the data, by a command before that of the column
  };
  using Ends = std::priority_queue<double, std::vector<double>, std::greater<>>;

  static double leave(Ends& ends, std::size_t most, double now) {
    if (ends.size() < most) return now;
    now = std::max(now, ends.top());
    ends.pop();
    return now;
  }
  // Where commands take half a clock, columns and activates go on the second half of one.
  double rise(double tick) const {
    if (clock_ == 1) return std::ceil(tick);
    return 2 * std::floor(std::ceil(tick) / 2) + 1;
  }
  double bus(std::int64_t ticks) const {
    return std::ceil(static_cast<double>(ticks) / clock_) * clock_;
  }
  std::size_t group_of(const Place& p) const {
    return static_cast<std::size_t>(p.bank / organisation_.banks);
  }
  std::size_t half_of(const Place& p) const {
    return static_cast<std::size_t>(p.bank) / (banks_.size() / halves_.size());
  }
  std::int64_t stack_of(const Place& p) const {
    return p.bank / (organisation_.banks * organisation_.bank_groups) % organisation_.stack_ids;
  }

  Times times_of(const Place& p) const {
    const Bank& bank = banks_[static_cast<std::size_t>(p.bank)];
    const Group& group = groups_[group_of(p)];
    const Half& half = halves_[half_of(p)];
    const double from = std::max(arrived_ + 1, free_from_);
    Times t;
    double ready = 0;
    if (bank.row == p.row) {
      t.hit = true;
      ready = bank.activated + to_column_;
    } else if (bank.row_before == p.row && bank.closed > from) {
      t.hit = true;
      ready = bank.activated_before + to_column_;
    } else {
      double row_bus = std::max(row_bus_, from);
      t.activate =
          std::max({from, bank.refreshed, bank.activated + static_cast<double>(g_.act_act)});
      if (bank.row >= 0) {
        t.precharge = std::max(
            {from, bank.activated + static_cast<double>(g_.act_pre), bank.column + to_precharge_});
        t.activate = std::max(t.activate, t.precharge + static_cast<double>(g_.pre_act));
        row_bus += bus(1);
      }
      t.activate = rise(std::max({t.activate, row_bus, half.activate, group.activate}));
      ready = t.activate + to_column_;
    }
    t.column =
        rise(std::max({from, ready, bank.next_column, group.column, half.column, column_bus_}));
    t.starts_clock = clock_goes_ > 0 && t.column >= clock_until_;
    if (t.starts_clock) t.column += static_cast<double>(g_.column_bus);
    return t;
  }

  // What begins behind a refresh waits for it. That of one bank keeps the others a few clocks only:
  // they do not wait for what this access may wait for longer.
  double begins(const Times& t) const {
    if (refresh_ == Refresh::per_bank) return std::max(arrived_ + 1, free_from_);
    return std::max(t.hit ? t.column : t.activate, arrived_);
  }

  // A server that is busy for so long more, from no earlier than `from`.
  static void serve(double& server, double from, double ticks) {
    server = std::max(server, from) + ticks;
  }

  void commit(const Place& p, const Times& t) {
    Bank& bank = banks_[static_cast<std::size_t>(p.bank)];
    Group& group = groups_[group_of(p)];
    Half& half = halves_[half_of(p)];
    const double from = std::max(arrived_ + 1, free_from_);
    if (!t.hit) {
      double commands = bus(g_.act_bus);
      if (bank.row >= 0) {
        bank.row_before = bank.row;
        bank.activated_before = bank.activated;
        bank.closed = t.precharge;
        commands += bus(1);
      }
      bank.row = p.row;
      bank.activated = t.activate;
      serve(row_bus_, from, commands);
      if (shared_bus_) serve(column_bus_, from, commands);
      serve(half.activate, from,
            static_cast<double>(std::max(g_.act_act_any, g_.act_act_fourth / 4)));
      serve(group.activate, from, static_cast<double>(g_.act_act_group));
      ++activates_;
    }
    bank.next_column = t.column + static_cast<double>(g_.column_group);
    bank.column = std::max(bank.column, t.column);
    const double free = std::max(group.column, from);
    const double shared = std::clamp(t.column - free, 0.0, to_open_);
    group.column = free + kInOrder * shared + static_cast<double>(g_.column_group);
    const std::int64_t stack = stack_of(p);
    serve(half.column, from,
          static_cast<double>(g_.column_any) +
              (half.stack >= 0 && half.stack != stack ? other_stack_ : 0));
    half.stack = stack;
    const double commands = static_cast<double>((t.starts_clock ? 2 : 1) * g_.column_bus);
    serve(column_bus_, from, commands);
    if (shared_bus_) serve(row_bus_, from, commands);
    clock_until_ = std::max(clock_until_, t.column + clock_goes_);
  }

  static void close(Bank& bank) { bank.row = bank.row_before = -1; }

  // What is open drains and closes; then nothing starts until it is over.
  void refresh() {
    if (refresh_ == Refresh::per_bank) return refresh_bank();
    free_from_ =
        refresh_at_ + to_precharge_ + 2 * clock_ + static_cast<double>(g_.pre_all_ref + g_.ref_act);
    refresh_at_ += static_cast<double>(g_.refi);
    std::for_each(banks_.begin(), banks_.end(), close);
  }

  // Of one bank: it waits for what is under way in that, and meanwhile nothing starts. Columns that
  // others have left stand still as long; activates make up for it.
  void refresh_bank() {
    const std::size_t b = refreshed_++ % banks_.size();
    Bank& bank = banks_[b];
    const double from = std::max(refresh_at_, refresh_sent_);
    const bool later = bank.activated > from;  // the row of the last access to it comes behind
    const double began = goes(bank, from, later);
    hold(column_bus_, from, began - from);
    for (Half& half : halves_) hold(half.column, from, began - from);
    for (Group& group : groups_) hold(group.column, from, began - from);
    Half& own = halves_[b / (banks_.size() / halves_.size())];
    own.activate = std::max(own.activate, began + static_cast<double>(g_.ref_bank_act_other));
    bank.refreshed = began + static_cast<double>(g_.ref_bank_act);
    free_from_ = std::max(free_from_, began + 1);
    refresh_sent_ = began + 1;
    refresh_at_ += static_cast<double>(g_.refi_bank);
    if (!later) return close(bank);
    const double late = std::max(0.0, bank.refreshed - bank.activated);
    for (double* time : {&bank.activated, &bank.next_column, &bank.column}) *time += late;
    bank.row_before = -1;
  }

  // When a bank's refresh goes, which is due at `from`; `later`: the row before is open then.
  double goes(const Bank& bank, double from, bool later) const {
    if (later ? bank.row_before < 0 || bank.closed <= from : bank.row < 0) return from;
    const double activated = later ? bank.activated_before : bank.activated;
    double closes = std::max(from, activated + static_cast<double>(g_.act_pre));
    if (!later) {
      const double column =
          bank.column <= from ? bank.column : std::max(from, activated + to_column_);
      closes = std::max(closes, column + to_precharge_);
    }
    return closes + static_cast<double>(g_.pre_ref_bank);
  }

  // A server that has work left at `from` stands still for so long.
  static void hold(double& server, double from, double ticks) {
    if (server > from) server += ticks;
  }

  const Organisation organisation_;
  const DramGaps g_;
  const Refresh refresh_;
  const bool write_, shared_bus_;
  const double clock_;
  const std::size_t window_, queue_;
  const double to_column_;  // from an activate
  const double to_open_;    // from a precharge
  const double to_precharge_, clock_goes_;
  double other_stack_ = 0;

  std::vector<Bank> banks_;
  std::vector<Group> groups_;
  std::vector<Half> halves_;
  Ends in_flight_, waiting_;
  double row_bus_ = 0, column_bus_ = 0, clock_until_ = 0;
  double arrived_ = 0, free_from_ = 0, last_ = 0, latency_ = 0;
  double refresh_at_ = kNever, refresh_sent_ = 0;
  std::size_t refreshed_ = 0, accesses_ = 0, activates_ = 0;
};

}  // namespace

std::optional<StreamEstimate> estimate_stream(const DramPart& part, const AddressMap& mapping,
                                              const DramControl& control, std::int64_t outstanding,
                                              std::span<const Access> accesses) {
  const auto seen = accesses.first(std::min(accesses.size(), kEstimated));
  if (seen.empty() || control.page == Page::closed) return std::nullopt;
  const bool write = seen.front().write;
  if (std::any_of(accesses.begin(), accesses.end(),
                  [&](const Access& one) { return one.write != write; }))
    return std::nullopt;
  Recurrence recurrence(part, control, outstanding, write);
  for (const Access& one : seen) recurrence.see(mapping.place(one.address));
  return recurrence.estimate();
}

}  // namespace weft::memory
