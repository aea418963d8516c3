#include "models/common/yaml.hpp"

#include "models/common/input_file.hpp"

namespace weft::config {

Value::Value(std::shared_ptr<const YamlTree> tree, const std::string& path)
    : tree_(std::move(tree)),
      node_(&tree_->node(tree_->root)),
      step_(std::make_shared<const Step>(Step{nullptr, path})) {}

std::string Value::path() const {
  std::vector<const Step*> steps;
  for (const Step* step = step_.get(); step != nullptr; step = step->before.get())
    steps.push_back(step);
  std::string path = steps.back()->name;
  for (auto step = steps.rbegin() + 1; step != steps.rend(); ++step) {
    if ((*step)->is_item) {
      path += "[" + std::to_string((*step)->index) + "]";
    } else {
      path += (path.empty() ? "" : ".") + (*step)->name;
    }
  }
  return path;
}

std::string Value::text() const {
  if (is_scalar()) return node_->text;
  if (is_map()) return "a map";
  return is_list() ? "a list" : "nothing";
}

std::vector<std::pair<Value, Value>> Value::members() const {
  std::vector<std::pair<Value, Value>> all;
  if (!is_map()) return all;
  all.reserve(size());
  for (std::size_t i = 0; i + 1 < node_->children.size(); i += 2) {
    const auto step =
        std::make_shared<const Step>(Step{step_, tree_->node(node_->children[i]).text});
    all.emplace_back(Value(*this, node_->children[i], step),
                     Value(*this, node_->children[i + 1], step));
  }
  return all;
}

std::vector<Value> Value::items() const {
  std::vector<Value> all;
  if (!is_list()) return all;
  all.reserve(size());
  for (std::size_t i = 0; i < node_->children.size(); ++i)
    all.push_back(
        Value(*this, node_->children[i], std::make_shared<const Step>(Step{step_, "", i, true})));
  return all;
}

Value load_text(const std::string& text, const std::string& file, const std::string& path,
                const ReadLimits& limits) {
  check_text(text, file);
  return {parse_yaml(text, file, limits), path};
}

Value load_file(const std::filesystem::path& path, const ReadLimits& limits) {
  return {parse_yaml(read_text(path, limits.yaml_bytes), path.string(), limits), ""};
}

}  // namespace weft::config
