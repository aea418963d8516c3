// The options of a point by their names.
#include <array>
#include <string_view>

#include "models/common/fields.hpp"
#include "models/common/yaml_scalar.hpp"
#include "sim/request/options.hpp"

namespace weft::request {
namespace {

bool truth_of(const std::string& option, const std::string& text) {
  const std::optional<bool> truth = config::yaml_bool(text);
  if (!truth) refuse(option, text, "must be true or false");
  return *truth;
}

// A long option of `weft run` as a key.
struct KeyOption {
  std::string_view key;
  void (*set)(PointOptions&, const std::string&);
};

template <std::string PointOptions::*member>
void set_text(PointOptions& options, const std::string& text) {
  options.*member = text;
}

constexpr std::array<KeyOption, 21> kOptions{
    {{"seq", set_text<&PointOptions::seq>},
     {"seq-q", set_text<&PointOptions::seq_q>},
     {"seq-kv", set_text<&PointOptions::seq_kv>},
     {"steps", set_text<&PointOptions::steps>},
     {"batch", set_text<&PointOptions::batch>},
     {"heads", set_text<&PointOptions::heads>},
     {"kv-heads", set_text<&PointOptions::kv_heads>},
     {"width", set_text<&PointOptions::width>},
     {"width-qk", set_text<&PointOptions::width_qk>},
     {"width-v", set_text<&PointOptions::width_v>},
     {"causal",
      [](PointOptions& o, const std::string& text) { o.causal = truth_of("--causal", text); }},
     {"assume", set_text<&PointOptions::assume>},
     {"causal-alignment", set_text<&PointOptions::causal_alignment>},
     {"empty-rows", set_text<&PointOptions::empty_rows>},
     {"fidelity", set_text<&PointOptions::fidelity>},
     {"exact",
      [](PointOptions& o, const std::string& text) { o.exact = truth_of("--exact", text); }},
     {"seed", set_text<&PointOptions::seed>},
     {"stall-profile", set_text<&PointOptions::stall_profile>},
     {"values", set_text<&PointOptions::values>},
     {"cost", set_text<&PointOptions::cost>},
     {"cost-node", set_text<&PointOptions::cost_node>}}};

}  // namespace

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const KeyOption& option : kOptions) names.emplace_back(option.key);
  return names;
}

void set_option(PointOptions& options, const std::string& name, const std::string& text) {
  for (const KeyOption& option : kOptions) {
    if (option.key == name) return option.set(options, text);
  }
  refuse("--" + name, text, config::unknown_name(name, option_names()));
}

}  // namespace weft::request
