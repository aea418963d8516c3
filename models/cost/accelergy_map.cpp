#include "models/cost/accelergy_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "models/cost/table.hpp"

namespace weft::cost {
namespace {

constexpr const char* kNothing = "nothing";

struct MapFile {
  std::vector<MapEntry> map;
};
inline auto fields(config::Tag<MapFile>) {
  return config::field_table(config::required("map", &MapFile::map, "a list of components"));
}

// The actions that an entry names: by our name, theirs.
std::vector<std::pair<std::string, const std::string*>> names_of(const MapEntry& entry) {
  std::vector<std::pair<std::string, const std::string*>> names;
  if (entry.compute) names.emplace_back("compute", &*entry.compute);
  if (entry.read) names.emplace_back("read", &*entry.read);
  if (entry.write) names.emplace_back("write", &*entry.write);
  return names;
}

// '*' stands for any text, also none. Linear in the text for each '*': the last one is retried a
// place further.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

void check_entry(const MapEntry& entry, const std::string& path, const config::Origins& origins,
                 config::Reader& reader) {
  std::vector<std::string> known = component_kinds();
  known.emplace_back(kNothing);
  const auto add = [&](const std::string& field, const std::string& value, std::string message) {
    reader.add({config::origin_of(origins, path + field), path + field, value, std::move(message)});
  };
  if (entry.is.empty()) return;
  if (std::find(known.begin(), known.end(), entry.is) == known.end())
    return add(".is", entry.is, config::unknown_name(entry.is, known));
  const bool computes = is_operation(entry.is);
  const bool stores = !computes && entry.is != kNothing;
  if (entry.compute && !computes)
    add(".compute", *entry.compute, "goes with an operation; " + entry.is + " is none");
  if (entry.read && !stores) add(".read", *entry.read, "goes with register_file, buffer or dram");
  if (entry.write && !stores)
    add(".write", *entry.write, "goes with register_file, buffer or dram");
}

}  // namespace

AccelergyMap::AccelergyMap(const std::string& file) {
  MapFile content;
  config::Reader reader(&origins_);
  config::read(config::load_file(file), content, reader);
  if (!origins_.contains("")) origins_[""] = {file, 0, 0};
  for (std::size_t i = 0; i < content.map.size(); ++i)
    check_entry(content.map[i], fmt::format("map[{}]", i), origins_, reader);
  reader.finish();
  entries_ = std::move(content.map);
  used_.assign(entries_.size(), false);
}

const MapEntry* AccelergyMap::find(const std::string& component) {
  const std::string plain = without_indices(component);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!matches(without_indices(entries_[i].component), plain)) continue;
    used_[i] = true;
    return &entries_[i];
  }
  return nullptr;
}

std::vector<std::string> AccelergyMap::our_names(const MapEntry& entry, const std::string& action) {
  std::vector<std::string> ours;
  for (const auto& [name, theirs] : names_of(entry)) {
    if (*theirs != action) continue;
    named_.emplace(&entry, name);
    ours.push_back(name);
  }
  return ours;
}

std::vector<Problem> AccelergyMap::unused() const {
  std::vector<Problem> problems;
  const auto add = [&](const std::string& path, const std::string& value, const char* message) {
    problems.push_back({config::origin_of(origins_, path), path, value, message});
  };
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::string path = fmt::format("map[{}].", i);
    if (!used_[i]) {
      add(path + "component", entries_[i].component,
          "no component has this name, or an earlier entry takes it; names are written without "
          "indices");
      continue;
    }
    for (const auto& [name, theirs] : names_of(entries_[i])) {
      if (!named_.contains({&entries_[i], name}))
        add(path + name, *theirs, "the component has no such action, or not with these arguments");
    }
  }
  return problems;
}

const std::vector<std::string>& component_kinds() {
  static const std::vector<std::string> kKnown = [] {
    std::vector<std::string> all(kOperationNames.begin(), kOperationNames.end());
    all.insert(all.end(), {"register_file", "buffer", "dram"});
    return all;
  }();
  return kKnown;
}

bool is_operation(const std::string& name) {
  return std::find(kOperationNames.begin(), kOperationNames.end(), name) != kOperationNames.end();
}

std::string without_indices(const std::string& name) {
  std::string out;
  int depth = 0;
  for (const char letter : name) {
    if (letter == '[') ++depth;
    if (depth == 0) out += letter;
    if (letter == ']' && depth > 0) --depth;
  }
  return out;
}

}  // namespace weft::cost
