// A cascade while it is checked: what is resolved so far, and every problem found.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/einsum/cascade.hpp"
#include "models/einsum/cascade_file.hpp"
#include "models/einsum/source_map.hpp"
#include "models/einsum/syntax.hpp"

namespace weft::einsum {

// One Einsum's text, its tree and the way back to the file.
struct Line {
  std::string field;  // "einsums[3]"
  SourceMap places;
  ParsedEinsum parsed;
};

using Ids = std::map<std::string, int, std::less<>>;

struct Draft {
  const CascadeFile& file;
  const ReadLimits& limits;
  Location where;  // the file
  Cascade cascade{};
  std::vector<Line> lines{};  // by EinsumId
  Problems problems{};
  // What the cascade's vectors hold, by name; of ranks by variable too.
  Ids ranks{};
  Ids tensors{};
  Ids scalars{};

  // As those of the cascade, without a search through all of it.
  RankId rank(std::string_view name) const { return found(ranks, name); }
  TensorId tensor(std::string_view name) const { return found(tensors, name); }
  ScalarId scalar(std::string_view name) const { return found(scalars, name); }

  static int found(const Ids& ids, std::string_view name) {
    const auto id = ids.find(name);
    return id == ids.end() ? kNone : id->second;
  }

  void declare(Rank rank) {
    const auto id = static_cast<RankId>(cascade.ranks.size());
    ranks.emplace(rank.name, id);
    ranks.emplace(rank.variable, id);
    cascade.ranks.push_back(std::move(rank));
  }
  TensorId declare(Tensor tensor) {
    const auto id = static_cast<TensorId>(cascade.tensors.size());
    tensors.emplace(tensor.name, id);
    cascade.tensors.push_back(std::move(tensor));
    return id;
  }
  void declare(Scalar scalar) {
    scalars.emplace(scalar.name, static_cast<ScalarId>(cascade.scalars.size()));
    cascade.scalars.push_back(std::move(scalar));
  }

  void add(const Word& word, const std::string& field, std::string message) {
    problems.add({word.where, field, word.text, std::move(message)});
  }
  void add(const Line& line, std::size_t offset, std::string value, std::string message) {
    problems.add({line.places.at(offset), line.field, std::move(value), std::move(message)});
  }
  // What `name` may have meant, of names that are only gathered where the message will be seen.
  std::string hint(std::string_view name, std::vector<std::string> (*names)(const Cascade&)) const {
    return problems.full() ? "" : config::unknown_name(name, names(cascade));
  }
  void finish() const { problems.finish(); }
};

// Steps of the check, in this order. Each adds its problems; the caller finishes between steps.
void declare(Draft& draft);  // ranks, partitions, inputs, scalars
void parse_lines(Draft& draft, const std::string& source_text);  // text to trees
void resolve_names(Draft& draft);  // names to ids: Einsums and what they write
void check_uses(Draft& draft);     // outputs, inputs, initial values
void check_order(Draft& draft);    // read before write, cycles

// "[E, P]" of a tensor, generational dimensions as "M1 (generational)".
std::string dimensions_text(const Cascade& cascade, const Tensor& tensor);
std::vector<std::string> tensor_names(const Cascade& cascade);
std::vector<std::string> rank_names(const Cascade& cascade);
std::vector<std::string> rank_variables(const Cascade& cascade);
std::vector<std::string> tensor_and_scalar_names(const Cascade& cascade);
std::vector<std::string> rank_variables_and_names(const Cascade& cascade);

}  // namespace weft::einsum
