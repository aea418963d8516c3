// A binding: how a cascade runs on an architecture. Tile sizes, loop order, which Einsum runs
// where, what stays in which memory, how epochs overlap. From configs/binding/*.yaml.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/common/conventions.hpp"
#include "models/common/fields.hpp"
#include "models/numerics/format.hpp"

namespace weft::engine {

// A size in a binding: a number; `ARRAY.rows`, `ARRAY.columns`, `ARRAY.lanes`; `all` of the rank;
// or `fit`, the most that the buffer takes.
struct Size {
  enum class Kind : std::uint8_t { number, rows, columns, lanes, all, fit };
  Kind kind = Kind::all;
  std::int64_t number = 0;
  std::string array;
  friend bool operator==(const Size&, const Size&) = default;
};
void read_custom(const config::Value& value, Size& out, config::Reader& reader);
std::string canonical_text(const Size& size);

// How one rank is cut: `tile` coordinates in a tile (the loop x1 runs over tiles), and, where the
// loops name x2, `block` tiles in a block. With `times` a tile is that many times the size; of
// several the mapper takes the best.
struct Tiling {
  Size tile;
  std::optional<std::vector<std::int64_t>> times;
  std::optional<Size> block;
};

inline auto fields(config::Tag<Tiling>) {
  return config::field_table(config::required("tile", &Tiling::tile, "coordinates in a tile"),
                             config::optional("times", &Tiling::times, {1, 4096},
                                              "multiples of the tile that the mapper tries"),
                             config::optional("block", &Tiling::block, "tiles in a block"));
}

// Another way for a product to lie on a spatial array.
struct Way {
  std::vector<std::string> space;
  std::string stationary;
  friend bool operator==(const Way&, const Way&) = default;
};

inline auto fields(config::Tag<Way>) {
  return config::field_table(
      config::required("space", &Way::space, "ranks over [rows, columns] of a spatial array"),
      config::required("stationary", &Way::stationary, "the tensor that stays in the elements"));
}

// One Einsum (or a streamed chain of them) on one array. `space`: the ranks laid out over rows and
// columns of a spatial array; `lanes`: the rank over the lanes of a vector array. `stationary`: the
// tensor of a product that stays in the elements: the output, or one of the operands (weight- and
// input-stationary). `ways`: others that the mapper tries as well.
struct Step {
  std::optional<std::string> einsum;
  std::optional<std::vector<std::string>>
      einsums;  // streamed through one pipeline: the slowest sets the pace
  std::string on;
  std::optional<std::vector<std::string>> space;
  std::optional<std::string> lanes;
  std::optional<std::string> stationary;
  std::optional<std::vector<Way>> ways;
  friend bool operator==(const Step&, const Step&) = default;
};

inline auto fields(config::Tag<Step>) {
  using config::optional, config::required;
  return config::field_table(
      optional("einsum", &Step::einsum, "the tensor that the Einsum writes"),
      optional("einsums", &Step::einsums, "Einsums streamed through one pipeline"),
      required("on", &Step::on, "the array it runs on"),
      optional("space", &Step::space, "ranks over [rows, columns] of a spatial array"),
      optional("lanes", &Step::lanes, "the rank over the lanes of a vector array"),
      optional("stationary", &Step::stationary,
               "the tensor of a product that stays in the elements"),
      optional("ways", &Step::ways, "other spaces and stationary tensors that the mapper tries"));
}

// Einsums that run together, fused over the loops; groups run one after another. Loops are
// outermost first, begin with b, h, and name tiles (m1) and blocks (p2) of ranks. `orders`: other
// loop orders that the mapper tries.
struct Group {
  std::string name;
  std::vector<std::string> loops;
  std::optional<std::vector<std::vector<std::string>>> orders;
  std::map<std::string, Tiling> tiles;  // by rank, lower case: m, p
  std::vector<Step> steps;
};

inline auto fields(config::Tag<Group>) {
  using config::optional, config::required;
  return config::field_table(
      required("name", &Group::name, "its name"),
      required("loops", &Group::loops, "loop order, outermost first: b, h, p2, m1, p1"),
      optional("orders", &Group::orders, "other loop orders that the mapper tries"),
      required("tiles", &Group::tiles, "how each rank is cut"),
      required("steps", &Group::steps, "Einsums and where they run"));
}

// Where a tensor lives between its producer and its consumers: in the global buffer, in DRAM
// (staged through the buffer), or in registers of an array or on a link (at: the array's name, or
// link).
struct Residency {
  std::string at;  // buffer, dram, link, or an array's name
  std::optional<std::string>
      hold;  // the loop for one of whose iterations it is held; default: the innermost
  std::optional<std::int64_t>
      copies;  // double buffering: 2. Default 2 in the buffer, one a tile in flight elsewhere
};

inline auto fields(config::Tag<Residency>) {
  return config::field_table(
      config::required("at", &Residency::at, "buffer, dram, link or an array's name"),
      config::optional("hold", &Residency::hold, "the loop for one of whose iterations it is held"),
      config::optional("copies", &Residency::copies, {1, 64}, "how many are held at once"));
}

// One place, or several in order of preference: the first that fits the buffer is taken.
struct TensorBinding {
  std::optional<std::string> at;
  std::optional<std::string> hold;
  std::optional<std::int64_t> copies;
  std::optional<std::vector<Residency>> first_of;  // in place of the three above
  // Of an input that a window reads: the rank, lower case, with whose tiles it comes, tile by tile;
  // what the window looks back at stays.
  std::optional<std::string> along;
  numerics::Format format = numerics::Format::bf16;

  std::vector<Residency> choices() const;
};

inline auto fields(config::Tag<TensorBinding>) {
  using config::optional;
  return config::field_table(
      optional("at", &TensorBinding::at, "buffer, dram, link or an array's name"),
      optional("hold", &TensorBinding::hold, "the loop for one of whose iterations it is held"),
      optional("copies", &TensorBinding::copies, {1, 64}, "how many are held at once"),
      optional("first_of", &TensorBinding::first_of, "places in order of preference"),
      optional("along", &TensorBinding::along,
               "of an input read through a window that looks back: the rank whose tiles bring its"),
      optional("format", &TensorBinding::format,
               "bf16, fp32, or of an input int1 to int32, such as int4-per-token"));
}

// overlapped: units work on different tiles at once. serial: a tile starts when the one before it
// has left.
enum class Epochs : std::uint8_t { overlapped, serial };
constexpr auto names(config::Tag<Epochs>) {
  return std::array<std::pair<std::string_view, Epochs>, 2>{
      {{"overlapped", Epochs::overlapped}, {"serial", Epochs::serial}}};
}

// What a rank of the cascade is long as, in the words of a workload.
enum class Quantity : std::uint8_t {
  seq_q,
  seq_kv,
  width_qk,
  width_v,
  model_width,
  feed_forward_width
};
inline constexpr std::size_t kQuantities = 6;
constexpr auto names(config::Tag<Quantity>) {
  return std::array<std::pair<std::string_view, Quantity>, kQuantities>{
      {{"seq_q", Quantity::seq_q},
       {"seq_kv", Quantity::seq_kv},
       {"width_qk", Quantity::width_qk},
       {"width_v", Quantity::width_v},
       {"model_width", Quantity::model_width},
       {"feed_forward_width", Quantity::feed_forward_width}}};
}

// An extent in a binding: a quantity of the workload, or a number.
struct RankExtent {
  Quantity quantity = Quantity::seq_q;
  std::optional<std::int64_t> number;  // in place of the quantity
};
void read_custom(const config::Value& value, RankExtent& out, config::Reader& reader);
std::string canonical_text(const RankExtent& extent);

struct Binding {
  std::string description;
  std::string source;
  std::string cascade;
  std::optional<std::string> causal_cascade;  // runs in its place where the workload is causal
  std::map<std::string, RankExtent> ranks;    // every base rank of the cascade
  CausalAlignment causal_alignment = CausalAlignment::bottom_right;
  EmptyRows empty_rows = EmptyRows::zero;
  Epochs epochs = Epochs::overlapped;
  std::optional<std::int64_t>
      tiles_in_flight;  // at most the array's tile contexts, which is the default
  std::vector<Group> groups;
  std::map<std::string, TensorBinding> tensors;
};

inline auto fields(config::Tag<Binding>) {
  using config::optional, config::required;
  return config::field_table(
      optional("description", &Binding::description, "what it is"),
      required("source", &Binding::source, "where it comes from"),
      required("cascade", &Binding::cascade, "the cascade it binds"),
      optional("causal_cascade", &Binding::causal_cascade, "the cascade for causal workloads"),
      required("ranks", &Binding::ranks,
               "each base rank's extent, in the words of a workload or a number"),
      optional("causal_alignment", &Binding::causal_alignment, "ends that a causal mask aligns"),
      optional("empty_rows", &Binding::empty_rows, "what a query gives that sees no key"),
      optional("epochs", &Binding::epochs, "overlapped or serial"),
      optional("tiles_in_flight", &Binding::tiles_in_flight, {1, 64},
               "tiles on a spatial array at once"),
      required("groups", &Binding::groups, "fused groups, one after another"),
      required("tensors", &Binding::tensors, "where each tensor lives"));
}

}  // namespace weft::engine
