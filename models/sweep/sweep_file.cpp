#include "models/sweep/sweep_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "models/common/fields.hpp"
#include "models/common/input_file.hpp"
#include "models/common/limits.hpp"
#include "models/common/yaml.hpp"

namespace weft::sweep {
namespace {

using config::Value;

const std::vector<std::string> kKeys{"name", "description", "fidelity", "designs", "workloads",
                                     "grid", "zip",         "points",   "where"};

// What is wrong with a value that is to be a scalar.
constexpr const char* kScalar = "must be a number, a name, true or false";

class SweepReader {
 public:
  explicit SweepReader(std::string file) { out_.file = std::move(file); }

  SweepFile read(const Value& root) {
    if (!root.is_map()) {
      problems_.add(Problem{root.where(), "", root.is_scalar() ? root.text() : "",
                            "a sweep must be a map of " + one_of(kKeys)});
      problems_.finish();
    }
    for (const auto& [key, value] : root.members()) take(key, value);
    miss("name", !out_.name.empty(), root, "text: what the sweep is called");
    miss("designs", !out_.designs.empty(), root, "a list of designs by name, or YAML files");
    if (out_.fidelity.text.empty()) out_.fidelity = {"analytic", {}};
    refuse_doubled();
    problems_.finish();
    return std::move(out_);
  }

 private:
  void refuse(const Value& value, std::string message) {
    problems_.add(Problem{value.where(), value.path(), value.is_scalar() ? value.text() : "",
                          std::move(message)});
  }
  // A key that is required, unless something was said of it already.
  void miss(const char* key, bool there, const Value& root, const char* what) {
    if (there || std::find(seen_.begin(), seen_.end(), key) != seen_.end()) return;
    problems_.add(Problem{root.where(), key, "", std::string("missing key: ") + what});
  }

  void take(const Value& key, const Value& value) {
    const std::string name = key.text();
    seen_.push_back(name);
    if (name == "name") {
      take_text(value, out_.name);
    } else if (name == "description") {
      take_text(value, out_.description);
    } else if (name == "fidelity") {
      take_text(value, out_.fidelity.text);
      out_.fidelity.where = value.where();
    } else if (name == "designs") {
      out_.designs = texts(value);
    } else if (name == "workloads") {
      out_.workloads = texts(value);
    } else if (name == "grid") {
      take_grid(value);
    } else if (name == "zip") {
      take_zips(value);
    } else if (name == "points") {
      take_points(value);
    } else if (name == "where") {
      for (const Text& text : texts(value)) take_condition(text);
    } else {
      problems_.add(
          Problem{key.where(), name, "", "unknown key; " + config::unknown_name(name, kKeys)});
    }
  }

  void take_text(const Value& value, std::string& out) {
    if (!value.is_scalar() || value.text().empty()) return refuse(value, "must be text");
    out = value.text();
  }

  // A value as text: a scalar, or a list of scalars with commas between them.
  std::optional<Text> text(const Value& value, bool list) {
    if (value.is_scalar() && !value.text().empty()) return Text{value.text(), value.where()};
    if (!list || !value.is_list() || value.size() == 0) {
      refuse(value, list ? std::string(kScalar) + ", or a list of those" : kScalar);
      return std::nullopt;
    }
    Text joined{"", value.where()};
    for (const Value& item : value.items()) {
      const std::optional<Text> one = text(item, false);
      if (!one) return std::nullopt;
      joined.text += (joined.text.empty() ? "" : ",") + one->text;
    }
    return joined;
  }

  std::vector<Text> texts(const Value& value, bool lists = false) {
    std::vector<Text> out;
    if (!value.is_list() || value.size() == 0) {
      refuse(value, "must be a list of one or more");
      return out;
    }
    for (const Value& item : value.items()) {
      if (std::optional<Text> one = text(item, lists)) out.push_back(std::move(*one));
    }
    return out;
  }

  bool is_map(const Value& value, const char* what) {
    if (value.is_map() && value.size() > 0) return true;
    refuse(value, std::string("must be a map of ") + what);
    return false;
  }

  static constexpr const char* kLists = "keys, each with a list of its values";

  void take_grid(const Value& value) {
    if (!is_map(value, kLists)) return;
    for (const auto& [key, list] : value.members()) {
      Block block{{{key.text(), key.where()}}, {}};
      for (Text& one : texts(list, true)) block.rows.push_back({std::move(one)});
      out_.blocks.push_back(std::move(block));
    }
  }

  void take_zips(const Value& value) {
    if (!value.is_list()) return take_zip(value);
    if (value.size() == 0) return refuse(value, "must be one map or a list of them");
    for (const Value& item : value.items()) take_zip(item);
  }

  void take_zip(const Value& value) {
    if (!is_map(value, kLists)) return;
    Block block;
    for (const auto& [key, list] : value.members()) {
      std::vector<Text> column = texts(list, true);
      if (block.keys.empty()) block.rows.resize(column.size());
      if (column.size() != block.rows.size()) {
        refuse(list, fmt::format("has {} values, and '{}' has {}: keys that vary together need as "
                                 "many each",
                                 column.size(), block.keys.front().text, block.rows.size()));
        continue;
      }
      block.keys.push_back({key.text(), key.where()});
      for (std::size_t i = 0; i < column.size(); ++i)
        block.rows[i].emplace_back(std::move(column[i]));
    }
    out_.blocks.push_back(std::move(block));
  }

  void take_points(const Value& value) {
    if (!value.is_list() || value.size() == 0)
      return refuse(value, "must be a list of points, each a map of keys and values");
    Block block;
    for (const Value& point : value.items()) {
      if (!is_map(point, "keys and values")) continue;
      std::vector<std::optional<Text>>& row = block.rows.emplace_back(block.keys.size());
      for (const auto& [key, held] : point.members()) {
        const auto known = std::find_if(block.keys.begin(), block.keys.end(),
                                        [&](const Text& one) { return one.text == key.text(); });
        const auto column = static_cast<std::size_t>(known - block.keys.begin());
        if (known == block.keys.end()) {
          block.keys.push_back({key.text(), key.where()});
          for (auto& each : block.rows) each.resize(block.keys.size());
        }
        row[column] = text(held, true);
      }
    }
    out_.blocks.push_back(std::move(block));
  }

  void take_condition(const Text& written) {
    // The longer of two that begin alike stands first.
    constexpr std::array<std::pair<std::string_view, Relation>, 6> kRelations{
        {{"<=", Relation::at_most},
         {">=", Relation::at_least},
         {"==", Relation::equal},
         {"!=", Relation::unequal},
         {"<", Relation::less},
         {">", Relation::greater}}};
    const auto trimmed = [](std::string_view text) {
      while (text.starts_with(' ')) text.remove_prefix(1);
      while (text.ends_with(' ')) text.remove_suffix(1);
      return std::string(text);
    };
    const std::string_view text = written.text;
    for (const auto& [sign, relation] : kRelations) {
      const std::size_t at = text.find(sign);
      if (at == std::string_view::npos) continue;
      Condition made{trimmed(text.substr(0, at)), relation, trimmed(text.substr(at + sign.size())),
                     written};
      if (made.left.empty() || made.right.empty()) break;
      return out_.conditions.push_back(std::move(made));
    }
    problems_.add(Problem{written.where, "where", written.text,
                          "must be KEY RELATION VALUE or KEY RELATION KEY, such as "
                          "'kv-heads <= heads'; relations: <, <=, >, >=, ==, !="});
  }

  void refuse_doubled() {
    std::vector<std::string> known;
    for (const Block& block : out_.blocks) {
      for (const Text& key : block.keys) {
        if (std::find(known.begin(), known.end(), key.text) != known.end())
          problems_.add(Problem{key.where, key.text, "",
                                "is varied twice: give all its values in one place"});
        known.push_back(key.text);
      }
    }
  }

  SweepFile out_;
  std::vector<std::string> seen_;
  Problems problems_;
};

}  // namespace

SweepFile load_sweep(const std::filesystem::path& file, const ReadLimits& limits) {
  return parse_sweep(read_text(file, limits.yaml_bytes), file.string(), limits);
}

SweepFile parse_sweep(const std::string& text, const std::string& file, const ReadLimits& limits) {
  SweepFile made = SweepReader(file).read(config::load_text(text, file, "", limits));
  made.text = text;
  return made;
}

}  // namespace weft::sweep
