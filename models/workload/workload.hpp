// A workload: the shapes of a model's attention, read from configs/workload/*.yaml or a Hugging
// Face config.json.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/common/fields.hpp"
#include "models/workload/assumptions.hpp"

namespace weft::workload {

struct PrunedRows;

enum class Phase : std::uint8_t { self, cross, prefill, decode };
constexpr auto names(config::Tag<Phase>) {
  return std::array<std::pair<std::string_view, Phase>, 4>{{{"self", Phase::self},
                                                            {"cross", Phase::cross},
                                                            {"prefill", Phase::prefill},
                                                            {"decode", Phase::decode}}};
}

inline constexpr double kLongest = 1 << 26;  // tokens

// One attention, all heads and batches. Q is [batch, heads, seq_q, width_qk], K [batch, kv_heads,
// seq_kv, width_qk], V [batch, kv_heads, seq_kv, width_v]; kv_heads divides heads. Causal: query i
// sees keys 0 … i + seq_kv − seq_q.
struct Shape {
  std::int64_t batch = 1;
  std::int64_t heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t seq_q = 1;
  std::int64_t seq_kv = 1;
  std::int64_t width_qk = 1;
  std::int64_t width_v = 1;
  bool causal = false;
  Phase phase = Phase::self;

  // Of a query, 0 … seq_kv.
  std::int64_t visible_keys(std::int64_t query) const {
    return causal ? std::clamp<std::int64_t>(query + seq_kv - seq_q + 1, 0, seq_kv) : seq_kv;
  }

  friend bool operator==(const Shape&, const Shape&) = default;
};

// Every problem of its extents by themselves, and of heads that do not share evenly.
std::vector<Problem> extent_problems_of(const Shape& shape, const Location& where);

// Every problem of the shape as a whole (divisibility, causal lengths); `where` is named in the
// messages.
std::vector<Problem> problems_of(const Shape& shape, const Location& where);

// Of one sequence of a batch.
struct Lengths {
  std::int64_t seq_q = 1;
  std::int64_t seq_kv = 1;
};

// How engines that prune treat a workload: keys `pruning` and `numbers`, as below a binding's
// `run`, over which they are laid where the binding says so.
struct Schedule {
  std::optional<config::Value> value;
};
inline void read_custom(const config::Value& value, Schedule& out, config::Reader& reader) {
  if (!value.is_map()) reader.add(value.problem("must be a map"));
  out.value = value;
}

struct Workload {
  std::string name;  // the file's name without its ending
  std::string description;
  std::string source;
  std::int64_t batch = 1;
  std::int64_t heads = 0;
  std::optional<std::int64_t> kv_heads;  // default: heads
  std::int64_t seq = 0;                  // query length, and key length where seq_kv is absent
  std::optional<std::int64_t> seq_kv;
  std::int64_t width_qk = 0;
  std::optional<std::int64_t> width_v;  // default: width_qk
  bool causal = false;
  Phase phase = Phase::self;
  std::int64_t layers = 1;
  std::int64_t model_width = 0;
  std::int64_t feed_forward_width = 0;
  std::int64_t steps = 1;   // decode steps in a row, each with as many keys more as queries
  bool all_layers = false;  // a run is of all layers, not of one
  Schedule schedule;
  // Of the file, beside its fields:
  std::string file{};
  bool names_batch = true;
  std::int64_t longest = 0;  // tokens that the model has positions for; 0: not known
  std::vector<Unmodelled> unmodelled{};
  std::shared_ptr<const Workload> own{};  // as the file says, before anybody changed it
  // Of who asks for it:
  std::string asked{};  // the name or path that it was asked for by
  Assume assume = Assume::nothing;
  bool mask_told = false;            // causal or not is as told, not as the file leaves open
  std::vector<Lengths> sequences{};  // of unequal lengths: in place of batch, seq and seq_kv
  // What is fetched, row by row, of a file that says so (spatten_csv.hpp): for engines that prune.
  std::shared_ptr<const PrunedRows> pruned{};

  // Of one shape or of several: models/program.
  bool is_program() const { return !sequences.empty() || steps > 1; }

  Shape shape() const;
  // The same model at another shape.
  Workload at(const Shape& shape) const;
};

inline auto fields(config::Tag<Workload>) {
  using config::optional, config::required;
  return config::field_table(
      optional("description", &Workload::description, "what it is"),
      required("source", &Workload::source, "where the numbers come from"),
      optional("batch", &Workload::batch, {1, 1 << 20}, "sequences at once"),
      required("heads", &Workload::heads, {1, 1 << 16}, "query heads"),
      optional("kv_heads", &Workload::kv_heads, {1, 1 << 16}, "key and value heads; divides heads"),
      required("seq", &Workload::seq, {1, kLongest}, "tokens of the query"),
      optional("seq_kv", &Workload::seq_kv, {1, kLongest},
               "tokens of keys and values; default: seq"),
      required("width_qk", &Workload::width_qk, {1, 1 << 16}, "width of Q and K per head"),
      optional("width_v", &Workload::width_v, {1, 1 << 16},
               "width of V per head; default: width_qk"),
      optional("causal", &Workload::causal, "true or false"),
      optional("phase", &Workload::phase, "self, cross, prefill or decode"),
      required("layers", &Workload::layers, {1, 1 << 16}, "attention layers of the model"),
      required("model_width", &Workload::model_width, {1, 1 << 24}, "width of the model (D)"),
      required("feed_forward_width", &Workload::feed_forward_width, {1, 1 << 24},
               "width of the feed-forward layer (S)"),
      optional("steps", &Workload::steps, {1, 1 << 20},
               "decode steps in a row, each with as many keys more as there are queries"),
      optional("all_layers", &Workload::all_layers, "a run is of all layers, not of one"),
      optional("schedule", &Workload::schedule, "pruning and bits, for engines that prune"));
}

// A .yaml workload, a .json Hugging Face configuration, or a .csv of SpAtten's; `plain` reads a
// configuration of an unknown model_type too. Throws ConfigError.
Workload load_workload(const std::filesystem::path& file, Assume assume = Assume::nothing,
                       const ReadLimits& limits = environment_limits());

}  // namespace weft::workload
