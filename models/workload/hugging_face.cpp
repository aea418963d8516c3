#include "models/workload/hugging_face.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "models/workload/file_bytes.hpp"
#include "models/workload/json_text.hpp"
#include "models/workload/unmodelled.hpp"

namespace weft::workload {
namespace {

using Json = nlohmann::json;

// Where a family of models keeps its numbers. An empty key: the family has none.
struct Family {
  std::string_view model_type;
  std::string_view model_width = "hidden_size";
  std::string_view heads = "num_attention_heads";
  std::string_view kv_heads = "";    // absent in a file: as many as heads
  std::string_view head_width = "";  // absent in a file: model width / heads
  bool head_width_needed = false;
  std::string_view layers = "num_hidden_layers";
  std::string_view feed_forward_width = "intermediate_size";
  std::int64_t feed_forward_multiple =
      0;  // of the model's width, where the file gives no width; 0: it must
  std::array<std::string_view, 2> positions{"max_position_embeddings",
                                            ""};  // the first that is there
  bool positions_needed = true;
  std::int64_t reserved_positions = 0;  // of the positions, not tokens
  bool causal = false;
  FamilyDefaults defaults{};
};

constexpr Family llama_like(std::string_view model_type, const FamilyDefaults& defaults = {}) {
  return {.model_type = model_type,
          .kv_heads = "num_key_value_heads",
          .head_width = "head_dim",
          .causal = true,
          .defaults = defaults};
}

// Windows that are off unless the file switches them on, from layer 28 on.
constexpr FamilyDefaults kQwenWindow{
    .window = 4096, .window_needs_switch = true, .first_window_layer = 28};

constexpr Family t5_like(std::string_view model_type) {
  return {.model_type = model_type,
          .model_width = "d_model",
          .heads = "num_heads",
          .head_width = "d_kv",
          .head_width_needed = true,
          .layers = "num_layers",
          .feed_forward_width = "d_ff",
          .positions = {"n_positions", ""},
          .positions_needed = false,
          .defaults = {
              .encoder_decoder = true,
              .positions_in_scores = "a bias by position is added to the scores: it is left out"}};
}

// What most models name their numbers, for an unknown model_type under --assume plain.
constexpr Family kPlain{.model_type = "",
                        .kv_heads = "num_key_value_heads",
                        .head_width = "head_dim",
                        .positions_needed = false};

constexpr std::array<Family, 19> kFamilies{{
    {.model_type = "bert"},
    {.model_type = "albert"},
    {.model_type = "electra"},
    {.model_type = "roberta", .reserved_positions = 2},
    {.model_type = "distilbert",
     .model_width = "dim",
     .heads = "n_heads",
     .layers = "n_layers",
     .feed_forward_width = "hidden_dim"},
    {.model_type = "gpt2",
     .model_width = "n_embd",
     .heads = "n_head",
     .layers = "n_layer",
     .feed_forward_width = "n_inner",
     .feed_forward_multiple = 4,
     .positions = {"n_positions", "n_ctx"},
     .causal = true},
    {.model_type = "gpt_neox", .causal = true},
    {.model_type = "opt", .feed_forward_width = "ffn_dim", .causal = true},
    t5_like("t5"),
    t5_like("mt5"),
    {.model_type = "transfo-xl",
     .model_width = "d_model",
     .heads = "n_head",
     .head_width = "d_head",
     .head_width_needed = true,
     .layers = "n_layer",
     .feed_forward_width = "d_inner",
     .positions = {"", ""},
     .positions_needed = false,
     .causal = true,
     .defaults = {.positions_in_scores = "products of queries with positions are added to the "
                                         "scores, and keys of earlier segments are seen",
                  .positions_add_products = true}},
    {.model_type = "xlm",
     .model_width = "emb_dim",
     .heads = "n_heads",
     .layers = "n_layers",
     .feed_forward_width = "",
     .feed_forward_multiple = 4},
    llama_like("llama"),
    llama_like("mistral", {.window = 4096}),
    llama_like("qwen2", kQwenWindow),
    llama_like("qwen3", kQwenWindow),
    llama_like("gemma"),
    llama_like("gemma2", {.window = 4096, .softcap = 50}),
    llama_like("phi3"),
}};

class ConfigReader {
 public:
  ConfigReader(const Json& json, const std::string& file) : json_(json), file_(file) {}

  const Family& family(Assume assume) {
    std::vector<std::string> known;
    for (const Family& family : kFamilies) known.emplace_back(family.model_type);
    const auto found = json_.find("model_type");
    if (found == json_.end() || !found->is_string()) {
      add("model_type", found == json_.end() ? "" : shown(*found),
          "missing or not text: it says which keys to read; must be " + one_of(known));
      finish();
    }
    const auto type = found->get<std::string>();
    for (const Family& family : kFamilies) {
      if (family.model_type == type) return family;
    }
    if (assume == Assume::plain) return kPlain;
    add("model_type", type,
        "unknown; " + config::unknown_name(type, known) +
            "; --assume plain reads it as a plain transformer");
    finish();
    return kFamilies.front();
  }

  // The whole number at `key`, nothing when it is absent or null. A wrong one is a problem.
  std::optional<std::int64_t> number(std::string_view key, double most) {
    const auto found = key.empty() ? json_.end() : json_.find(key);
    if (found == json_.end() || found->is_null()) return std::nullopt;
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() < 1 ||
        found->get<double>() > most) {
      add(key, shown(*found), "must be " + config::allowed_text({1, most}, true));
      return std::nullopt;
    }
    return found->get<std::int64_t>();
  }

  std::int64_t needed(std::string_view key, double most, std::string_view help) {
    const std::size_t before = problems_.size();
    const auto value = number(key, most);
    if (!value && problems_.size() == before)
      add(key, "",
          "missing key: " + std::string(help) + ", " + config::allowed_text({1, most}, true));
    return value.value_or(1);
  }

  std::optional<std::string> text(std::string_view key) const {
    const auto found = json_.find(key);
    return found != json_.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                      : std::nullopt;
  }

  std::optional<bool> boolean(std::string_view key) {
    const auto found = json_.find(key);
    if (found == json_.end()) return std::nullopt;
    if (!found->is_boolean()) add(key, shown(*found), "must be true or false");
    return found->is_boolean() && found->get<bool>();
  }

  bool clean() const { return problems_.empty(); }
  void add(std::string_view key, const std::string& value, const std::string& why) {
    Problem& problem = problems_.emplace_back();
    problem.where.file = file_;
    problem.field = key;
    problem.value = printable(value);
    problem.message = why;
  }
  void finish() const {
    if (!problems_.empty()) throw ConfigError(problems_);
  }

 private:
  static std::string shown(const Json& json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
  }

  const Json& json_;
  const std::string& file_;
  std::vector<Problem> problems_;
};

void read_sequence(const Family& family, ConfigReader& reader, Workload& out) {
  std::optional<std::int64_t> positions;
  for (const std::string_view key : family.positions) {
    if (!positions) positions = reader.number(key, kLongest);
  }
  if (!positions && family.positions_needed)
    positions = reader.needed(family.positions[0], kLongest, "the longest sequence");
  out.seq = positions.value_or(kDefaultSeq) - family.reserved_positions;
  if (positions) out.longest = out.seq;
  if (out.seq < 1)
    reader.add(family.positions[0], std::to_string(*positions),
               "must leave a token beside the reserved positions");
}

void read_head_width(const Family& family, ConfigReader& reader, Workload& out) {
  constexpr double kMostWidth = 1 << 16;
  if (family.head_width_needed) {
    out.width_qk = reader.needed(family.head_width, kMostWidth, "width of a head");
    return;
  }
  const auto given = reader.number(family.head_width, kMostWidth);
  if (!given && reader.clean() &&
      (out.model_width % out.heads != 0 || out.model_width / out.heads > (1 << 16))) {
    const std::string head_width(family.head_width);
    reader.add(family.heads, std::to_string(out.heads),
               "must divide " + std::string(family.model_width) + " (" +
                   std::to_string(out.model_width) + ") into heads of at most 65536" +
                   (head_width.empty() ? "" : ", or " + head_width + " must be given"));
  }
  out.width_qk = given.value_or(out.model_width / out.heads);
}

// Whether a plain model's file speaks of generating text, token after token.
bool generates(const Json& json) {
  const auto found = json.find("architectures");
  if (found == json.end() || !found->is_array()) return false;
  return std::any_of(found->begin(), found->end(), [](const Json& name) {
    if (!name.is_string()) return false;
    const auto& text = name.get_ref<const std::string&>();
    return text.find("CausalLM") != std::string::npos || text.find("LMHead") != std::string::npos;
  });
}

Unmodelled unknown_type(const Json& json) {
  return {
      .field = "model_type",
      .value = printable(json.at("model_type").get<std::string>()),
      .text =
          "a model that is not known: the keys of its configuration are read by their usual names"};
}

}  // namespace

Workload parse_hugging_face(std::string_view text, const std::string& file, Assume assume,
                            const ReadLimits& limits) {
  const Json json = parse_json(text, file, "", json_limits(limits));
  if (!json.is_object())
    refuse(file, "", "", "must be an object, as in a Hugging Face config.json");
  ConfigReader reader(json, file);
  const Family& family = reader.family(assume);
  Workload out;
  out.description = reader.text("_name_or_path").value_or("");
  out.source = "Hugging Face config.json, model_type " + reader.text("model_type").value_or("");
  out.model_width = reader.needed(family.model_width, 1 << 24, "width of the model");
  out.heads = reader.needed(family.heads, 1 << 16, "attention heads");
  out.layers = reader.needed(family.layers, 1 << 16, "attention layers");
  if (family.feed_forward_multiple == 0) {
    out.feed_forward_width =
        reader.needed(family.feed_forward_width, 1 << 24, "width of the feed-forward layer");
  } else {
    out.feed_forward_width = reader.number(family.feed_forward_width, 1 << 24)
                                 .value_or(family.feed_forward_multiple * out.model_width);
  }
  out.kv_heads = reader.number(family.kv_heads, 1 << 16);
  read_head_width(family, reader, out);
  read_sequence(family, reader, out);
  out.causal =
      family.model_type == "xlm" ? reader.boolean("causal").value_or(false) : family.causal;
  if (&family == &kPlain) out.causal = generates(json);
  reader.finish();
  out.file = file;
  out.names_batch = false;
  FamilyDefaults defaults = family.defaults;
  defaults.causal = out.causal;
  defaults.layers = out.layers;
  defaults.head_width = out.width_qk;
  out.unmodelled = unmodelled_of(json, defaults);
  if (&family == &kPlain) out.unmodelled.push_back(unknown_type(json));
  // Assumed or told otherwise, the file's mask is the one that is run.
  for (const Unmodelled& what : out.unmodelled) {
    if (what.of_mask) out.causal = !defaults.causal;
  }
  out.phase = out.causal ? Phase::prefill : Phase::self;
  return out;
}

}  // namespace weft::workload
