#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "models/cost/accelergy.hpp"
#include "models/cost/accelergy_map.hpp"
#include "models/cost/scaling.hpp"

namespace weft::cost {
namespace {

// Accelergy's own keys that carry nothing here.
struct PassedOver {};
inline void read_custom(const config::Value&, PassedOver&, config::Reader&) {}

// An action's arguments by name, as texts; what is no plain value is passed over.
struct Arguments {
  std::map<std::string, std::string> values;
};
inline void read_custom(const config::Value& value, Arguments& out, config::Reader&) {
  if (!value.is_map()) return;
  for (const auto& [name, member] : value.members()) {
    if (member.is_scalar()) out.values[name.text()] = member.text();
  }
}

struct ErtAction {
  std::string name;
  Arguments arguments;
  double energy = 0;
};
inline auto fields(config::Tag<ErtAction>) {
  return config::field_table(
      config::required("name", &ErtAction::name, "of the action"),
      config::optional("arguments", &ErtAction::arguments, "by name"),
      config::required("energy", &ErtAction::energy, {0, 1e12}, "of one action, pJ"));
}

struct ErtTable {
  std::string name;
  std::vector<ErtAction> actions;
};
inline auto fields(config::Tag<ErtTable>) {
  return config::field_table(config::required("name", &ErtTable::name, "of the component"),
                             config::required("actions", &ErtTable::actions, "of the component"));
}

struct ArtTable {
  std::string name;
  double area = 0;
};
inline auto fields(config::Tag<ArtTable>) {
  return config::field_table(config::required("name", &ArtTable::name, "of the component"),
                             config::required("area", &ArtTable::area, {0, 1e15}, "of one, µm²"));
}

template <class Entry>
struct Tables {
  std::string version;
  std::vector<Entry> tables;
};
template <class Entry>
auto fields(config::Tag<Tables<Entry>>) {
  return config::field_table(
      config::required("version", &Tables<Entry>::version, "of the format, '0.4'"),
      config::required("tables", &Tables<Entry>::tables, "of the components"));
}

// Accelergy's summaries may stand in the same file: means of the same numbers.
struct ErtFile {
  Tables<ErtTable> content;
  PassedOver summary;
};
inline auto fields(config::Tag<ErtFile>) {
  return config::field_table(
      config::required("ERT", &ErtFile::content, "the energy reference table"),
      config::optional("ERT_summary", &ErtFile::summary, "not used"));
}

struct ArtFile {
  Tables<ArtTable> content;
  PassedOver summary;
};
inline auto fields(config::Tag<ArtFile>) {
  return config::field_table(config::required("ART", &ArtFile::content, "the area reference table"),
                             config::optional("ART_summary", &ArtFile::summary, "not used"));
}

// What a component is, and which actions of it are taken under which of our names.
struct Taken {
  std::string part;  // "macc"; empty where it is passed over
  const MapEntry* entry = nullptr;
};

// One number of the files: an energy of a component's action, or its area.
struct Found {
  double value = 0;
  std::string source;
  std::string path;  // in the file, for messages
};
using Numbers = std::map<std::string, Found>;  // by "macc compute", "buffer read", "macc area"

class Importer {
 public:
  explicit Importer(Frame frame) : frame_(std::move(frame)) {
    if (frame_.map_file) map_ = AccelergyMap(*frame_.map_file);
  }

  void read_ert(const std::string& file) {
    const auto tables = read_file<ErtFile>(file, ert_origins_);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const std::string path = fmt::format("ERT.tables[{}]", i);
      const Taken taken = component(ert_origins_, path, tables[i].name);
      if (taken.part.empty()) continue;
      for (std::size_t j = 0; j < tables[i].actions.size(); ++j) {
        const ErtAction& action = tables[i].actions[j];
        const std::string at = fmt::format("{}.actions[{}]", path, j);
        for (const std::string& name : our_actions(at, taken, action)) {
          note(ert_origins_, taken.part + " " + name,
               {action.energy, fmt::format("Accelergy ERT {}, table {}", file, tables[i].name),
                at + ".energy"});
        }
      }
    }
  }

  void read_art(const std::string& file) {
    const auto tables = read_file<ArtFile>(file, art_origins_);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const std::string path = fmt::format("ART.tables[{}]", i);
      const std::string part = component(art_origins_, path, tables[i].name).part;
      if (part.empty() || part == "dram") continue;
      note(art_origins_, part + " area",
           {tables[i].area, fmt::format("Accelergy ART {}, table {}", file, tables[i].name),
            path + ".area"});
    }
  }

  Table table(const std::string& ert_file) {
    Table out;
    out.name = std::filesystem::path(ert_file).stem().string();
    out.description = frame_.description;
    out.node = frame_.node;
    out.voltage_v = frame_.voltage_v;
    out.origins[""] = {ert_file, 0, 0};
    take_operations(out);
    take_storage(out);
    for (Problem& problem : map_.unused()) problems_.push_back(std::move(problem));
    if (!problems_.empty()) throw ConfigError(problems_);
    return out;
  }

 private:
  template <class File>
  decltype(File{}.content.tables) read_file(const std::string& file, config::Origins& origins) {
    File content;
    config::Reader reader(&origins);
    config::read(config::load_file(file), content, reader);
    reader.finish();
    origins[""] = {file, 0, 0};
    const std::string& version = content.content.version;
    std::string path;  // of the first field, which is the content
    fields(config::Tag<File>{})([&](const auto& field) {
      if (path.empty()) path = std::string(field.name) + ".version";
    });
    if (version != "0.3" && version != "0.4") add(origins, path, version, "must be '0.3' or '0.4'");
    return content.content.tables;
  }

  void add(const config::Origins& origins, const std::string& path, const std::string& value,
           std::string message) {
    problems_.push_back({config::origin_of(origins, path), path, value, std::move(message)});
  }

  // By the map, or else by the last part of the name; a problem where neither says what it is.
  Taken component(const config::Origins& origins, const std::string& path,
                  const std::string& name) {
    if (const MapEntry* entry = map_.find(name))
      return {entry->is == "nothing" ? "" : entry->is, entry};
    const std::string plain = without_indices(name);
    std::string part = plain.substr(plain.rfind('.') + 1);
    const std::vector<std::string>& known = component_kinds();
    if (std::find(known.begin(), known.end(), part) != known.end()) return {part, nullptr};
    add(origins, path + ".name", name,
        "the last part of a component's name, or give a map that says what it is; " +
            config::unknown_name(part, known));
    return {};
  }

  // "compute", "read" or "write"; none for an action that nothing here charges. One that is neither
  // is a problem, unless the map names the component's actions: then the others are passed over.
  std::vector<std::string> our_actions(const std::string& path, const Taken& taken,
                                       const ErtAction& action) {
    if (taken.entry != nullptr && taken.entry->arguments) {
      for (const auto& [name, value] : *taken.entry->arguments) {
        const auto found = action.arguments.values.find(name);
        if (found == action.arguments.values.end() || found->second != value) return {};
      }
    }
    if (taken.entry != nullptr && (taken.entry->compute || taken.entry->read || taken.entry->write))
      return map_.our_names(*taken.entry, action.name);
    constexpr std::array<std::string_view, 3> kPassedOver{"idle", "leak", "update"};
    if (std::find(kPassedOver.begin(), kPassedOver.end(), action.name) != kPassedOver.end())
      return {};
    const std::vector<std::string> known = is_operation(taken.part)
                                               ? std::vector<std::string>{"compute"}
                                               : std::vector<std::string>{"read", "write"};
    if (std::find(known.begin(), known.end(), action.name) != known.end()) return {action.name};
    add(ert_origins_, path + ".name", action.name,
        "no action of " + taken.part + "; " + config::unknown_name(action.name, known));
    return {};
  }

  void note(const config::Origins& origins, const std::string& key, Found found) {
    const auto [place, fresh] = numbers_.try_emplace(key, found);
    if (fresh || place->second.value == found.value) return;
    add(origins, found.path, config::number_text(found.value),
        fmt::format("a second number of '{}', which is {} in {}; a cost table has one: a map can "
                    "choose by component and arguments",
                    key, place->second.value, place->second.source));
  }

  std::optional<Area> area(const std::string& part) const {
    const auto found = numbers_.find(part + " area");
    if (found == numbers_.end()) return std::nullopt;
    return Area{found->second.value, found->second.source};
  }

  // A number that the table cannot do without.
  Found take(const std::string& part, const std::string& action) {
    const auto found = numbers_.find(part + " " + action);
    if (found != numbers_.end()) return found->second;
    add(ert_origins_, "ERT.tables", "",
        "missing action: '" + action + "' of a component whose name ends in '" + part +
            "', or that a map says is one");
    return {};
  }

  void take_operations(Table& out) {
    for (const std::string_view each : kOperationNames) {
      const std::string name(each);
      const auto found = numbers_.find(name + " compute");
      if (found != numbers_.end())
        out.operations[name] = {{found->second.value, found->second.source}, area(name)};
    }
  }

  void take_storage(Table& out) {
    const auto word = [](const Found& found, double bytes) {
      return Energy{found.value * (kWordBytes / bytes), found.source};
    };
    RegisterFile& file = out.register_file;
    file.read = word(take("register_file", "read"), frame_.register_action_bytes);
    file.write = word(take("register_file", "write"), frame_.register_action_bytes);
    file.area = area("register_file");
    file.charged = frame_.charged;
    file.reads_per_macc = frame_.reads_per_macc;
    file.writes_per_macc = frame_.writes_per_macc;
    file.reads_per_operation = frame_.reads_per_operation;
    file.writes_per_operation = frame_.writes_per_operation;

    const Found read = take("buffer", "read");
    out.buffer_energy = {{frame_.buffer_bytes, frame_.buffer_action_bytes, read.value,
                          take("buffer", "write").value, read.source}};
    if (const auto buffer = area("buffer"))
      out.buffer_area = {
          {frame_.buffer_bytes, frame_.buffer_row_bytes, buffer->um2, buffer->source}};

    const Found dram = take("dram", "read");
    const Found write = take("dram", "write");
    out.dram_per_bit = {dram.value / (8 * frame_.dram_action_bytes), dram.source};
    if (write.value != dram.value)
      out.dram_write_per_bit = {write.value / (8 * frame_.dram_action_bytes), write.source};
  }

  Frame frame_;
  AccelergyMap map_;
  config::Origins ert_origins_;
  config::Origins art_origins_;
  Numbers numbers_;
  std::vector<Problem> problems_;
};

void check_frame(const Frame& frame) {
  std::vector<Problem> problems;
  const auto add = [&](const char* field, const std::string& value, std::string message) {
    problems.push_back({{}, field, value, std::move(message)});
  };
  if (!node_nm(frame.node)) add("node", frame.node, "must be " + allowed_nodes());
  if (!(frame.voltage_v >= 0.1 && frame.voltage_v <= 10))
    add("voltage_v", config::number_text(frame.voltage_v), "must be a number from 0.1 to 10");
  if (frame.buffer_bytes <= 0)
    add("buffer_bytes", std::to_string(frame.buffer_bytes), "must be a whole number from 1");
  const auto bytes = [&](const char* field, double value) {
    if (!(value > 0)) add(field, config::number_text(value), "must be above 0");
  };
  bytes("register_action_bytes", frame.register_action_bytes);
  bytes("dram_action_bytes", frame.dram_action_bytes);
  bytes("buffer_action_bytes", static_cast<double>(frame.buffer_action_bytes));
  bytes("buffer_row_bytes", static_cast<double>(frame.buffer_row_bytes));
  if (!problems.empty()) throw ConfigError(std::move(problems));
}

}  // namespace

Table import_accelergy(const std::string& ert_file, const std::optional<std::string>& art_file,
                       const Frame& frame) {
  check_frame(frame);
  Importer importer(frame);
  importer.read_ert(ert_file);
  if (art_file) importer.read_art(*art_file);
  return importer.table(ert_file);
}

}  // namespace weft::cost
