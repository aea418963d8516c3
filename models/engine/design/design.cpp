#include "models/engine/design/design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/einsum/load.hpp"
#include "models/engine/design/design_parts.hpp"
#include "models/engine/design/design_settings.hpp"
#include "models/engine/design/dram_system_of.hpp"
#include "models/engine/design/mapping.hpp"
#include "models/engine/schedule/prepare.hpp"

namespace weft::engine {
namespace {

using CascadePtr = std::shared_ptr<const OwnCascade>;

// A mask key <= query + keys - queries, which aligns the last of both, made to align the first: key
// <= query.
void align_beginnings(einsum::Cascade& cascade, const Location& origin) {
  for (einsum::Einsum& einsum : cascade.einsums) {
    if (!einsum.mask) continue;
    einsum::Mask& mask = *einsum.mask;
    const auto is = [](const std::vector<einsum::Index::Term>& terms, RankId plus, RankId minus) {
      return terms.size() == 2 && std::all_of(terms.begin(), terms.end(), [&](const auto& t) {
               return (t.rank == plus && t.coefficient == 1) ||
                      (t.rank == minus && t.coefficient == -1);
             });
    };
    const bool simple = mask.left.coordinates.size() == 1 && mask.right.coordinates.size() == 1;
    const RankId key = simple ? mask.left.coordinates[0].rank : kNone;
    const RankId query = simple ? mask.right.coordinates[0].rank : kNone;
    const bool ends = mask.left.extents.empty() && is(mask.right.extents, key, query) &&
                      mask.right.constant == mask.left.constant;
    if (!simple || !ends)
      throw ConfigError(
          Problem{origin, "causal_alignment", "top-left",
                  "the mask at " + mask.where.text() +
                      " does not align the ends of keys and queries (key <= query + keys - "
                      "queries): how it is aligned is its own"});
    mask.right.extents.clear();
  }
}

CascadePtr aligned(const CascadePtr& read, const Binding& binding, const config::Origins& origins) {
  if (read == nullptr || binding.causal_alignment != CausalAlignment::top_left) return read;
  einsum::Cascade made = read->cascade;
  align_beginnings(made, config::origin_of(origins, "causal_alignment"));
  return std::make_shared<const OwnCascade>(std::move(made));
}

// A lowering, with the architecture's file named wherever an array is the trouble: the binding's
// line alone is half of it.
Lowering lower_named(const Architecture& arch, const Binding& binding, const OwnCascade& own,
                     const config::Origins& origins, const std::filesystem::path& arch_file) {
  try {
    return engine::lower(arch, binding, own.cascade, own.passes, origins);
  } catch (const ConfigError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {
      if (problem.field.ends_with(".on"))
        problem.message += "; the arrays are those of " + arch_file.string();
    }
    throw ConfigError(std::move(problems), error.more());
  }
}

void check_alternatives(const Binding& binding, const config::Origins& origins) {
  const std::int64_t count = alternatives_count(binding);
  if (count <= kMostAlternatives) return;
  throw ConfigError(Problem{
      config::origin_of(origins, "groups"), "groups", std::to_string(count),
      fmt::format("'times', 'orders' and 'ways' multiply to so many mappings; at most {} are tried",
                  kMostAlternatives)});
}

}  // namespace

struct DesignMaker {
  static std::shared_ptr<const BoundParts> bind(const DesignFiles& files,
                                                const Shared<Binding>& set,
                                                const BoundParts* before);
  static std::shared_ptr<const LoweredSet> lower(const Design::Parts& parts, bool causal);
  static void lower_all(Design::Parts& parts);
  static Design load(FoundDesign found, const std::vector<Setting>& settings);
  static Design load_spatial(ReadDesign read, const std::vector<Setting>& settings);
  static Design load_assembled(DesignFiles files, const std::vector<Setting>& settings);
  static Design with(const Design::Parts& before, const std::vector<Setting>& settings);
};

// The cascades are those of `before` where it names the same, and read from their files otherwise.
std::shared_ptr<const BoundParts> DesignMaker::bind(const DesignFiles& files,
                                                    const Shared<Binding>& set,
                                                    const BoundParts* before) {
  const auto made = std::make_shared<BoundParts>();
  made->binding = set.value();
  made->origins = set.origins();
  const auto cascade = [&](const char* field, const std::string& name,
                           CascadePtr BoundParts::*known) {
    const Location origin = config::origin_of(*made->origins, field);
    if (before != nullptr && before->*known != nullptr &&
        config::origin_of(*before->origins, field).text() == origin.text())
      return before->*known;
    return CascadePtr(std::make_shared<const OwnCascade>(
        einsum::load_cascade(named_in(files.catalog, "cascade", name, origin, field))));
  };
  const Binding& binding = *made->binding;
  const auto as_run = [&](const CascadePtr& read, CascadePtr BoundParts::*known_read,
                          CascadePtr BoundParts::*known) {
    const bool same = before != nullptr && before->*known_read == read &&
                      before->binding->causal_alignment == binding.causal_alignment;
    return same ? before->*known : aligned(read, binding, *made->origins);
  };
  made->read = cascade("cascade", binding.cascade, &BoundParts::read);
  made->cascade = as_run(made->read, &BoundParts::read, &BoundParts::cascade);
  if (binding.causal_cascade) {
    made->causal_read =
        cascade("causal_cascade", *binding.causal_cascade, &BoundParts::causal_read);
    made->causal_cascade =
        as_run(made->causal_read, &BoundParts::causal_read, &BoundParts::causal_cascade);
  }
  check_alternatives(binding, *made->origins);
  return made;
}

std::shared_ptr<const LoweredSet> DesignMaker::lower(const Design::Parts& parts, bool causal) {
  const BoundParts& bound = *parts.bound;
  const OwnCascade* cascade = (causal ? bound.causal_cascade : bound.cascade).get();
  if (cascade == nullptr) return nullptr;
  const auto made = std::make_shared<LoweredSet>(LoweredSet{parts.arch, parts.bound, {}});
  made->all.reserve(1 + bound.others().size());
  const auto add = [&](const Binding& binding) {
    made->all.push_back(
        lower_named(*parts.arch, binding, *cascade, *bound.origins, parts.files->arch_file));
  };
  add(*bound.binding);
  for (const Binding& other : bound.others()) add(other);
  return made;
}

// All that may be wrong is found here. What a point needs beside it is prepared when one asks.
void DesignMaker::lower_all(Design::Parts& parts) {
  for (const bool causal : {false, true}) parts.like[causal] = lower(parts, causal);
}

namespace {

void refuse_unsound(const Shared<Architecture>& arch) {
  if (auto problems = problems_of(*arch.value(), *arch.origins()); !problems.empty())
    throw ConfigError(std::move(problems));
}

// The part that it names, read anew: where a setting has changed the architecture, and in no other
// case.
void find_part(Shared<Architecture>& arch, const Catalog& catalog) {
  if (!arch.value()->dram.part) return;
  auto system = dram_system_of(catalog, *arch.value(), *arch.origins());
  arch.edit().dram.system = std::move(system);
}

// Whether what is lowered for one is, but for numbers, that of the other.
bool lowers_alike(const BoundParts& a, const BoundParts& b) {
  return &a == &b || (a.cascade == b.cascade && a.causal_cascade == b.causal_cascade &&
                      lowers_alike(*a.binding, *b.binding));
}

}  // namespace

// The names that results find in a lowering: of the units and of the cascade's tensors.
Design DesignMaker::load_assembled(DesignFiles files, const std::vector<Setting>& settings) {
  const auto parts = std::make_shared<Design::Parts>();
  parts->assembled = read_assembled(files.arch_file, files.binding_file, settings);
  const Assembled& read = *parts->assembled;
  parts->files = std::make_shared<const DesignFiles>(std::move(files));
  parts->settings = settings;
  Architecture arch = architecture_of(read.arch);
  arch.dram.system = dram_system_of(parts->files->catalog, arch, read.arch_origins);
  parts->arch = std::make_shared<const Architecture>(std::move(arch));
  parts->arch_origins = std::make_shared<const config::Origins>(read.arch_origins);
  const Shared<Binding> binding(std::make_shared<const Binding>(binding_of(read.binding)),
                                std::make_shared<const config::Origins>(read.binding_origins));
  parts->bound = bind(*parts->files, binding, nullptr);
  const auto set = std::make_shared<LoweredSet>(LoweredSet{parts->arch, parts->bound, {}});
  Lowering& lowering = set->all.emplace_back();
  lowering.arch = parts->arch.get();
  lowering.binding = parts->bound->binding.get();
  lowering.cascade = &parts->bound->cascade->cascade;
  lowering.array_names = read.units;
  parts->own = {set, set};
  return Design(parts);
}

Design DesignMaker::load(FoundDesign found, const std::vector<Setting>& settings) {
  if (!names_engine(found.files.arch_file))
    return load_spatial(read_design(std::move(found)), settings);
  if (found.side > 0)
    throw ConfigError(Problem{
        {}, "design", found.files.name, "an ending -NxN scales arrays, and this design has none"});
  return load_assembled(std::move(found.files), settings);
}

Design DesignMaker::load_spatial(ReadDesign read, const std::vector<Setting>& settings) {
  const auto parts = std::make_shared<Design::Parts>();
  Shared<Architecture> arch(std::make_shared<Architecture>(std::move(read.arch)),
                            std::make_shared<config::Origins>(std::move(read.arch_origins)));
  Shared<Binding> binding(std::make_shared<Binding>(std::move(read.binding)),
                          std::make_shared<config::Origins>(std::move(read.binding_origins)));
  parts->files = std::make_shared<const DesignFiles>(std::move(read.files));
  parts->settings = settings;
  apply(settings, arch, binding);
  refuse_unsound(arch);
  find_part(arch, parts->files->catalog);
  parts->arch = arch.value();
  parts->arch_origins = arch.origins();
  parts->bound = bind(*parts->files, binding, nullptr);
  lower_all(*parts);
  return Design(parts);
}

Design DesignMaker::with(const Design::Parts& before, const std::vector<Setting>& settings) {
  if (before.assembled != nullptr)
    return load_assembled(*before.files, joined(before.settings, settings));
  const auto parts = std::make_shared<Design::Parts>();
  Shared<Architecture> arch(before.arch, before.arch_origins);
  Shared<Binding> binding(before.bound->binding, before.bound->origins);
  parts->files = before.files;
  parts->settings = joined(before.settings, settings);
  apply(settings, arch, binding);
  if (arch.edited()) {
    refuse_unsound(arch);
    find_part(arch, parts->files->catalog);
  }
  parts->arch = arch.value();
  parts->arch_origins = arch.origins();
  parts->bound = binding.edited() ? bind(*parts->files, binding, before.bound.get()) : before.bound;
  if (!lowers_alike(*before.arch, *parts->arch) || !lowers_alike(*before.bound, *parts->bound)) {
    lower_all(*parts);
  } else {
    parts->like = before.prepared();
    for (const auto& set : parts->like) {
      if (set == nullptr) continue;
      for (const Lowering& lowering : set->all)
        static_cast<void>(tiles_in_flight(lowering, *parts->arch, *parts->bound->binding,
                                          *parts->bound->origins));
    }
  }
  return Design(parts);
}

const LoweredSet& Design::Parts::lowered(bool causal) const {
  std::call_once(adapt[causal], [&] {
    if (like[causal] == nullptr || own[causal] != nullptr) return;
    const auto made = std::make_shared<LoweredSet>(LoweredSet{arch, bound, like[causal]->all});
    for (std::size_t i = 0; i < made->all.size(); ++i) {
      Lowering& lowering = made->all[i];
      engine::adapt(lowering, *arch,
                    like[causal]->bound == bound ? *lowering.binding : bound->mapping(i));
      if (lowering.groups.front().dimensions.empty()) prepare(lowering);
    }
    own[causal] = made;
  });
  if (own[causal] == nullptr) {
    throw ConfigError(Problem{config::origin_of(*bound->origins, ""), "causal_cascade", "",
                              "missing key: the workload is causal, and binding " +
                                  files->binding_name + " names no cascade for that"});
  }
  return *own[causal];
}

std::array<std::shared_ptr<const LoweredSet>, 2> Design::Parts::prepared() const {
  std::array<std::shared_ptr<const LoweredSet>, 2> sets;
  for (const bool causal : {false, true}) {
    if (like[causal] == nullptr) continue;
    static_cast<void>(lowered(causal));
    sets[causal] = own[causal];
  }
  return sets;
}

Design Design::load(const Catalog& catalog, const std::string& name,
                    const std::vector<Setting>& settings) {
  return DesignMaker::load(find_design(catalog, name), settings);
}

Design Design::load(const Catalog& catalog, const std::string& arch, const std::string& binding,
                    const std::vector<Setting>& settings) {
  return DesignMaker::load(find_design(catalog, arch, binding), settings);
}

Design Design::with(const std::vector<Setting>& settings) const {
  return DesignMaker::with(*parts_, settings);
}

const std::string& Design::name() const { return parts_->files->name; }
const std::string& Design::arch_name() const { return parts_->files->arch_name; }
const std::string& Design::binding_name() const { return parts_->files->binding_name; }
bool Design::is_pair() const { return parts_->files->is_pair; }
const std::vector<Setting>& Design::settings() const { return parts_->settings; }
const Architecture& Design::arch() const { return *parts_->arch; }
const Binding& Design::binding() const { return *parts_->bound->binding; }
const config::Origins& Design::arch_origins() const { return *parts_->arch_origins; }
const Assembled* Design::assembled() const { return parts_->assembled.get(); }

const Lowering& Design::lowering(bool causal) const { return parts_->lowered(causal).all.front(); }

std::vector<const Lowering*> Design::lowerings(bool causal) const {
  std::vector<const Lowering*> all;
  for (const Lowering& lowering : parts_->lowered(causal).all) all.push_back(&lowering);
  return all;
}

}  // namespace weft::engine
