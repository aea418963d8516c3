#include "models/memory/stream_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/memory/dram_gaps.hpp"

namespace weft::memory {
namespace {

// Beyond those that wait in a queue, what has left it and is not done: their activates go ahead.
constexpr std::int64_t kAhead = 12;
// Bounds that are near each other add up; a maximum is this with infinity.
constexpr double kNorm = 6;
// Accesses that come within tRC, however few are outstanding.
constexpr std::size_t kLeastBanks = 8;

struct Ticks {
  double hit, miss, conflict;  // of one access, unloaded
};

Ticks ticks_of(const DramGaps& g, bool write) {
  const double access = write ? 1 : static_cast<double>(g.read_latency) + 1;
  const auto to_column = static_cast<double>(write ? g.act_wr : g.act_rd);
  const double miss = access + to_column;
  return {access, miss, miss + static_cast<double>(g.pre_act)};
}

// How many different ones are among the last `window` values of a sequence.
class Distinct {
 public:
  Distinct(std::size_t values, std::size_t window) : count_(values), last_(window) {}
  void see(std::size_t value) {
    if (seen_ >= last_.size()) leave(last_[at_]);
    last_[at_] = value;
    at_ = (at_ + 1) % last_.size();
    if (count_[value]++ == 0) ++distinct_;
    if (++seen_ >= last_.size()) {
      sum_ += 1 / static_cast<double>(distinct_);
      ++windows_;
    }
  }
  // The mean over all windows of one over it.
  double mean_inverse() const { return sum_ / static_cast<double>(windows_); }

 private:
  void leave(std::size_t value) {
    if (--count_[value] == 0) --distinct_;
  }
  std::vector<std::size_t> count_, last_;
  std::size_t at_ = 0, seen_ = 0, distinct_ = 0, windows_ = 0;
  double sum_ = 0;
};

// What is outstanding at once opens each of its rows once: how many rows are opened, and what the
// accesses take, unloaded.
struct Opened {
  double activates = 0;  // of an access
  double latency = 0;
};

Opened opened_by(const std::vector<Place>& places, std::size_t window, std::size_t banks,
                 const Ticks& ticks, const DramGaps& gaps) {
  std::vector<std::int64_t> row(banks, -1);
  struct New {
    std::int32_t bank;
    std::int64_t row;
    int behind;
  };
  std::vector<New> now;
  double activates = 0, latency = 0;
  std::size_t looked = 0;
  for (std::size_t begin = 0; begin + window <= places.size(); begin += window) {
    now.clear();
    for (std::size_t i = begin; i < begin + window; ++i) {
      const Place& p = places[i];
      const auto known = std::find_if(now.begin(), now.end(), [&](const New& one) {
        return one.bank == p.bank && one.row == p.row;
      });
      std::int64_t& open = row[static_cast<std::size_t>(p.bank)];
      ++looked;
      if (known != now.end()) {
        latency += ticks.conflict + static_cast<double>(++known->behind * gaps.column_group);
      } else if (open == p.row) {
        latency += ticks.hit;
      } else {
        latency += open < 0 ? ticks.miss : ticks.conflict;
        open = p.row;
        now.push_back({p.bank, p.row, 0});
        activates += 1;
      }
    }
  }
  return {activates / static_cast<double>(looked), latency / static_cast<double>(looked)};
}

// Rows that a refresh closed, and what opening them again costs an access: a miss in place of a hit
// or of a conflict, once a bank that is come to before the next refresh.
double closed_by_refresh(const Opened& opened, const Ticks& ticks, double accesses_between,
                         double banks) {
  const double again = std::min(banks, accesses_between) / accesses_between;
  const double dearer = (1 - opened.activates) * (ticks.miss - ticks.hit) -
                        opened.activates * (ticks.conflict - ticks.miss);
  return again * dearer;
}

}  // namespace

std::optional<StreamEstimate> estimate_stream(const DramPart& part, const AddressMap& mapping,
                                              const DramControl& control, std::int64_t outstanding,
                                              std::span<const Access> accesses) {
  const bool write = !accesses.empty() && accesses.front().write;
  const std::int64_t queue = write ? control.write_queue : control.read_queue;
  const auto window =
      static_cast<std::size_t>(std::max<std::int64_t>(1, std::min(outstanding, queue + kAhead)));
  const auto spread = std::max<std::size_t>(2, window);  // an access keeps its distance to the last
  const std::size_t count = std::min(accesses.size(), kEstimated);
  if (control.page == Page::closed || count < std::max(spread, kLeastBanks) ||
      std::any_of(accesses.begin(), accesses.end(),
                  [&](const Access& one) { return one.write != write; }))
    return std::nullopt;

  const DramGaps g = gaps_of(part);
  const Organisation& o = part.organisation;
  const auto banks = static_cast<std::size_t>(o.all_banks());
  Distinct groups(banks, spread), halves(banks, spread), all(banks, std::max(spread, kLeastBanks));
  std::vector<Place> places;
  for (const Access& one : accesses.first(count)) {
    places.push_back(mapping.place(one.address));
    const std::int64_t bank = places.back().bank;
    all.see(static_cast<std::size_t>(bank));
    groups.see(static_cast<std::size_t>(bank / o.banks));
    halves.see(static_cast<std::size_t>(bank / (o.all_banks() / o.pseudochannels)));
  }
  const Ticks ticks = ticks_of(g, write);
  const Opened opened = opened_by(places, window, banks, ticks, g);
  StreamEstimate e;
  e.activates = opened.activates;
  e.row_bus = opened.activates * static_cast<double>(g.act_bus + 1);  // and a precharge
  e.bank = opened.activates * static_cast<double>(g.act_act) * all.mean_inverse();
  e.bank_group = static_cast<double>(g.column_group) * groups.mean_inverse();
  e.data_bus = static_cast<double>(g.column_any) * halves.mean_inverse();
  e.column_bus = static_cast<double>(g.column_bus);
  e.latency = opened.latency / static_cast<double>(outstanding);
  const auto combined = [&](double latency) {
    double sum = 0;
    for (const double bound : {e.row_bus, e.bank, e.bank_group, e.data_bus, e.column_bus, latency})
      sum += std::pow(bound, kNorm);
    return std::pow(sum, 1 / kNorm);
  };
  e.ticks_per_access = combined(e.latency);
  if (control.refresh == Refresh::none) return e;
  // By bank, a refresh holds up both pseudo-channels while its bank closes.
  const bool together = control.refresh == Refresh::all_bank;
  const auto interval = static_cast<double>(together ? g.refi : g.refi_bank);
  const double held = together ? static_cast<double>(g.pre_ref + g.ref_act)
                               : static_cast<double>(g.pre_ref_bank + g.ref_bank_act_other);
  e.refresh = 1 / (1 - held / interval);
  const double between = interval / (e.ticks_per_access * e.refresh);
  const double closed = together ? static_cast<double>(banks) : 1;
  e.latency += closed_by_refresh(opened, ticks, between, closed) / static_cast<double>(outstanding);
  e.ticks_per_access = combined(std::max(e.latency, 0.0)) * e.refresh;
  return e;
}

}  // namespace weft::memory
