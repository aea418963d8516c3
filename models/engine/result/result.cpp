#include "models/engine/result/result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "models/common/error.hpp"
#include "models/engine/result/conclude.hpp"

namespace weft::engine {
namespace {

constexpr std::array<CounterDeclaration, 9> kArrayCounters{{
    {"tiles", "tiles", "steps fired: one Einsum, or a streamed chain, over one tile"},
    {"macc", "operations", "multiplications with accumulation"},
    {"multiply", "operations", "multiplications"},
    {"add", "operations", "additions and subtractions"},
    {"max", "operations", "maxima"},
    {"exp", "operations", "exponentials"},
    {"divide", "operations", "divisions"},
    {"preload_cycles", "cycles", "loading a stationary operand into the elements"},
    {"drain_cycles", "cycles", "reading finished outputs out of the elements"},
}};
constexpr std::array<CounterDeclaration, 5> kBufferCounters{{
    {"rows_read", "rows", "rows read by the arrays"},
    {"rows_written", "rows", "rows written by the arrays"},
    {"rows_filled", "rows", "rows written from DRAM"},
    {"rows_emptied", "rows", "rows read on their way to DRAM"},
    {"port_wait_cycles", "cycles", "steps put off because ports or banks were taken"},
}};
constexpr std::array<CounterDeclaration, 4> kDramCounters{{
    {"read_requests", "requests", "read requests"},
    {"write_requests", "requests", "write requests"},
    {"bytes_read", "bytes", "bytes read"},
    {"bytes_written", "bytes", "bytes written"},
}};
constexpr std::array<CounterDeclaration, 10> kDramStateCounters{{
    kDramCounters[0],
    kDramCounters[1],
    kDramCounters[2],
    kDramCounters[3],
    {"activates", "commands", "rows opened"},
    {"precharges", "commands", "rows closed, by a command of their own or with an access"},
    {"refreshes", "commands", "refreshes"},
    {"row_hits", "accesses", "accesses that found their row open"},
    {"row_conflicts", "accesses", "accesses that found another row open"},
    {"turnarounds", "turns", "from reads to writes or back, of a pseudo-channel"},
}};
static_assert(kArrayCounters.size() <= kMostCounters && kBufferCounters.size() <= kMostCounters &&
              kDramStateCounters.size() <= kMostCounters);
constexpr UnitClass kArrayClass{"array", kArrayCounters};
constexpr UnitClass kBufferClass{"buffer", kBufferCounters};
constexpr UnitClass kDramClass{"dram", kDramCounters};
constexpr UnitClass kDramStateClass{"dram", kDramStateCounters};

double slots_of(const Array& array) {
  return array.kind == ArrayKind::spatial
             ? static_cast<double>(*array.rows) * static_cast<double>(*array.columns)
             : 0;
}

// Pairs (query, key) with key <= query + offset.
double visible_pairs(std::int64_t queries, std::int64_t keys, std::int64_t offset) {
  // Query q sees min(keys, q + offset + 1) keys: none before `first`, all from `full` on, one more
  // each in between.
  const std::int64_t first = std::clamp<std::int64_t>(-offset, 0, queries);
  const std::int64_t full = std::clamp<std::int64_t>(keys - offset - 1, first, queries);
  const auto least = static_cast<double>(first + offset + 1);
  const auto rising = static_cast<double>(full - first);
  return rising * least + rising * (rising - 1) / 2 +
         static_cast<double>(queries - full) * static_cast<double>(keys);
}

// Points of a product for the heads that run together: its ranks before partitioning, without what
// the mask leaves out.
double points_of(const Lowering& lowering, const Sizing& sizing, EinsumId einsum) {
  std::vector<RankId> bases;
  for (const RankId rank : lowering.cascade->einsums[einsum].iteration) {
    const RankId base = lowering.cascade->base_of(rank);
    if (std::find(bases.begin(), bases.end(), base) == bases.end()) bases.push_back(base);
  }
  const auto iterates = [&](RankId rank) {
    return std::find(bases.begin(), bases.end(), rank) != bases.end();
  };
  const bool masked = sizing.masked && iterates(lowering.mask_key) && iterates(lowering.mask_query);
  const std::int64_t together = sizing.together;
  double points =
      masked ? static_cast<double>(together) *
                   visible_pairs(sizing.extents[lowering.mask_query] / together,
                                 sizing.extents[lowering.mask_key], sizing.mask_offset / together)
             : 1;
  for (const RankId base : bases) {
    if (masked && (base == lowering.mask_key || base == lowering.mask_query)) continue;
    points *= static_cast<double>(sizing.extents[base]);
  }
  return points;
}

// Nothing without a spatial array: there are no slots to be used.
std::optional<double> useful_macs(const Result& result, const Lowering& first,
                                  std::span<const Ran> ran) {
  double slots = 0;
  for (const Array* array : first.arrays) slots += slots_of(*array);
  if (slots == 0) return std::nullopt;
  double points = 0;
  for (const auto& [lowering, sizing] : ran) {
    double of_a_head = 0;
    for (const LoweredGroup& group : lowering->groups) {
      for (const LoweredStep& step : group.steps) {
        if (step.product && lowering->arrays[step.array]->kind == ArrayKind::spatial)
          of_a_head += points_of(*lowering, *sizing, step.einsums[0]);
      }
    }
    points += of_a_head * static_cast<double>(sizing->repeats);
  }
  const double available = slots * static_cast<double>(result.cycles);
  return available > 0 ? points / available : 0;
}

// Share of what the unit could do: of its cycles, or for the buffer, whose ports are several, of
// the slots of its reads or of its writes. (A buffer with one access in every cycle is busy
// throughout, and far from bounding anything.)
double load(const Result& result, const Lowering& lowering, const UnitResult& unit) {
  if (unit.kind != UnitKind::buffer) return share(result, unit);
  if (result.cycles == 0) return 0;
  const auto slots = [&](BufferCounter counter, std::int64_t ports) {
    return static_cast<double>(unit.counters[static_cast<std::size_t>(counter)]) /
           (static_cast<double>(ports) * static_cast<double>(result.cycles));
  };
  return std::max(slots(BufferCounter::rows_read, lowering.arch->buffer.read_ports),
                  slots(BufferCounter::rows_written, lowering.arch->buffer.write_ports));
}

// The bytes of all tensors together are a figure too.
void check_dram_bytes(const Result& result) {
  Total moved;
  for (const Traffic& traffic : result.traffic) {
    if (traffic.level != UnitKind::dram) continue;
    moved += Total::of(traffic.read_bytes);
    moved += Total::of(traffic.written_bytes);
  }
  static_cast<void>(moved.in_64_bits("bytes between the memory and the buffer"));
}

std::string percent(double part) { return fmt::format("{:.1f} %", 100 * part); }

void conclude(Result& result, const Lowering& first, std::span<const Ran> ran) {
  check_dram_bytes(result);
  result.bound_by = kNone;
  double most = -1;
  for (std::size_t u = 0; u < result.units.size(); ++u) {
    const double here = load(result, first, result.units[u]);
    if (here <= most) continue;
    most = here;
    result.bound_by = static_cast<int>(u);
  }
  result.useful_macs = useful_macs(result, first, ran);
}

}  // namespace

constinit const UnitKind UnitKind::array{&kArrayClass};
constinit const UnitKind UnitKind::buffer{&kBufferClass};
constinit const UnitKind UnitKind::dram{&kDramClass};
constinit const UnitKind UnitKind::dram_with_state{&kDramStateClass};

std::string_view unit_name(const Lowering& lowering, const UnitResult& unit) {
  return unit.array != kNone ? std::string_view(lowering.array_names[unit.array])
                             : unit.kind.name();
}

double share(const Result& result, const UnitResult& unit) {
  return result.cycles == 0
             ? 0
             : static_cast<double>(unit.busy_cycles) / static_cast<double>(result.cycles);
}

double utilisation(const Result& result, const Lowering& lowering, ArrayKind kind) {
  double most = 0;
  for (const UnitResult& unit : result.units) {
    if (unit.kind == UnitKind::array && lowering.arrays[unit.array]->kind == kind)
      most = std::max(most, share(result, unit));
  }
  return most;
}

void conclude(Result& result, const Lowering& lowering, std::span<const Sizing* const> sizings) {
  std::vector<Ran> ran;
  for (const Sizing* sizing : sizings) ran.push_back({&lowering, sizing});
  conclude(result, lowering, ran);
}

void conclude(Result& result, std::span<const Ran> ran) {
  check(!ran.empty(), "what is concluded has run");
  conclude(result, *ran.front().lowering, ran);
}

std::string bound_words(const Result& result, const Lowering& lowering) {
  if (result.bound_by == kNone) return "";
  const UnitResult& bound = result.units[result.bound_by];
  const double most = load(result, lowering, bound);
  std::string words =
      fmt::format("{}: busy {} of its {}", unit_name(lowering, bound), percent(most),
                  bound.kind == UnitKind::buffer ? "port slots" : "cycles");
  const UnitResult* next = nullptr;
  for (const UnitResult& unit : result.units) {
    if (&unit != &bound &&
        (next == nullptr || load(result, lowering, unit) > load(result, lowering, *next)))
      next = &unit;
  }
  if (next != nullptr)
    words += fmt::format("; next {} with {}", unit_name(lowering, *next),
                         percent(load(result, lowering, *next)));
  if (most < 0.5) words += "; none is busy half of the time: dependencies and latencies bound it";
  return words;
}

}  // namespace weft::engine
