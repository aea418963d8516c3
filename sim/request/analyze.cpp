#include "sim/request/analyze.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

#include "models/common/fields.hpp"
#include "models/einsum/load.hpp"
#include "sim/request/options.hpp"

namespace weft::request {
namespace {

constexpr std::int64_t kMostExtent = std::int64_t{1} << 32;

std::map<std::string, std::int64_t> extents_of(const einsum::Cascade& cascade,
                                               const std::vector<std::string>& sets) {
  std::map<std::string, std::int64_t> extents;
  for (const einsum::Rank& rank : cascade.ranks) {
    if (rank.base != einsum::kNone) {
      const bool outermost =
          rank.level + 1 == static_cast<int>(cascade.ranks[rank.base].parts.size());
      if (!outermost) extents[rank.name] = rank.level == 0 ? 256 : 2;
    } else if (rank.kind != einsum::RankKind::dynamic) {
      extents[rank.name] = rank.name == "E" || rank.name == "F" ? 64 : 1024;
    }
  }
  std::vector<std::string> known;
  for (const auto& [name, extent] : extents) known.push_back(name);
  for (const einsum::RankId rank : einsum::dynamic_ranks(cascade))
    known.push_back(cascade.ranks[rank].name);
  for (const std::string& text : sets) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (equals == std::string::npos)
      throw ConfigError(Problem{{"--set", 0, 0}, "", text, "must be RANK=N, such as M=16K"});
    if (cascade.rank(name) == einsum::kNone || cascade.ranks[cascade.rank(name)].name != name) {
      throw ConfigError(Problem{{"--set", 0, 0},
                                "",
                                text,
                                "no rank '" + name + "' in cascade " + cascade.name + "; " +
                                    config::unknown_name(name, known)});
    }
    extents[name] = whole_number("--set " + name, text.substr(equals + 1), 1, kMostExtent);
  }
  return extents;
}

// By dynamic rank, in their order; empty where none are given.
std::vector<std::vector<std::int64_t>> occupancies_of(const einsum::Cascade& cascade,
                                                      const einsum::Extents& extents,
                                                      const std::vector<std::string>& texts) {
  const std::vector<einsum::RankId> ranks = einsum::dynamic_ranks(cascade);
  std::vector<std::string> known;
  for (const einsum::RankId rank : ranks) known.push_back(cascade.ranks[rank].name);
  std::vector<std::vector<std::int64_t>> found(ranks.size());
  for (const std::string& text : texts) {
    const auto fail = [&](const std::string& why) { refuse("--occupancy", text, why); };
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (equals == std::string::npos) fail("must be RANK=N or RANK=N,N, such as S=64,128");
    const auto which = std::find(known.begin(), known.end(), name);
    if (which == known.end()) {
      fail(known.empty() ? "cascade " + cascade.name + " has no dynamic rank"
                         : "no dynamic rank '" + name + "' in cascade " + cascade.name + "; " +
                               config::unknown_name(name, known));
    }
    const auto i = static_cast<std::size_t>(which - known.begin());
    for (const std::string& part : comma_list(text.substr(equals + 1)))
      found[i].push_back(whole_number("--occupancy " + name, part, 0,
                                      extents[static_cast<std::size_t>(ranks[i])]));
  }
  return found;
}

}  // namespace

Analyzed analyze(const engine::Catalog& catalog, const std::string& name,
                 const std::vector<std::string>& sets,
                 const std::vector<std::string>& occupancies) {
  if (name.empty()) {
    throw ConfigError(Problem{{},
                              "CASCADE",
                              "",
                              "missing: name a cascade, or give a YAML file; cascades: " +
                                  one_of(catalog.list("cascade"))});
  }
  Analyzed made{
      std::make_unique<einsum::Cascade>(einsum::load_cascade(catalog.file("cascade", name))), {}};
  const einsum::Extents extents =
      einsum::resolve_extents(*made.cascade, extents_of(*made.cascade, sets));
  made.analysis = engine::analyse_cascade(*made.cascade, extents,
                                          occupancies_of(*made.cascade, extents, occupancies));
  return made;
}

}  // namespace weft::request
