#include "sim/assembly/assembly_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "sim/assembly/assembly_tree.hpp"

namespace weft::sim {
namespace {

constexpr std::size_t kMostUnits = 1 << 16;

std::string indexed(const std::string& text, std::size_t star, std::size_t index) {
  return text.substr(0, star) + std::to_string(index) + text.substr(star + 1);
}

bool is_name(const std::string& name) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(), plain);
}

std::vector<ClockRatio> ratios_of(const AssemblyTree& tree) {
  std::vector<ClockRatio> all;
  all.reserve(tree.clocks.size());
  for (const auto& [name, ratio] : tree.clocks) all.push_back(ratio);
  return all;
}

template <class T>
std::vector<std::string> names_of(const std::map<std::string, T>& map) {
  std::vector<std::string> all;
  all.reserve(map.size());
  for (const auto& named : map) all.push_back(named.first);
  return all;
}

class Builder {
 public:
  // `root` is where the tree stands in its file: nothing, or the path of a key.
  Builder(const AssemblyTree& tree, const config::Origins& origins, const UnitFactories& factories,
          const std::string& root)
      : tree_(tree),
        origins_(origins),
        factories_(factories),
        root_(root.empty() ? "" : root + ".") {}

  Assembly build() {
    if (ticks_per_cycle(ratios_of(tree_)) == 0) {
      add(root_ + "clocks", "",
          "have no common tick within a millionth of a cycle: take smaller numbers");
      reader_.finish();
    }
    assembly_ = Assembly(ratios_of(tree_));
    add_units(tree_.units, root_ + "units", "");
    reader_.finish();
    list_ports();
    add_links(tree_.links, root_ + "links", "");
    add_links_of_groups(tree_.units, root_ + "units", "");
    if (reader_.count() == 0) check_joined();
    reader_.finish();
    return std::move(assembly_);
  }

 private:
  struct Place {
    std::string unit;  // path of its instance
    std::string port;
    bool sends = false;
    std::string_view message;
    std::string joined_at;  // once it is: where in the file
  };
  using Ends = std::pair<std::string, std::string>;

  void add(const std::string& at, const std::string& value, std::string message) {
    reader_.add({config::origin_of(origins_, at), at, value, std::move(message)});
  }

  // Calls visit(path of the instance) for each instance of an entry.
  template <class Visit>
  static void each(const std::string& prefix, const std::string& name, const InstanceEntry& entry,
                   Visit&& visit) {
    for (std::int64_t i = 0; i < entry.count; ++i)
      visit(prefix + name + (entry.count > 1 ? fmt::format("[{}]", i) : ""));
  }

  void add_units(const std::map<std::string, InstanceEntry>& units, const std::string& at,
                 const std::string& prefix) {
    for (const auto& named : units) {
      const std::string& name = named.first;
      const InstanceEntry& entry = named.second;
      const std::string here = fmt::format("{}.{}", at, name);
      if (!is_name(name)) add(here, name, "a name has letters, digits and underscores");
      if (entry.unit_class.has_value() == !entry.units.empty()) {
        add(here, "", "needs a class, or the units of a group: one of the two");
        continue;
      }
      if (entry.units.empty() && !entry.links.empty())
        add(here + ".links", "", "are of a group: this is a unit");
      if (!entry.units.empty() && (entry.clock || entry.attributes.value))
        add(here, "", "a group has neither clock nor attributes: its units have");
      each(prefix, name, entry, [&](const std::string& path) {
        if (assembly_.members().size() >= kMostUnits || reader_.count() > kMostListed) return;
        entry.units.empty() ? add_unit(path, entry, here)
                            : add_units(entry.units, here + ".units", path + ".");
      });
    }
    if (assembly_.members().size() >= kMostUnits)
      add(at, "", "more than " + std::to_string(kMostUnits) + " units in all");
  }

  void add_unit(const std::string& path, const InstanceEntry& entry, const std::string& at) {
    const auto factory = factories_.find(*entry.unit_class);
    if (factory == factories_.end()) {
      return add(at + ".class", *entry.unit_class,
                 config::unknown_name(*entry.unit_class, names_of(factories_)));
    }
    std::size_t clock = 0;
    if (entry.clock) {
      const auto found = tree_.clocks.find(*entry.clock);
      if (found == tree_.clocks.end()) {
        return add(at + ".clock", *entry.clock,
                   tree_.clocks.empty()
                       ? "the assembly has no `clocks`"
                       : config::unknown_name(*entry.clock, names_of(tree_.clocks)));
      }
      clock = 1 + static_cast<std::size_t>(std::distance(tree_.clocks.begin(), found));
    }
    auto unit = factory->second(
        {entry.attributes.value, config::origin_of(origins_, at), at + ".attributes"}, reader_);
    if (unit == nullptr) return;
    assembly_.add(path, std::move(unit), clock);
    written_at_[path] = at;
  }

  void list_ports() {
    for (const Assembly::Member& member : assembly_.members()) {
      for (const Port& port : member.ports) {
        places_[member.path + "." + port.name] = {member.path, port.name, port.sends, port.message,
                                                  ""};
      }
    }
  }

  void add_links_of_groups(const std::map<std::string, InstanceEntry>& units, const std::string& at,
                           const std::string& prefix) {
    for (const auto& named : units) {
      const std::string& name = named.first;
      const InstanceEntry& entry = named.second;
      if (entry.units.empty()) continue;
      const std::string here = fmt::format("{}.{}", at, name);
      each(prefix, name, entry, [&](const std::string& path) {
        add_links(entry.links, here + ".links", path + ".");
        add_links_of_groups(entry.units, here + ".units", path + ".");
      });
    }
  }

  void add_links(const std::vector<LinkEntry>& links, const std::string& at,
                 const std::string& prefix) {
    for (std::size_t i = 0; i < links.size(); ++i) {
      const std::string here = fmt::format("{}[{}]", at, i);
      for (const auto& [from, to] : ends_of(links[i], here, prefix)) {
        Place* out = place(from, true, here + ".from");
        Place* in = place(to, false, here + ".to");
        if (out == nullptr || in == nullptr) continue;
        if (out->message != in->message) {
          add(here, fmt::format("{} to {}", from, to),
              "a link joins ports of one message: the first sends '" + std::string(out->message) +
                  "', the second takes '" + std::string(in->message) + "'");
          continue;
        }
        out->joined_at = in->joined_at = here;
        assembly_.join(out->unit, out->port, in->unit, in->port,
                       static_cast<std::size_t>(links[i].depth));
      }
    }
  }

  // A link's ends in full. `*` in the place of an index: every instance, in turn, at both ends.
  std::vector<Ends> ends_of(const LinkEntry& link, const std::string& at,
                            const std::string& prefix) {
    const std::string from = prefix + link.from;
    const std::string to = prefix + link.to;
    const std::size_t star = from.find('*');
    const std::size_t other = to.find('*');
    if (star == std::string::npos && other == std::string::npos) return {{from, to}};
    const auto count = [&](const std::string& text, std::size_t where) {
      std::size_t n = 0;
      while (where != std::string::npos && places_.contains(indexed(text, where, n))) ++n;
      return n;
    };
    const std::size_t n = count(from, star);
    const std::size_t m = count(to, other);
    if (n != m || n == 0) {
      add(at, link.from + " to " + link.to,
          "[*] stands once at both ends, for as many ports: here " + std::to_string(n) + " and " +
              std::to_string(m));
      return {};
    }
    std::vector<Ends> all;
    for (std::size_t i = 0; i < n; ++i)
      all.emplace_back(indexed(from, star, i), indexed(to, other, i));
    return all;
  }

  Place* place(const std::string& name, bool sends, const std::string& at) {
    const auto found = places_.find(name);
    if (found == places_.end() || found->second.sends != sends) {
      std::vector<std::string> known;
      for (const auto& [other, where] : places_) {
        if (where.sends == sends) known.push_back(other);
      }
      const std::string trouble = found == places_.end() ? ""
                                  : sends                ? "takes in, and does not send. "
                                                         : "sends, and does not take in. ";
      add(at, name, trouble + config::unknown_name(name, known));
      return nullptr;
    }
    if (!found->second.joined_at.empty()) {
      add(at, name,
          "is joined already, at " + config::origin_of(origins_, found->second.joined_at).text() +
              ": keep one link");
      return nullptr;
    }
    return &found->second;
  }

  void check_joined() {
    for (const auto& [name, where] : places_) {
      if (!where.joined_at.empty()) continue;
      add(written_at_.at(where.unit), name,
          std::string(where.sends ? "sends" : "takes in") + " '" + std::string(where.message) +
              "' and is joined to nothing: it needs a link");
    }
  }

  const AssemblyTree& tree_;
  const config::Origins& origins_;
  const UnitFactories& factories_;
  std::string root_;
  config::Reader reader_;
  Assembly assembly_;
  std::map<std::string, std::string> written_at_;  // by path of an instance
  std::map<std::string, Place> places_;            // ports by "PATH.PORT"
};

}  // namespace

void read_custom(const config::Value& value, ClockRatio& out, config::Reader& reader) {
  const std::string text = value.text();
  const auto whole = [](std::string_view part, std::int64_t& to) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), to);
    return error == std::errc{} && end == part.data() + part.size() && to >= 1 &&
           to <= kMostTicksPerCycle;
  };
  const std::size_t slash = text.find('/');
  if (value.is_scalar() && slash != std::string::npos &&
      whole(std::string_view(text).substr(0, slash), out.cycles) &&
      whole(std::string_view(text).substr(slash + 1), out.of)) {
    return;
  }
  reader.add(
      value.problem("must be P/Q, two whole numbers from 1 to a million: P cycles of it while "
                    "the assembly's own clock makes Q"));
}

Assembly read_assembly(const config::Value& document, const UnitFactories& factories) {
  config::Origins origins;
  config::Reader reader(&origins);
  AssemblyTree tree;
  config::read(document, tree, reader);
  reader.finish();
  return Builder(tree, origins, factories, document.path()).build();
}

Assembly read_assembly(const std::filesystem::path& file, const UnitFactories& factories) {
  return read_assembly(config::load_file(file), factories);
}

}  // namespace weft::sim
