// YAML at the edge: a value that remembers its file, line and dotted path, so that every message
// can name them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/common/error.hpp"
#include "models/common/limits_default.hpp"
#include "models/common/yaml_tree.hpp"

namespace weft::config {

class Value {
 public:
  // The document's root; `path` stands before the paths of all that is in it.
  Value(std::shared_ptr<const YamlTree> tree, const std::string& path);

  Location where() const {
    if (node_->setting > 0) return {tree_->settings[node_->setting - 1], 0, 0};
    return {tree_->file, node_->line, node_->column};
  }
  // "dram.channels[2].bytes"; put together when it is asked for.
  std::string path() const;
  bool is_map() const { return node_->kind == YamlNode::Kind::map; }
  bool is_list() const { return node_->kind == YamlNode::Kind::list; }
  bool is_scalar() const { return node_->kind == YamlNode::Kind::scalar; }
  bool is_null() const { return node_->kind == YamlNode::Kind::null; }
  // A quoted scalar is text even where it looks like a number.
  bool is_quoted() const { return node_->quoted; }
  // Members of a map, or items of a list.
  std::size_t size() const {
    return is_map() ? node_->children.size() / 2 : node_->children.size();
  }

  // The scalar as written; "a map", "a list" or "nothing" for the rest.
  std::string text() const;
  // Key and value in file order. The key's own place is the value's `where()` for messages about
  // the key.
  std::vector<std::pair<Value, Value>> members() const;
  std::vector<Value> items() const;

  // The whole document, and the value's own node in it.
  const YamlTree& tree() const { return *tree_; }
  const YamlNode& node() const { return *node_; }

  [[nodiscard]] Problem problem(std::string message) const {
    return {where(), path(), is_scalar() ? text() : "", std::move(message)};
  }

 private:
  // One part of a path: a key, or the index of an item.
  struct Step {
    std::shared_ptr<const Step> before;
    std::string name;  // of the root: what stands before all paths
    std::size_t index = 0;
    bool is_item = false;
  };

  Value(const Value& parent, std::uint32_t node, std::shared_ptr<const Step> step)
      : tree_(parent.tree_), node_(&tree_->node(node)), step_(std::move(step)) {}

  std::shared_ptr<const YamlTree> tree_;
  const YamlNode* node_;
  std::shared_ptr<const Step> step_;
};

// Reads and checks the document's form: a regular file, text, within its limits, well-formed, not
// empty, no key twice. Throws ConfigError.
Value load_file(const std::filesystem::path& path, const ReadLimits& limits = environment_limits());
Value load_text(const std::string& text, const std::string& file, const std::string& path = "",
                const ReadLimits& limits = environment_limits());

}  // namespace weft::config
