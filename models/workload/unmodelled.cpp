#include "models/workload/unmodelled.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "models/workload/file_bytes.hpp"

namespace weft::workload {
namespace {

using Json = nlohmann::json;

// A key whose presence alone says that layers do something else. It counts where it is neither
// null, false, 0 nor empty.
struct Sign {
  std::string_view key;
  std::string_view text;
};

constexpr std::string_view kLatent =
    "latent attention: keys and values are made from a narrow latent";
constexpr std::string_view kLinear = "layers of linear attention";
constexpr std::string_view kStateSpace = "layers of a state space model";
constexpr std::string_view kMixed = "layers of several kinds";
constexpr std::string_view kSparse = "a query sees a selection of the keys";
constexpr std::string_view kCross = "layers of cross-attention too";
constexpr std::string_view kShared = "layers share their keys and values";

constexpr std::array kSigns{
    Sign{"auto_map", "code of the model's own decides what its attention does"},
    Sign{"add_cross_attention", kCross},
    Sign{"cross_attention_hidden_size", kCross},
    Sign{"cross_attention_layers", kCross},
    Sign{"cross_attention_frequency", kCross},
    Sign{"kv_lora_rank", kLatent},
    Sign{"q_lora_rank", kLatent},
    Sign{"qk_rope_head_dim", kLatent},
    Sign{"qk_nope_head_dim", kLatent},
    Sign{"index_topk", kSparse},
    Sign{"sparse_attention", kSparse},
    Sign{"sparse_config", kSparse},
    Sign{"sparsity_config", kSparse},
    Sign{"sparse_block_size", kSparse},
    Sign{"linear_attn_config", kLinear},
    Sign{"linear_num_key_heads", kLinear},
    Sign{"linear_num_value_heads", kLinear},
    Sign{"linear_key_head_dim", kLinear},
    Sign{"linear_conv_kernel_dim", kLinear},
    Sign{"layers_block_type", kMixed},
    Sign{"block_types", kMixed},
    Sign{"hybrid_override_pattern", kMixed},
    Sign{"attention_types", kMixed},
    Sign{"attn_type_list", kMixed},
    Sign{"attn_layer_indices", kMixed},
    Sign{"attn_layer_period", kMixed},
    Sign{"full_attention_interval", kMixed},
    Sign{"full_attn_idxs", kMixed},
    Sign{"sliding_window_pattern", kMixed},
    Sign{"sliding_window_layers", kMixed},
    Sign{"global_attn_every_n_layers", kMixed},
    Sign{"mamba_d_state", kStateSpace},
    Sign{"mamba_expand", kStateSpace},
    Sign{"ssm_state_size", kStateSpace},
    Sign{"ssm_cfg", kStateSpace},
    Sign{"num_kv_shared_layers", kShared},
    Sign{"kv_sharing_layers", kShared},
    Sign{"pruned_heads", "heads are left out, other ones in each layer"},
    Sign{"num_attention_heads_per_layer", "layers with other numbers of heads"},
    Sign{"per_layer_config", "layers of other shapes"},
    Sign{"use_bidirectional_attention", "a query sees later keys too"},
    Sign{"is_prefix_lm", "a query sees later keys of the prefix too"},
    Sign{"multi_query", "one head of keys and values for all heads of queries"},
    Sign{"relative_attention", "products of positions are added to the scores"},
};

// A window of keys, whose length is the key's value.
constexpr std::array<std::string_view, 7> kWindows{
    "sliding_window",    "sliding_window_size", "attention_window",     "window_size",
    "local_window_size", "local_attention",     "attention_window_size"};
constexpr std::array<std::string_view, 2> kChunks{"attention_chunk_size", "attention_chunk"};
constexpr std::array<std::string_view, 3> kSoftcaps{"attn_logit_softcapping", "attn_logit_softcap",
                                                    "attention_logit_cap"};
constexpr std::array<std::string_view, 3> kScales{"query_pre_attn_scalar", "attention_multiplier",
                                                  "attention_scale"};

bool counts(const Json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  return !value.empty() && value != "";
}

std::string shown_value(const Json& value) {
  constexpr std::size_t kMost = 60;
  std::string text = value.is_string() ? value.get<std::string>()
                                       : value.dump(-1, ' ', true, Json::error_handler_t::replace);
  const bool cut = text.size() > kMost;
  if (cut) text.resize(kMost);
  return printable(text) + (cut ? "…" : "");
}

class Finder {
 public:
  Finder(const Json& config, const FamilyDefaults& family) : config_(config), family_(family) {}

  std::vector<Unmodelled> run() {
    for (const Sign& sign : kSigns) {
      if (const Json* value = at(sign.key); value != nullptr && counts(*value))
        add(sign.key, value, std::string(sign.text));
    }
    masks();
    layer_types();
    windows();
    chunks();
    scores();
    positions();
    parts();
    return std::move(out_);
  }

 private:
  const Json* at(std::string_view key) const {
    const auto found = config_.find(key);
    return found == config_.end() ? nullptr : &*found;
  }
  std::optional<bool> boolean(std::string_view key) const {
    const Json* value = at(key);
    return value != nullptr && value->is_boolean() ? std::optional(value->get<bool>())
                                                   : std::nullopt;
  }
  Unmodelled& add(std::string_view key, const Json* value, std::string text) {
    return out_.emplace_back(Unmodelled{.field = std::string(key),
                                        .value = value == nullptr ? "" : shown_value(*value),
                                        .text = std::move(text)});
  }

  // A file that says of its mask something else than its family does.
  void masks() {
    const Json* causal = at("is_causal");
    if (causal != nullptr && counts(*causal) != family_.causal && !causal->is_null())
      add("is_causal", causal,
          counts(*causal) ? "a query sees no later key" : "a query sees later keys too")
          .of_mask = true;
    const Json* decoder = at("is_decoder");
    if (decoder != nullptr && counts(*decoder) && !family_.causal && !family_.encoder_decoder)
      add("is_decoder", decoder, "a query sees no later key").of_mask = true;
  }

  // Which layers see what, where the file lists it: then it alone decides.
  void layer_types() {
    const Json* types = at("layer_types");
    if (types == nullptr || !types->is_array() || types->empty()) return;
    listed_ = true;
    for (const Json& type : *types) {
      const std::string text = type.is_string() ? type.get<std::string>() : "";
      windowed_ = windowed_ || text == "sliding_attention";
      chunked_ = chunked_ || text == "chunked_attention";
      if (text != "full_attention" && text != "sliding_attention" && text != "chunked_attention" &&
          text != "attention") {
        add("layer_types", &type, "layers of another kind than full attention");
        return;
      }
    }
  }

  void windows() {
    const std::size_t before = out_.size();
    for (const std::string_view key : kWindows) {
      if (const Json* value = at(key); value != nullptr) window(key, *value);
    }
    // The family's own window, where the file is silent.
    if (out_.size() == before && family_.window > 0 && at("sliding_window") == nullptr && slides())
      say_window("sliding_window", nullptr, family_.window);
    if (out_.size() == before && listed_ && windowed_ && family_.window == 0)
      add("layer_types", at("layer_types"), "layers that see a window of the keys");
  }
  // Whether layers see the window that the file or the family names.
  bool slides() const {
    if (listed_) return windowed_;
    const std::optional<bool> on = boolean("use_sliding_window");
    if (on ? !*on : family_.window_needs_switch) return false;
    if (family_.first_window_layer == 0) return true;
    const Json* first = at("max_window_layers");
    return (first != nullptr && first->is_number()
                ? first->get<double>()
                : static_cast<double>(family_.first_window_layer)) <
           static_cast<double>(family_.layers);
  }
  void window(std::string_view key, const Json& value) {
    if (!slides()) return;
    if (value.is_number()) {
      const double keys = value.get<double>();
      if (keys >= 1 && keys < 9e15) say_window(key, &value, static_cast<std::int64_t>(keys));
    } else if (counts(value)) {
      add(key, &value, "a query sees a window of the keys, other ones in each layer");
    }
  }
  void say_window(std::string_view key, const Json* value, std::int64_t keys) {
    // The window of a causal family ends at the query; another's lies around it, half of what it
    // says or all to each side.
    Unmodelled& made =
        add(key, value,
            family_.causal ? fmt::format("a query sees the {} keys up to its own", keys)
                           : fmt::format("a query sees a window of {} keys around its own", keys));
    made.within = family_.causal ? keys : std::max<std::int64_t>(1, keys / 2);
  }

  void chunks() {
    for (const std::string_view key : kChunks) {
      const Json* value = at(key);
      if (value == nullptr || !counts(*value) || (listed_ && !chunked_)) continue;
      Unmodelled& made = add(key, value, "a query sees the keys of its own chunk");
      if (value->is_number() && value->get<double>() >= 1 && value->get<double>() < 9e15)
        made.within = static_cast<std::int64_t>(value->get<double>());
      return;
    }
    if (chunked_) add("layer_types", at("layer_types"), "layers that see a chunk of the keys");
  }

  // What is done to the scores before their softmax.
  void scores() {
    bool said = false;
    for (const std::string_view key : kSoftcaps) {
      const Json* value = at(key);
      if (value == nullptr) continue;
      said = true;
      if (counts(*value)) add(key, value, "scores are capped softly, by a tanh each");
    }
    if (!said && family_.softcap > 0)
      add(kSoftcaps[0], nullptr, "scores are capped softly, by a tanh each");
    for (const std::string_view key : kScales) {
      const Json* value = at(key);
      if (value == nullptr || !value->is_number() || !counts(*value)) continue;
      const double number = value->get<double>();
      const double width = static_cast<double>(family_.head_width);
      const double square =
          key == kScales[0] ? number : 1 / (number * number);  // scale = 1/√square
      if (square > width * 1.0001 || square < width * 0.9999)
        add(key, value,
            fmt::format(
                "scores are scaled otherwise than by 1/√{}: values differ, the work does not",
                family_.head_width))
            .refused = false;
    }
    if (const Json* inverse = at("scale_attn_by_inverse_layer_idx");
        inverse != nullptr && counts(*inverse))
      add("scale_attn_by_inverse_layer_idx", inverse,
          "scores are scaled by the layer's number too: values differ, the work does not")
          .refused = false;
  }

  void positions() {
    const Json* kind = at("position_embedding_type");
    const std::string text = kind != nullptr && kind->is_string() ? kind->get<std::string>() : "";
    if (text.starts_with("relative"))
      add("position_embedding_type", kind,
          "products of queries and keys with positions are added to the scores");
    const Json* alibi = text == "alibi" ? kind : at("alibi");
    if (alibi != nullptr && counts(*alibi))
      add(text == "alibi" ? "position_embedding_type" : "alibi", alibi,
          "a bias by distance is added to the scores: it is left out")
          .refused = false;
    if (!family_.positions_in_scores.empty())
      add("model_type", at("model_type"), std::string(family_.positions_in_scores)).refused =
          family_.positions_add_products;
  }

  // Of a model with several parts, one is run.
  void parts() {
    const Json* both = at("is_encoder_decoder");
    if (family_.encoder_decoder) {
      if (both != nullptr && !counts(*both)) return;  // of the encoder alone
      add("is_encoder_decoder", both,
          "the encoder's self-attention is run; the decoder's and its cross-attention are not")
          .refused = false;
    } else if (both != nullptr && counts(*both)) {
      add("is_encoder_decoder", both, std::string(kCross));
    }
  }

  const Json& config_;
  const FamilyDefaults& family_;
  std::vector<Unmodelled> out_;
  bool listed_ = false;    // layer_types stands in the file
  bool windowed_ = false;  // … and some layers slide
  bool chunked_ = false;
};

}  // namespace

std::vector<Unmodelled> unmodelled_of(const nlohmann::json& config, const FamilyDefaults& family) {
  return Finder(config, family).run();
}

}  // namespace weft::workload
