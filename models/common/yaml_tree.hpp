// A YAML document as a tree of our own, built from the parser's events within limits: aliases are
// shared, never copied, and what they would unfold to is counted before anybody walks it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/common/limits_default.hpp"

namespace weft::config {

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  bool quoted = false;  // text even where it looks like a number
  int line = 0;         // from 1
  int column = 0;
  std::uint32_t setting = 0;  // from 1: of the tree's settings, the one that it was set by
  std::string text;           // of a scalar
  std::vector<std::uint32_t>
      children;  // of a list its items, of a map key, value, key, value …; indices of nodes
};

struct YamlTree {
  std::string file;
  std::vector<YamlNode> nodes;
  std::uint32_t root = 0;
  std::vector<std::string> settings{};  // what was set over the file: "--set arch.clock_hz=1e9"

  const YamlNode& node(std::uint32_t index) const { return nodes[index]; }
};

// The one document of `text`. Merge keys (`<<`) are carried out: a map's own keys stand, then those
// merged, earlier ones first. ConfigError, one problem, for what is not YAML, a limit, a key that
// stands twice or is no plain name, a second document, a tag that is not YAML's own, and an alias
// within what it names. Documents without content are passed over.
std::shared_ptr<const YamlTree> parse_yaml(const std::string& text, const std::string& file,
                                           const ReadLimits& limits);

}  // namespace weft::config
