#include "models/engine/design/design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

#include "models/einsum/load.hpp"
#include "models/engine/design/mapping.hpp"
#include "models/engine/schedule/prepare.hpp"

namespace weft::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLeastSide = 2;
constexpr std::int64_t kMostSide = 1024;

// "flat-16x16" taken apart; side is 0 where the name has no such ending.
struct SidedName {
  std::string plain;
  std::int64_t side = 0;
};

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

SidedName take_apart(const std::string& name) {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0) return {name, 0};
  const std::string_view ending = std::string_view(name).substr(dash + 1);
  const std::size_t cross = ending.find('x');
  if (cross == std::string_view::npos) return {name, 0};
  const std::string_view rows = ending.substr(0, cross);
  const std::string_view columns = ending.substr(cross + 1);
  if (!all_digits(rows) || !all_digits(columns)) return {name, 0};
  const auto refuse = [&](const char* why) {
    throw ConfigError(Problem{
        {},
        "design",
        name,
        fmt::format("{}: the ending is -NxN with N a whole number from {} to {}, such as {}-16x16",
                    why, kLeastSide, kMostSide, name.substr(0, dash))});
  };
  if (rows != columns) refuse("the arrays are square");
  std::int64_t side = 0;
  const auto [end, error] = std::from_chars(rows.data(), rows.data() + rows.size(), side);
  if (error != std::errc{} || side < kLeastSide || side > kMostSide || rows.front() == '0')
    refuse("no such side");
  return {name.substr(0, dash), side};
}

bool exists(const Catalog& catalog, const std::string& kind, const std::string& name) {
  for (const std::string& known : catalog.list(kind)) {
    if (known == name) return true;
  }
  std::error_code code;
  return fs::is_regular_file(name, code);
}

// The file of a name that stands in `origin`: what is wrong is said of that place, and a path is
// also looked for beside it.
fs::path named_in(const Catalog& catalog, const std::string& kind, const std::string& name,
                  const Location& origin, const std::string& field) {
  const fs::path beside = fs::path(origin.file).parent_path() / name;
  std::error_code code;
  const bool path_like =
      name.find('/') != std::string::npos || fs::path(name).extension() == ".yaml";
  if (path_like && fs::path(name).is_relative() && fs::is_regular_file(beside, code)) return beside;
  try {
    return catalog.file(kind, name);
  } catch (const ConfigError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {
      problem.where = origin;
      problem.field = field;
      problem.value = name;
    }
    throw ConfigError(std::move(problems), error.more());
  }
}

template <class T>
T load_config(const fs::path& file, config::Origins& origins) {
  T out;
  config::Reader reader(&origins);
  config::read(config::load_file(file), out, reader);
  reader.finish();
  if (!origins.contains("")) origins[""] = {file.string(), 0, 0};
  return out;
}

// The memory's latency has two keys, and one counts: setting either takes the place of what the
// file says.
void drop_replaced_latency(const std::vector<Setting>& settings, Dram& dram,
                           config::Origins& origins) {
  for (const auto& [path, text] : settings) {
    const std::string whole = config::dotted(path);
    if (whole != "arch.dram.latency_s" && whole != "arch.dram.latency_cycles") continue;
    dram.latency_s.reset();
    dram.latency_cycles.reset();
    origins.erase("dram.latency_s");
    origins.erase("dram.latency_cycles");
  }
}

void apply(const std::vector<Setting>& settings, Architecture& arch, config::Origins& arch_origins,
           Binding& binding, config::Origins& binding_origins) {
  // Paths of origins have "[0]" where those of settings may have ".0".
  const auto note = [](config::Origins& origins, std::string_view path, const Location& origin) {
    std::string written;
    while (!path.empty()) {
      const std::string_view part = path.substr(0, path.find('.'));
      written += all_digits(part) ? "[" + std::string(part) + "]"
                                  : (written.empty() ? "" : ".") + std::string(part);
      path.remove_prefix(std::min(part.size() + 1, path.size()));
    }
    origins[written] = origin;
  };
  drop_replaced_latency(settings, arch.dram, arch_origins);
  for (const auto& [path, text] : settings) {
    const std::string whole = config::dotted(path);
    const Location origin{"--set " + path + "=" + text, 0, 0};
    if (whole.starts_with("arch.")) {
      const std::string_view rest = std::string_view(whole).substr(5);
      config::set_path(arch, path, rest, text);
      note(arch_origins, rest, origin);
    } else if (whole.starts_with("binding.")) {
      const std::string_view rest = std::string_view(whole).substr(8);
      config::set_path(binding, path, rest, text);
      note(binding_origins, rest, origin);
    } else {
      throw ConfigError(Problem{
          {"--set", 0, 0},
          path,
          text,
          "a path begins with 'arch.' or 'binding.', such as arch.dram.bandwidth_bytes_per_s"});
    }
  }
}

void append_rank_list(std::string& out, const einsum::Cascade& cascade,
                      const std::vector<einsum::Dimension>& dimensions) {
  for (const einsum::Dimension& dimension : dimensions)
    out += " " + cascade.ranks[dimension.rank].name + (dimension.generational ? "+" : "");
}

// What a cascade computes, in a form that does not change with its comments or its name.
void append_canonical(std::string& out, const std::string& path, const einsum::Cascade& cascade) {
  for (const einsum::Rank& rank : cascade.ranks) {
    out += path + ".ranks." + rank.name + " = " +
           (rank.base == kNone
                ? "base"
                : fmt::format("{} level {}", cascade.ranks[rank.base].name, rank.level)) +
           "\n";
  }
  for (const einsum::Tensor& tensor : cascade.tensors) {
    out += fmt::format("{}.tensors.{} = {}", path, tensor.name, static_cast<int>(tensor.role));
    append_rank_list(out, cascade, tensor.dimensions);
    if (tensor.initial) out += " initial " + config::number_text(*tensor.initial);
    out += "\n";
  }
  for (const einsum::Scalar& scalar : cascade.scalars)
    out += path + ".scalars." + scalar.name + " = " + config::number_text(scalar.value) + "\n";
  for (const einsum::Einsum& einsum : cascade.einsums)
    out += path + ".einsums = " + einsum.text + "\n";
}

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

// A lowering, with the architecture's file named wherever an array is the trouble: the binding's
// line alone is half of it.
Lowering lower_named(const Architecture& arch, const Binding& binding,
                     const einsum::Cascade& cascade, const config::Origins& origins,
                     const fs::path& arch_file) {
  try {
    return lower_and_prepare(arch, binding, cascade, origins);
  } catch (const ConfigError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {
      if (problem.field.ends_with(".on"))
        problem.message += "; the arrays are those of " + arch_file.string();
    }
    throw ConfigError(std::move(problems), error.more());
  }
}

// Beside the design's own file the two names may be paths; the origin of each is known for
// messages.
struct Named {
  fs::path arch_file;
  fs::path binding_file;
  std::string arch;
  std::string binding;
};

Named read_design_file(const Catalog& catalog, const fs::path& path) {
  config::Origins origins;
  const auto file = load_config<DesignFile>(path, origins);
  return {
      named_in(catalog, "arch", file.arch, config::origin_of(origins, "arch"), "arch"),
      named_in(catalog, "binding", file.binding, config::origin_of(origins, "binding"), "binding"),
      file.arch, file.binding};
}

}  // namespace

struct DesignMaker {
  static Design make(const Catalog& catalog, std::string name, const Named& named,
                     std::int64_t side, const std::vector<Setting>& settings);
};

Design DesignMaker::make(const Catalog& catalog, std::string name, const Named& named,
                         std::int64_t side, const std::vector<Setting>& settings) {
  Design design;
  design.parts_ = std::make_unique<Design::Parts>();
  Design::Parts& parts = *design.parts_;
  parts.name = std::move(name);
  parts.arch_name = named.arch;
  parts.binding_name = named.binding;
  parts.arch = load_config<Architecture>(named.arch_file, parts.arch_origins);
  parts.binding = load_config<Binding>(named.binding_file, parts.binding_origins);
  const auto refuse = [](std::vector<Problem> problems) {
    if (!problems.empty()) throw ConfigError(std::move(problems));
  };
  refuse(problems_of(parts.arch, parts.arch_origins));  // scaling needs a sound architecture
  if (side > 0) parts.arch = scaled_to_side(parts.arch, side);
  apply(settings, parts.arch, parts.arch_origins, parts.binding, parts.binding_origins);
  refuse(problems_of(parts.arch, parts.arch_origins));

  const auto cascade = [&](const std::string& field, const std::string& cascade_name) {
    return einsum::load_cascade(named_in(catalog, "cascade", cascade_name,
                                         config::origin_of(parts.binding_origins, field), field));
  };
  parts.cascade = cascade("cascade", parts.binding.cascade);
  const auto align = [&](einsum::Cascade& masked) {
    if (parts.binding.causal_alignment == CausalAlignment::top_left)
      align_beginnings(masked, config::origin_of(parts.binding_origins, "causal_alignment"));
  };
  align(parts.cascade);
  parts.lowering =
      lower_named(parts.arch, parts.binding, parts.cascade, parts.binding_origins, named.arch_file);
  if (parts.binding.causal_cascade) {
    parts.causal_cascade = cascade("causal_cascade", *parts.binding.causal_cascade);
    align(*parts.causal_cascade);
    parts.causal_lowering = lower_named(parts.arch, parts.binding, *parts.causal_cascade,
                                        parts.binding_origins, named.arch_file);
  }
  if (const std::int64_t count = alternatives_count(parts.binding); count > kMostAlternatives)
    refuse({{config::origin_of(parts.binding_origins, "groups"), "groups", std::to_string(count),
             fmt::format(
                 "'times', 'orders' and 'ways' multiply to so many mappings; at most {} are tried",
                 kMostAlternatives)}});
  std::vector<Binding> mappings = alternatives_of(parts.binding);
  for (std::size_t i = 1; i < mappings.size(); ++i) {
    Design::Parts::Other& other =
        *parts.others.emplace_back(std::make_unique<Design::Parts::Other>());
    other.binding = std::move(mappings[i]);
    other.lowering = lower_named(parts.arch, other.binding, parts.cascade, parts.binding_origins,
                                 named.arch_file);
    if (parts.causal_cascade)
      other.causal_lowering = lower_named(parts.arch, other.binding, *parts.causal_cascade,
                                          parts.binding_origins, named.arch_file);
  }
  return design;
}

Design Design::load(const Catalog& catalog, const std::string& name,
                    const std::vector<Setting>& settings) {
  SidedName sided{name, 0};
  if (!exists(catalog, "design", name)) sided = take_apart(name);
  return DesignMaker::make(catalog, name,
                           read_design_file(catalog, catalog.file("design", sided.plain)),
                           sided.side, settings);
}

Design Design::load(const Catalog& catalog, const std::string& arch, const std::string& binding,
                    const std::vector<Setting>& settings) {
  return DesignMaker::make(
      catalog, arch + "+" + binding,
      {catalog.file("arch", arch), catalog.file("binding", binding), arch, binding}, 0, settings);
}

const Lowering& Design::lowering(bool causal) const {
  if (!causal) return parts_->lowering;
  if (!parts_->causal_lowering) {
    throw ConfigError(Problem{config::origin_of(parts_->binding_origins, ""), "causal_cascade", "",
                              "missing key: the workload is causal, and binding " +
                                  parts_->binding_name + " names no cascade for that"});
  }
  return *parts_->causal_lowering;
}

std::vector<const Lowering*> Design::lowerings(bool causal) const {
  std::vector<const Lowering*> all{&lowering(causal)};
  for (const auto& other : parts_->others)
    all.push_back(causal ? &*other->causal_lowering : &other->lowering);
  return all;
}

std::string Design::canonical() const {
  std::string out;
  Architecture arch =
      parts_->arch;  // cycles are what a point's figures come from, however the file says them
  arch.dram.latency_cycles = latency_cycles(arch.dram, arch.clock_hz);
  arch.dram.latency_s.reset();
  config::canonical(arch, "arch", out);
  config::canonical(parts_->binding, "binding", out);
  append_canonical(out, "cascade", parts_->cascade);
  if (parts_->causal_cascade) append_canonical(out, "causal_cascade", *parts_->causal_cascade);
  return out;
}

}  // namespace weft::engine
