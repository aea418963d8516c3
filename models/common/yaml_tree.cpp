#include "models/common/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "models/common/limits.hpp"

namespace weft::config {
namespace {

using Kind = YamlNode::Kind;

// What a node comes to once the aliases in it are written out.
struct Extent {
  std::uint64_t nodes = 1;
  std::uint64_t bytes = 0;
  std::uint64_t height = 0;  // levels of lists and maps, its own included
  bool complete = false;     // a list or map has ended
};

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

class Builder final : public YAML::EventHandler {
 public:
  Builder(YamlTree& tree, const ReadLimits& limits) : tree_(tree), limits_(limits) {}

  bool found() const { return found_; }
  // Where the parser stands: how many bytes it has made something of.
  std::size_t position() const { return position_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    note(mark);
    if (mark.pos == document_)
      refuse(mark, "", "not YAML: this character is out of place");  // the parser would not move on
    document_ = mark.pos;
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(make(mark, Kind::null, anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    note(mark);
    if (anchor >= anchors_.size()) refuse(mark, "", "not YAML: an alias of nothing");
    const std::uint32_t node = anchors_[anchor];
    if (!extents_[node].complete) refuse(mark, "", "an alias within what it names has no end");
    attach(place(mark), node);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::string_view core = core_tag(mark, tag, {"str", "int", "float", "bool", "null"});
    const bool null = core == "null" && (value.empty() || value == "~" || value == "null" ||
                                         value == "Null" || value == "NULL");
    const std::uint32_t node = make(mark, null ? Kind::null : Kind::scalar, anchor);
    tree_.nodes[node].quoted = core == "str" || tag == "!";
    if (!null) tree_.nodes[node].text = value;
    extents_[node].bytes = value.size();
    leaf(node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    core_tag(mark, tag, {"seq"});
    open(mark, make(mark, Kind::list, anchor));
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    core_tag(mark, tag, {"map"});
    open(mark, make(mark, Kind::map, anchor));
  }
  void OnMapEnd() override {
    for (std::size_t i = 0; i < frames_.back().merges.size(); ++i) merge(frames_.back().merges[i]);
    close();
  }

 private:
  // A list or map that has begun and not ended.
  struct Frame {
    std::uint32_t node = 0;
    bool key_due = true;                   // of a map: the next node is a key
    bool merging = false;                  // and the value that is due is one to merge
    std::unordered_set<std::string> keys;  // of a map
    std::vector<std::uint32_t> merges;     // values of `<<`, in order
  };

  void note(const YAML::Mark& mark) { position_ = static_cast<std::size_t>(std::max(0, mark.pos)); }

  Location place(const YAML::Mark& mark) const {
    return {tree_.file, mark.line + 1, mark.column + 1};
  }
  Location place(std::uint32_t node) const {
    return {tree_.file, tree_.nodes[node].line, tree_.nodes[node].column};
  }

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string value, std::string why) const {
    throw ConfigError(Problem{place(mark), "", std::move(value), std::move(why)});
  }

  // "float" of tag:yaml.org,2002:float; "" without a tag.
  std::string_view core_tag(const YAML::Mark& mark, const std::string& tag,
                            std::initializer_list<std::string_view> allowed) const {
    if (tag.empty() || tag == "?" || tag == "!") return {};
    const std::string_view core = tag.starts_with(kCoreTag)
                                      ? std::string_view(tag).substr(kCoreTag.size())
                                      : std::string_view{};
    if (const auto found = std::find(allowed.begin(), allowed.end(), core); found != allowed.end())
      return *found;
    refuse(mark, tag,
           "a tag that means nothing here: leave it out; YAML's own are read, !!str, !!int, "
           "!!float, !!bool, !!null, !!seq and !!map");
  }

  std::uint32_t make(const YAML::Mark& mark, Kind kind, YAML::anchor_t anchor) {
    note(mark);
    limits_.yaml_nodes.hold(tree_.nodes.size() + 1, place(mark));
    const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
    YamlNode& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    extents_.emplace_back();
    if (anchor != 0) {
      if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
      anchors_[anchor] = index;
    }
    return index;
  }

  void leaf(std::uint32_t node) {
    extents_[node].complete = true;
    attach(place(node), node);
  }

  void open(const YAML::Mark& mark, std::uint32_t node) {
    limits_.yaml_depth.hold(frames_.size() + 1, place(mark));
    extents_[node].height = 1;
    frames_.push_back({.node = node, .keys = {}, .merges = {}});
  }

  void close() {
    const std::uint32_t node = frames_.back().node;
    frames_.pop_back();
    leaf(node);
  }

  // Puts a complete node where the parser stands; `where` is that of the alias, if it is one.
  void attach(const Location& where, std::uint32_t node) {
    if (frames_.empty()) return attach_root(where, node);
    Frame& frame = frames_.back();
    limits_.yaml_depth.hold(frames_.size() + extents_[node].height, where);
    if (tree_.nodes[frame.node].kind != Kind::map) return add(frame.node, node, where);
    if (frame.key_due) return attach_key(frame, node, where);
    frame.key_due = true;
    if (!frame.merging) return add(frame.node, node, where);
    frame.merging = false;
    check_merge(node, where);
    frame.merges.push_back(node);
  }

  void attach_root(const Location& where, std::uint32_t node) {
    if (tree_.nodes[node].kind == Kind::null) return;  // nothing stands there
    if (found_)
      throw ConfigError(
          Problem{where, "", "",
                  "a second document begins here: a file holds one; give each a file of its own"});
    tree_.root = node;
    found_ = true;
  }

  void attach_key(Frame& frame, std::uint32_t node, const Location& where) {
    const YamlNode& key = tree_.nodes[node];
    if (key.kind != Kind::scalar)
      throw ConfigError(Problem{where, "", "", "a key must be a plain name"});
    limits_.yaml_key_bytes.hold(key.text.size(), where);
    if (!frame.keys.insert(key.text).second)
      throw ConfigError(Problem{where, key.text, "", "the same key stands twice"});
    frame.key_due = false;
    frame.merging = key.text == "<<" && !key.quoted;
    if (!frame.merging) add(frame.node, node, where);
  }

  void add(std::uint32_t parent, std::uint32_t child, const Location& where) {
    tree_.nodes[parent].children.push_back(child);
    Extent& whole = extents_[parent];
    const Extent& part = extents_[child];
    whole.nodes += part.nodes;
    whole.bytes += part.bytes;
    whole.height = std::max(whole.height, part.height + 1);
    limits_.yaml_expanded.hold(whole.nodes, where);
    limits_.yaml_expanded_bytes.hold(whole.bytes, where);
  }

  void check_merge(std::uint32_t node, const Location& where) const {
    const YamlNode& merged = tree_.nodes[node];
    const auto is_map = [&](std::uint32_t child) { return tree_.nodes[child].kind == Kind::map; };
    if (is_map(node) || (merged.kind == Kind::list &&
                         std::all_of(merged.children.begin(), merged.children.end(), is_map)))
      return;
    throw ConfigError(Problem{where, "<<", "", "a merge key takes a map, or a list of maps"});
  }

  void merge(std::uint32_t node) {
    if (tree_.nodes[node].kind == Kind::list) {
      for (std::size_t i = 0; i < tree_.nodes[node].children.size(); ++i)
        merge_map(tree_.nodes[node].children[i]);
    } else {
      merge_map(node);
    }
  }

  // What the map that ends has not, from another.
  void merge_map(std::uint32_t from) {
    Frame& frame = frames_.back();
    const Location where = place(frame.node);
    visited_ +=
        1 + tree_.nodes[from].children.size();  // also those that are passed over cost their time
    limits_.yaml_expanded.hold(visited_, where);
    for (std::size_t i = 0; i + 1 < tree_.nodes[from].children.size(); i += 2) {
      const std::uint32_t key = tree_.nodes[from].children[i];
      const std::uint32_t value = tree_.nodes[from].children[i + 1];
      if (!frame.keys.insert(tree_.nodes[key].text).second) continue;
      limits_.yaml_depth.hold(frames_.size() + extents_[value].height, where);
      add(frame.node, key, where);
      add(frame.node, value, where);
    }
  }

  YamlTree& tree_;
  const ReadLimits& limits_;
  std::vector<Extent> extents_;         // by node
  std::vector<std::uint32_t> anchors_;  // node by the parser's number
  std::vector<Frame> frames_;
  std::uint64_t visited_ = 0;
  std::size_t position_ = 0;
  int document_ = -1;  // where the last one began
  bool found_ = false;
};

// The text in pieces, as the parser takes them. It holds what it cannot tell yet (a `[` may begin a
// key) and there is no end to that but this one.
class Feed final : public std::streambuf {
 public:
  Feed(std::string_view text, const Builder& builder, const Limit& ahead, const Location& where)
      : text_(text), builder_(builder), ahead_(ahead), where_(where) {}

 protected:
  int_type underflow() override {
    constexpr std::size_t kPiece = 2048;
    if (at_ == text_.size()) return traits_type::eof();
    ahead_.hold(at_ - std::min(at_, builder_.position()), where_);
    char* begin = const_cast<char*>(text_.data()) + at_;  // of a buffer that is only read
    const std::size_t count = std::min(kPiece, text_.size() - at_);
    setg(begin, begin, begin + count);
    at_ += count;
    return traits_type::to_int_type(*begin);
  }

 private:
  std::string_view text_;
  const Builder& builder_;
  const Limit& ahead_;
  Location where_;
  std::size_t at_ = 0;
};

}  // namespace

std::shared_ptr<const YamlTree> parse_yaml(const std::string& text, const std::string& file,
                                           const ReadLimits& limits) {
  limits.yaml_bytes.hold(text.size(), {file});
  auto tree = std::make_shared<YamlTree>();
  tree->file = file;
  try {
    Builder builder(*tree, limits);
    Feed feed(text, builder, limits.yaml_ahead, {file});
    std::istream in(&feed);
    in.exceptions(std::ios::badbit);  // what the feed throws goes through
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) continue;
    if (!builder.found()) throw ConfigError(Problem{{file}, "", "", "empty: nothing to read"});
  } catch (const YAML::Exception& error) {
    throw ConfigError(Problem{
        {file, error.mark.line + 1, error.mark.column + 1}, "", "", "not YAML: " + error.msg});
  }
  return tree;
}

}  // namespace weft::config
