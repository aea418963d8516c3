#include "models/common/yaml_edit.hpp"

#include <charconv>
#include <memory>
#include <vector>

#include "models/common/fields.hpp"

namespace weft::config {
namespace {

[[noreturn]] void refuse(std::string_view path, const std::string& text, std::string message) {
  throw ConfigError(Problem{{"--set", 0, 0}, std::string(path), text, std::move(message)});
}

std::uint32_t add(YamlTree& tree, YamlNode node) {
  tree.nodes.push_back(std::move(node));
  return static_cast<std::uint32_t>(tree.nodes.size() - 1);
}

// Where the child of `at` by that name stands in its list of children; its size where there is
// none.
std::size_t child(const YamlTree& tree, const YamlNode& at, const std::string& name) {
  if (at.kind == YamlNode::Kind::list) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    const bool whole = error == std::errc{} && end == name.data() + name.size();
    return whole && index < at.children.size() ? index : at.children.size();
  }
  for (std::size_t i = 0; i + 1 < at.children.size(); i += 2) {
    if (tree.node(at.children[i]).text == name) return i + 1;
  }
  return at.children.size();
}

std::vector<std::string> keys(const YamlTree& tree, const YamlNode& at) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < at.children.size(); i += at.kind == YamlNode::Kind::map ? 2 : 1)
    all.push_back(at.kind == YamlNode::Kind::map ? tree.node(at.children[i]).text
                                                 : std::to_string(i));
  return all;
}

}  // namespace

Value with_scalar(const Value& document, std::string_view path, std::string_view rest,
                  const std::string& text) {
  const Value set = load_text(text, "--set", std::string(path));
  if (!set.is_scalar()) refuse(path, text, "must be a single value");
  const auto tree = std::make_shared<YamlTree>(document.tree());
  std::uint32_t at = tree->root;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string name(rest.substr(0, dot));
    const bool last = dot == std::string_view::npos;
    const YamlNode& here = tree->node(at);
    if (here.kind != YamlNode::Kind::map && here.kind != YamlNode::Kind::list)
      refuse(path, text, "a single value, it has no field '" + name + "'");
    const std::size_t found = child(*tree, here, name);
    const bool there = found < here.children.size();
    if (!there && (!last || here.kind == YamlNode::Kind::list || name.empty()))
      refuse(path, text, "no such field; " + unknown_name(name, keys(*tree, here)));
    if (last) {
      if (there && tree->node(here.children[found]).kind != YamlNode::Kind::scalar)
        refuse(path, text, "not a single value: name a field of it");
      tree->settings.push_back("--set " + std::string(path) + "=" + text);
      YamlNode leaf = set.node();
      leaf.setting = static_cast<std::uint32_t>(tree->settings.size());
      const std::uint32_t value = add(*tree, std::move(leaf));
      if (there) {
        tree->nodes[at].children[found] = value;
      } else {
        YamlNode key{.kind = YamlNode::Kind::scalar};
        key.text = name;
        key.setting = tree->node(value).setting;
        const std::uint32_t named = add(*tree, std::move(key));
        tree->nodes[at].children.insert(tree->nodes[at].children.end(), {named, value});
      }
      return {tree, ""};
    }
    at = here.children[found];
    rest.remove_prefix(dot + 1);
  }
}

void canonical(const Value& value, const std::string& path, std::string& out) {
  if (value.is_map()) {
    for (const auto& [key, member] : value.members())
      canonical(member, path + "." + key.text(), out);
  } else if (value.is_list()) {
    std::size_t i = 0;
    for (const Value& item : value.items())
      canonical(item, path + "[" + std::to_string(i++) + "]", out);
  } else {
    out += path + " = " + value.text() + "\n";
  }
}

}  // namespace weft::config
