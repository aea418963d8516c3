// An architecture: arrays and what each element can do in how many cycles, links, buffer, DRAM.
// From configs/arch/*.yaml.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/common/fields.hpp"
#include "models/memory/dram_control.hpp"

namespace weft::memory {
struct DramSystem;
}

namespace weft::engine {

// One operation of a processing element or lane. A second one can start `interval_cycles` later,
// whether or not it depends on the first (an accumulation closes its loop in one interval); its
// result is there after `latency_cycles`.
struct Operation {
  std::int64_t interval_cycles = 1;
  std::int64_t latency_cycles = 1;
  bool operator==(const Operation&) const = default;
};

inline auto fields(config::Tag<Operation>) {
  return config::field_table(config::required("interval_cycles", &Operation::interval_cycles,
                                              {1, 4096}, "cycles from one operation to the next"),
                             config::required("latency_cycles", &Operation::latency_cycles,
                                              {1, 4096}, "cycles from operands to result"));
}

// How exp is made: sequential MACCs of the element itself, a pipelined unit, or linear segments
// (table and one MACC).
enum class ExpMethod : std::uint8_t { maccs, unit, segments };
constexpr auto names(config::Tag<ExpMethod>) {
  return std::array<std::pair<std::string_view, ExpMethod>, 3>{
      {{"maccs", ExpMethod::maccs}, {"unit", ExpMethod::unit}, {"segments", ExpMethod::segments}}};
}

struct Exponential {
  ExpMethod method = ExpMethod::maccs;
  std::int64_t interval_cycles = 1;
  std::int64_t latency_cycles = 1;
  bool absorbs_subtract = false;         // exp(a − b) is one operation
  std::optional<std::int64_t> segments;  // of linear segments: their number
  bool operator==(const Exponential&) const = default;
};

inline auto fields(config::Tag<Exponential>) {
  return config::field_table(
      config::required("method", &Exponential::method, "maccs, unit or segments"),
      config::required("interval_cycles", &Exponential::interval_cycles, {1, 4096},
                       "cycles from one exp to the next"),
      config::required("latency_cycles", &Exponential::latency_cycles, {1, 4096},
                       "cycles from argument to result"),
      config::optional("absorbs_subtract", &Exponential::absorbs_subtract,
                       "exp(a - b) is one operation"),
      config::optional("segments", &Exponential::segments, {2, 1024},
                       "number of linear segments, a power of two"));
}

struct Operations {
  std::optional<Operation> macc;  // also a multiplication, where `multiply` is absent
  std::optional<Operation> multiply;
  std::optional<Operation> add;  // also subtraction
  std::optional<Operation> max;
  std::optional<Operation> divide;
  std::optional<Exponential> exp;
  bool operator==(const Operations&) const = default;
};

inline auto fields(config::Tag<Operations>) {
  return config::field_table(config::optional("macc", &Operations::macc, "multiply and accumulate"),
                             config::optional("multiply", &Operations::multiply, "multiplication"),
                             config::optional("add", &Operations::add, "addition and subtraction"),
                             config::optional("max", &Operations::max, "maximum"),
                             config::optional("divide", &Operations::divide, "division"),
                             config::optional("exp", &Operations::exp, "exponential"));
}

// spatial: rows × columns of elements, operands enter at the edges with systolic skew. vector:
// lanes side by side.
enum class ArrayKind : std::uint8_t { spatial, vector };
constexpr auto names(config::Tag<ArrayKind>) {
  return std::array<std::pair<std::string_view, ArrayKind>, 2>{
      {{"spatial", ArrayKind::spatial}, {"vector", ArrayKind::vector}}};
}

struct Array {
  ArrayKind kind = ArrayKind::spatial;
  std::optional<std::int64_t> rows;     // of a spatial array
  std::optional<std::int64_t> columns;  // of a spatial array
  std::optional<std::int64_t> lanes;    // of a vector array
  std::int64_t tile_contexts = 1;       // tiles whose state an element can hold at once
  bool overlaps_preload =
      false;  // shadow registers: the stationary operand loads behind the previous tile
  bool overlaps_drain = false;  // finished outputs leave behind the next tile
  Operations operations;
  bool operator==(const Array&) const = default;
};

inline auto fields(config::Tag<Array>) {
  using config::optional, config::required;
  return config::field_table(
      required("kind", &Array::kind, "spatial or vector"),
      optional("rows", &Array::rows, {1, 4096}, "rows of a spatial array"),
      optional("columns", &Array::columns, {1, 4096}, "columns of a spatial array"),
      optional("lanes", &Array::lanes, {1, 65536}, "lanes of a vector array"),
      optional("tile_contexts", &Array::tile_contexts, {1, 64},
               "tiles whose state an element holds at once"),
      optional("overlaps_preload", &Array::overlaps_preload,
               "the stationary operand loads behind the previous tile"),
      optional("overlaps_drain", &Array::overlaps_drain,
               "finished outputs leave behind the next tile"),
      required("operations", &Array::operations, "operation to its cycles"));
}

enum class Hops : std::uint8_t { none, rows, columns, corner };
constexpr auto names(config::Tag<Hops>) {
  return std::array<std::pair<std::string_view, Hops>, 4>{{{"none", Hops::none},
                                                           {"rows", Hops::rows},
                                                           {"columns", Hops::columns},
                                                           {"corner", Hops::corner}}};
}

// A path for results from one array to another (or to and from "buffer"): wires that take time.
struct Link {
  std::string from;
  std::string to;
  std::int64_t latency_cycles = 0;  // beyond the result's own register
  Hops hops = Hops::none;  // and one cycle for each row or column of the spatial end, or from its
                           // first element to the last
  bool operator==(const Link&) const = default;
};

inline auto fields(config::Tag<Link>) {
  return config::field_table(
      config::required("from", &Link::from, "an array, or buffer"),
      config::required("to", &Link::to, "an array, or buffer"),
      config::optional("latency_cycles", &Link::latency_cycles, {0, 1e6}, "cycles on the way"),
      config::optional(
          "hops", &Link::hops,
          "rows or columns: a cycle for each of the spatial array's; corner: rows + columns - 2"));
}

// shared: every stream takes whichever port is free, and all of them share the banks. per_tensor:
// each tensor has banks and ports of its own, so that no stream ever waits for another.
enum class BufferPorts : std::uint8_t { shared, per_tensor };
constexpr auto names(config::Tag<BufferPorts>) {
  return std::array<std::pair<std::string_view, BufferPorts>, 2>{
      {{"shared", BufferPorts::shared}, {"per_tensor", BufferPorts::per_tensor}}};
}

struct Buffer {
  std::int64_t bytes = 0;
  std::int64_t row_bytes = 0;  // bytes a port moves in a cycle
  BufferPorts ports = BufferPorts::shared;
  std::optional<std::int64_t> banks = std::nullopt;  // of shared ports: rows are dealt to them in
                                                     // turn; one serves a read and a write a cycle
  std::int64_t read_ports = 0;
  std::int64_t write_ports = 0;  // for results; filling from DRAM has a port of its own
  bool operator==(const Buffer&) const = default;
};

inline auto fields(config::Tag<Buffer>) {
  return config::field_table(
      config::required("bytes", &Buffer::bytes, {1, 1e15}, "capacity"),
      config::required("row_bytes", &Buffer::row_bytes, {1, 1 << 20},
                       "bytes a port moves in a cycle"),
      config::optional("ports", &Buffer::ports,
                       "shared, or per_tensor: each tensor has banks and ports of its own"),
      config::optional("banks", &Buffer::banks, {1, 4096}, "banks that shared ports share"),
      config::required("read_ports", &Buffer::read_ports, {1, 256}, "streams read at once"),
      config::required("write_ports", &Buffer::write_ports, {1, 256}, "streams written at once"));
}

constexpr double kMostDramLatencyCycles = 1e6;
constexpr std::int64_t kMostDramChannels = 256;

struct Dram {
  double bandwidth_bytes_per_s = 0;
  // Request to first data, unloaded: one of the two. Seconds are the memory's own and stay as they
  // are at another clock.
  std::optional<double> latency_s = std::nullopt;
  std::optional<std::int64_t> latency_cycles = std::nullopt;
  std::int64_t outstanding = 0;  // requests under way at once
  std::int64_t burst_bytes = 0;  // largest request; none crosses a multiple of it
  // What the memory takes: a request begins and ends at multiples of it, and what is asked for
  // beyond need is moved too. Without it any byte.
  std::optional<std::int64_t> access_bytes = std::nullopt;
  // Bytes that the data bus moves in a cycle; then rows of tensors (of one query or key, say) lie
  // on whole beats of it.
  std::optional<std::int64_t> bus_bytes = std::nullopt;
  // Scaled to a side up to this, there is such a bus, of two bytes an element of an array's row:
  // that of the RTL.
  std::optional<std::int64_t> bus_up_to_side = std::nullopt;
  // DRAM with state in place of bandwidth and latency: a part's name or file, and how it is run.
  std::optional<std::string> part = std::nullopt;
  std::optional<std::int64_t> channels = std::nullopt;  // the fewest that reach the bandwidth
  std::optional<std::int64_t> interleave_bytes = std::nullopt;
  std::optional<std::string> mapping = std::nullopt;
  std::optional<memory::Page> page = std::nullopt;
  std::optional<memory::Refresh> refresh = std::nullopt;
  std::optional<memory::Scheduler> scheduler = std::nullopt;
  std::shared_ptr<const memory::DramSystem> system = nullptr;  // of `part`, when a design is made
  bool operator==(const Dram&) const = default;
};

inline auto fields(config::Tag<Dram>) {
  return config::field_table(
      config::required("bandwidth_bytes_per_s", &Dram::bandwidth_bytes_per_s, {1e3, 1e18},
                       "peak bandwidth"),
      config::optional("latency_s", &Dram::latency_s, {1e-12, 1},
                       "seconds from request to first data, unloaded, at any clock"),
      config::optional("latency_cycles", &Dram::latency_cycles, {1, kMostDramLatencyCycles},
                       "the same in cycles of the clock"),
      config::required("outstanding", &Dram::outstanding, {1, 65536}, "requests under way at once"),
      config::required("burst_bytes", &Dram::burst_bytes, {16, 1 << 20}, "largest request"),
      config::optional("access_bytes", &Dram::access_bytes, {1, 4096},
                       "a request begins and ends at multiples of it"),
      config::optional("bus_bytes", &Dram::bus_bytes, {2, 4096},
                       "bytes the data bus moves in a cycle, a power of two"),
      config::optional("bus_up_to_side", &Dram::bus_up_to_side, {2, 1024},
                       "greatest side -NxN at which there is such a bus"),
      config::optional("part", &Dram::part, "DRAM with state in its place: a part's name or file"),
      config::optional("channels", &Dram::channels, {1, kMostDramChannels},
                       "of the part, a power of two; the fewest that reach the bandwidth"),
      config::optional("interleave_bytes", &Dram::interleave_bytes, {8, 1 << 30},
                       "bytes to a channel of the part before the next, a power of two"),
      config::optional("mapping", &Dram::mapping, "of the part's addresses: a name or a file"),
      config::optional("page", &Dram::page, "of the part: open or closed"),
      config::optional("refresh", &Dram::refresh, "of the part: all-bank, per-bank or none"),
      config::optional("scheduler", &Dram::scheduler, "of the part: fr-fcfs or row-hit-first"));
}

// The accesses that a request must be made of; none where any byte will do.
std::optional<std::int64_t> access_bytes(const Dram& dram);
// Of the part's channels, where there is a part.
double peak_bytes_per_s(const Dram& dram);

// The memory's latency in cycles of a clock: what the architecture says in cycles, or its seconds ×
// clock_hz, rounded up. A product within a part in 10⁹ above a whole number is that number: 60e-9 s
// at 1 GHz are 60 cycles, though the double is more.
std::int64_t latency_cycles(const Dram& dram, double clock_hz);

struct Architecture {
  std::string description;
  std::string source;
  double clock_hz = 0;
  std::map<std::string, Array> arrays;
  std::vector<Link> links;
  Buffer buffer;
  Dram dram;
  bool operator==(const Architecture&) const = default;
};

inline auto fields(config::Tag<Architecture>) {
  using config::optional, config::required;
  return config::field_table(
      optional("description", &Architecture::description, "what it is"),
      required("source", &Architecture::source, "where the numbers come from"),
      required("clock_hz", &Architecture::clock_hz, {1e3, 1e12}, "cycles a second"),
      required("arrays", &Architecture::arrays, "arrays by name"),
      optional("links", &Architecture::links, "paths between arrays and the buffer"),
      required("buffer", &Architecture::buffer, "the global buffer"),
      required("dram", &Architecture::dram, "the memory"));
}

// Everything wrong with the architecture as a whole, each with its place.
std::vector<Problem> problems_of(const Architecture& arch, const config::Origins& origins);

// The same architecture with every spatial array side × side, every vector array side lanes, and
// buffer, ports' width and bandwidth scaled by side / its own side. Tile contexts follow the depth:
// 2 + ceil(2·side / 128). Up to dram.bus_up_to_side the memory's bus moves two bytes an element of
// a row, rounded up to a power of two, in bursts of 8. The longest side of an array: rows of a
// spatial one, lanes of a vector one. An ending -NxN scales from it.
std::int64_t own_side(const Architecture& arch);
Architecture scaled_to_side(const Architecture& arch, std::int64_t side);

// Cycles on the way from `from` to `to` (names of arrays, or "buffer"): those of the link between
// them; where there is none, of the links to and from the buffer, which take no time unless a link
// says so.
std::int64_t path_latency(const Architecture& arch, const std::string& from, const std::string& to);

}  // namespace weft::engine
