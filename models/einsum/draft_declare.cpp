#include <algorithm>
#include <cctype>
#include <cmath>

#include "models/einsum/draft.hpp"
#include "models/einsum/operators.hpp"

namespace weft::einsum {
namespace {

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool is_rank_name(const std::string& name) {
  return is_upper(name.front()) && std::none_of(name.begin(), name.end(), [](char c) {
           return !is_alnum(c) || std::islower(static_cast<unsigned char>(c)) != 0;
         });
}

bool is_name(const std::string& name) {
  return std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
         std::all_of(name.begin(), name.end(), is_alnum);
}

bool is_reserved(const Draft& draft, const std::string& name) {
  return name == "where" || name == "else" || name == "inf" || function_named(name) != nullptr ||
         reduction_named(name, !draft.file.dynamic.items.empty()) != nullptr;
}

std::string lower(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

void add_rank(Draft& draft, const Word& name, const std::string& field,
              const std::string& description) {
  if (!is_rank_name(name.text)) {
    draft.add(
        name, field,
        "a rank's name is a capital letter and then capitals, digits or '_', such as 'M' or 'M1'");
    return;
  }
  Rank rank;
  rank.name = name.text;
  rank.variable = lower(name.text);
  rank.description = description;
  draft.declare(std::move(rank));
}

void add_part(Draft& draft, RankId base, const Word& name, int level, const std::string& field) {
  Cascade& cascade = draft.cascade;
  RankId part = draft.rank(name.text);
  if (part == kNone) {
    add_rank(draft, name, field, cascade.ranks[base].description);
    part = draft.rank(name.text);
    if (part == kNone) return;
  } else if (cascade.ranks[part].kind == RankKind::partition || part == base) {
    draft.add(name, field,
              "already stands for rank '" + cascade.ranks[cascade.base_of(part)].name +
                  "'; a partition needs a name of its own");
    return;
  }
  Rank& rank = cascade.ranks[part];
  rank.kind = RankKind::partition;
  rank.base = base;
  rank.level = level;
  cascade.ranks[base].parts.push_back(part);
}

void declare_partitions(Draft& draft) {
  for (const auto& [name, parts] : draft.file.partitions.items) {
    const std::string field = "partitions." + name.text;
    const RankId base = draft.rank(name.text);
    if (base == kNone || draft.cascade.ranks[base].name != name.text) {
      draft.add(name, "partitions", "not a rank; " + draft.hint(name.text, rank_names));
      continue;
    }
    if (draft.cascade.ranks[base].kind == RankKind::partition) {
      draft.add(
          name, "partitions",
          "is itself a partition; list all levels under the base rank, such as 'M: [M2, M1, M0]'");
      continue;
    }
    if (parts.size() < 2) {
      draft.add(name, "partitions",
                "a rank splits into two or more, outermost first, such as 'M: [M1, M0]'");
      continue;
    }
    for (std::size_t i = 0; i < parts.size(); ++i)
      add_part(draft, base, parts[i], static_cast<int>(parts.size() - 1 - i), field);
  }
  for (const Rank& rank : draft.cascade.ranks) {
    if (rank.kind == RankKind::partition && !rank.parts.empty()) {
      draft.problems.add({draft.file.partitions.items.front().first.where, "partitions", rank.name,
                          "is both split and a partition; list all levels under the base rank, "
                          "such as 'M: [M2, M1, M0]'"});
    }
  }
}

// Ranks that list coordinates of another: 'S: M'.
void declare_dynamic(Draft& draft) {
  for (const auto& [name, of] : draft.file.dynamic.items) {
    const std::string field = "dynamic." + name.text;
    RankId listed = draft.rank(name.text);
    const RankId from = draft.rank(of.text);
    if (name.text == of.text) {
      draft.add(of, field, "a rank cannot list coordinates of itself");
      continue;
    }
    if (from == kNone || draft.cascade.ranks[from].name != of.text) {
      draft.add(of, field, "not a rank; " + draft.hint(of.text, rank_names));
      continue;
    }
    if (listed == kNone) {
      const std::string description = draft.cascade.ranks[from].description;
      add_rank(draft, name, "dynamic", description.empty() ? "" : "selected " + description);
      listed = draft.rank(name.text);
      if (listed == kNone) continue;
    }
    Rank& rank = draft.cascade.ranks[listed];
    if (rank.kind != RankKind::plain || rank.name != name.text) {
      draft.add(name, "dynamic",
                rank.kind == RankKind::dynamic
                    ? "lists coordinates of " + draft.cascade.ranks[rank.of].name + " already"
                    : "is a partition; a dynamic rank needs a name of its own");
      continue;
    }
    for (RankId up = from; up != kNone; up = draft.cascade.ranks[up].of) {
      if (up != listed) continue;
      draft.add(of, field, "a rank cannot list coordinates of itself");
      return;
    }
    rank.kind = RankKind::dynamic;
    rank.of = from;
  }
}

void declare_tensors(Draft& draft) {
  for (const auto& [name, ranks] : draft.file.tensors.items) {
    if (!is_name(name.text) || is_reserved(draft, name.text)) {
      draft.add(name, "tensors",
                "a tensor's name is a letter and then letters, digits or '_', and no word of the "
                "language");
      continue;
    }
    Tensor tensor;
    tensor.name = name.text;
    tensor.role = TensorRole::input;
    tensor.where = name.where;
    for (const Word& word : ranks) {
      const RankId rank = draft.rank(word.text);
      if (rank == kNone || draft.cascade.ranks[rank].name != word.text) {
        draft.add(word, "tensors." + name.text, "not a rank; " + draft.hint(word.text, rank_names));
        continue;
      }
      tensor.dimensions.push_back({rank, false});
    }
    draft.declare(std::move(tensor));
  }
}

void declare_scalars(Draft& draft) {
  for (const auto& [name, number] : draft.file.scalars.items) {
    if (!is_name(name.text) || is_reserved(draft, name.text)) {
      draft.add(name, "scalars",
                "a scalar's name is a letter and then letters, digits or '_', and no word of the "
                "language");
    } else if (draft.tensor(name.text) != kNone) {
      draft.add(name, "scalars", "is a tensor already; a scalar needs a name of its own");
    } else if (!std::isfinite(number.value)) {
      draft.add(name, "scalars", "a scalar must be finite");
    } else {
      draft.declare(Scalar{name.text, number.value});
    }
  }
}

void check_limits(const Draft& draft) {
  const CascadeFile& file = draft.file;
  std::size_t ranks = file.ranks.items.size() + file.dynamic.items.size();
  for (const auto& [name, parts] : file.partitions.items) ranks += parts.size();
  draft.limits.cascade_ranks.hold(ranks, draft.where);
  for (const std::size_t count : {file.tensors.items.size(), file.scalars.items.size(),
                                  file.initial.items.size(), file.outputs.size()})
    draft.limits.cascade_names.hold(count, draft.where);
  draft.limits.cascade_einsums.hold(file.einsums.size(), draft.where);
}

std::size_t terms_of(const ParsedSum& sum) { return 1 + sum.terms.size(); }

std::size_t terms_of(const ParsedAccess& access) {
  std::size_t terms = 1;
  for (const ParsedSum& sum : access.indices) terms += terms_of(sum);
  return terms;
}

std::size_t terms_of(const ParsedEinsum& parsed) {
  std::size_t terms = parsed.nodes.size();
  for (const ParsedAccess& access : parsed.outputs) terms += terms_of(access);
  for (const ParsedAccess& access : parsed.accesses) terms += terms_of(access);
  if (parsed.reduction) terms += parsed.reduction->ranks.size();
  if (parsed.mask) terms += terms_of(parsed.mask->left) + terms_of(parsed.mask->right);
  return terms;
}

}  // namespace

void declare(Draft& draft) {
  check_limits(draft);
  for (const auto& [name, description] : draft.file.ranks.items)
    add_rank(draft, name, "ranks", description.text);
  declare_partitions(draft);
  declare_dynamic(draft);
  declare_tensors(draft);
  declare_scalars(draft);
}

void parse_lines(Draft& draft, const std::string& source_text) {
  const SourceText source(source_text);
  std::size_t terms = 0;
  for (const Word& word : draft.file.einsums) {
    draft.limits.cascade_einsum_bytes.hold(word.text.size(), word.where);
    Line line{"einsums[" + std::to_string(draft.lines.size()) + "]",
              SourceMap(source, word.where, word.text),
              {}};
    try {
      line.parsed =
          parse_einsum(word.text, draft.limits.cascade_depth, !draft.file.dynamic.items.empty());
      terms += terms_of(line.parsed);
      draft.limits.cascade_terms.hold(terms, word.where);
    } catch (const SyntaxError& error) {
      draft.add(line, error.offset, error.value, error.message);
    }
    draft.lines.push_back(std::move(line));
  }
}

std::vector<std::string> tensor_and_scalar_names(const Cascade& cascade) {
  std::vector<std::string> names = tensor_names(cascade);
  for (const Scalar& scalar : cascade.scalars) names.push_back(scalar.name);
  return names;
}

std::vector<std::string> rank_variables_and_names(const Cascade& cascade) {
  std::vector<std::string> names = rank_variables(cascade);
  for (const std::string& name : rank_names(cascade)) names.push_back(name);
  return names;
}

std::string dimensions_text(const Cascade& cascade, const Tensor& tensor) {
  std::string text;
  for (const Dimension& dimension : tensor.dimensions) {
    text += (text.empty() ? "" : ", ") + cascade.ranks[dimension.rank].name +
            (dimension.generational ? " (generational)" : "");
  }
  return "[" + text + "]";
}

std::vector<std::string> tensor_names(const Cascade& cascade) {
  std::vector<std::string> names;
  names.reserve(cascade.tensors.size());
  for (const Tensor& tensor : cascade.tensors) names.push_back(tensor.name);
  return names;
}

std::vector<std::string> rank_names(const Cascade& cascade) {
  std::vector<std::string> names;
  names.reserve(cascade.ranks.size());
  for (const Rank& rank : cascade.ranks) names.push_back(rank.name);
  return names;
}

std::vector<std::string> rank_variables(const Cascade& cascade) {
  std::vector<std::string> names;
  names.reserve(cascade.ranks.size());
  for (const Rank& rank : cascade.ranks) names.push_back(rank.variable);
  return names;
}

}  // namespace weft::einsum
