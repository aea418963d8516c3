// What a run gives: integers, doubles and ids into the design's tables of names. JSON is written at
// the edge.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/unit_class.hpp"
#include "models/engine/schedule/sizing.hpp"
#include "models/memory/dram_use.hpp"
#include "models/program/program.hpp"

namespace weft::engine {

enum class Fidelity : std::uint8_t { analytic, systemc, rtl };
constexpr auto names(config::Tag<Fidelity>) {
  return std::array<std::pair<std::string_view, Fidelity>, 3>{
      {{"analytic", Fidelity::analytic}, {"systemc", Fidelity::systemc}, {"rtl", Fidelity::rtl}}};
}

enum class Status : std::uint8_t { ok, infeasible, failed, timed_out };
constexpr auto names(config::Tag<Status>) {
  return std::array<std::pair<std::string_view, Status>, 4>{{{"ok", Status::ok},
                                                             {"infeasible", Status::infeasible},
                                                             {"failed", Status::failed},
                                                             {"timed_out", Status::timed_out}}};
}

using weft::CounterDeclaration;
using weft::Counters;
using weft::kMostCounters;

// A class of units, by its declaration. An open set: UnitKind{&declared} is another one.
struct UnitKind {
  const UnitClass* declared = nullptr;

  std::string_view name() const { return declared->name; }
  friend bool operator==(UnitKind, UnitKind) = default;

  // The engine's, whose counters follow in the order of their declarations.
  static const UnitKind array;
  static const UnitKind buffer;
  static const UnitKind dram;
  static const UnitKind dram_with_state;  // its counters begin with those of dram
};
enum class ArrayCounter : std::uint8_t {
  tiles,
  macc,
  multiply,
  add,
  max,
  exp,
  divide,
  preload_cycles,
  drain_cycles
};
enum class BufferCounter : std::uint8_t {
  rows_read,
  rows_written,
  rows_filled,
  rows_emptied,
  port_wait_cycles
};
enum class DramCounter : std::uint8_t { read_requests, write_requests, bytes_read, bytes_written };
enum class DramStateCounter : std::uint8_t {
  activates = 4,  // behind those of DramCounter
  precharges,
  refreshes,
  row_hits,
  row_conflicts,
  turnarounds
};

inline std::span<const CounterDeclaration> counters_of(UnitKind kind) {
  return kind.declared->counters;
}

// busy + stall_in + stall_out + idle = cycles of the run.
struct UnitResult {
  UnitKind kind = UnitKind::array;
  int array = kNone;  // index into Lowering::array_names, for arrays and units of an assembly
  std::uint64_t busy_cycles = 0;
  std::uint64_t stall_in_cycles = 0;   // had work, waited for operands
  std::uint64_t stall_out_cycles = 0;  // had work, waited for room
  std::uint64_t idle_cycles = 0;
  Counters counters{};
};
std::string_view unit_name(const Lowering& lowering, const UnitResult& unit);

// Bytes of one tensor at one level of memory.
struct Traffic {
  TensorId tensor = kNone;
  UnitKind level = UnitKind::dram;
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
};

// Of computed values against a reference. What sees an operand that is not finite is counted apart.
struct Error {
  double max_abs = 0;
  double rms_relative = 0;  // ‖computed − reference‖ / ‖reference‖; of a reference all zero, 0 if
                            // the values are too, else 1
  std::uint64_t compared = 0;  // values
  std::uint64_t not_finite =
      0;  // values not finite, or without a finite reference, though their operands are
  std::uint64_t operands_not_finite = 0;
  std::uint64_t rows_apart =
      0;  // rows of the output (its last extent) that see such an operand, and are not compared
};

// Between which the simulator's cycles lie.
struct Bound {
  std::uint64_t at_least = 0;
  std::uint64_t at_most = 0;
};

// What the mapper took, where the binding leaves something open.
struct MappingChoice {
  std::int64_t tried = 1;
  std::string words;
};

// What is alive in a layer of an engine that prunes: indices, ascending.
struct Selected {
  std::int64_t step = 0;  // of the program: 0 where it has one
  std::int64_t layer = 0;
  std::vector<std::int64_t> tokens_kept;
  std::vector<std::int64_t> heads_kept;
};

// Of a design that is not simulated: where its time comes from ("measured", "interpolated",
// "published", "computed"), its energy where that was measured too, and what it takes for granted.
struct Unsimulated {
  std::string time_from;
  std::optional<double> joules;
  std::vector<std::string> assumptions;
};

struct Result {
  Status status = Status::ok;
  std::string reason;
  std::vector<Problem> problems{};  // of a point that was refused for what was asked: what to mend
  Fidelity fidelity = Fidelity::systemc;
  workload::Shape shape;  // of the first invocation, where there are several; so `extents`
  std::int64_t layers = 1;
  std::vector<program::Invocation> invocations;  // of a program of more than one
  einsum::Extents extents;
  double clock_hz = 0;
  std::uint64_t cycles = 0;
  std::optional<Bound> bound;  // of the closed form, where it does not give the simulator's cycles
  std::uint64_t advance_periods = 0;
  std::uint64_t advance_cycles = 0;
  std::vector<UnitResult> units;  // arrays in the architecture's order, then buffer, then dram
  std::vector<Traffic> traffic;
  std::optional<double> useful_macs;  // share of MAC slots; nothing without a spatial array
  double peak_bytes_per_s = 0;
  std::uint64_t beyond_need_bytes = 0;      // moved by memory, since it takes whole accesses
  int bound_by = kNone;                     // index into units
  std::optional<memory::DramUse> dram_use;  // of a DRAM with state that was simulated
  std::optional<Error> error;
  std::vector<Error> error_by_layer;        // of a trace
  std::optional<Error> error_to_attention;  // to attention written by hand, where the cascade is
                                            // attention: some queries
  MappingChoice mapping;
  std::vector<Selected> selection;         // by step and layer
  std::optional<Unsimulated> unsimulated;  // nothing where it is simulated, or in closed form

  // Whether there are cycles to tell: also where the values that were computed are at fault.
  bool ran() const {
    return status == Status::ok || (status == Status::failed && error.has_value());
  }
  double seconds() const { return static_cast<double>(cycles) / clock_hz; }
};

// Shares of the busiest spatial and of the busiest vector array: utilisation.array_2d and
// .array_1d.
double utilisation(const Result& result, const Lowering& lowering, ArrayKind kind);
double share(const Result& result, const UnitResult& unit);

// Picks `bound_by`, the unit with the largest busy share (of the buffer: share of its port slots),
// and computes useful_macs over everything that ran; whatever the fidelity. TooLarge where the
// DRAM's bytes together take more than 64 bits.
void conclude(Result& result, const Lowering& lowering, std::span<const Sizing* const> sizings);
inline void conclude(Result& result, const Lowering& lowering, const Sizing& sizing) {
  const Sizing* const one = &sizing;
  conclude(result, lowering, {&one, 1});
}
// "array_1d: busy 99.1 % of the cycles …": the binding constraint in words.
std::string bound_words(const Result& result, const Lowering& lowering);

}  // namespace weft::engine
