#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <bit>
#include <utility>

#include "models/cost/accelergy.hpp"

namespace weft::cost {
namespace {

constexpr const char* kVersion = "0.4";

// A component's actions, each with its energy or its count.
using Actions = std::vector<std::pair<std::string, double>>;
using Listing = std::vector<std::pair<std::string, Actions>>;

void emit_pair(YAML::Emitter& out, const char* key, const std::string& value) {
  out << YAML::Key << key << YAML::Value << value;
}

// Shortest text that reads back as the same double.
void emit_number(YAML::Emitter& out, const char* key, double value) {
  emit_pair(out, key, config::number_text(value));
}

void begin(YAML::Emitter& out, const char* root, const char* list) {
  out << YAML::BeginMap << YAML::Key << root << YAML::Value << YAML::BeginMap << YAML::Key
      << "version" << YAML::Value << YAML::SingleQuoted << kVersion << YAML::Key << list
      << YAML::Value << YAML::BeginSeq;
}

std::string finish(YAML::Emitter& out) {
  out << YAML::EndSeq << YAML::EndMap << YAML::EndMap;
  check(out.good(), "malformed YAML: " + out.GetLastError());
  return std::string(out.c_str()) + "\n";
}

std::string ert_text(const Listing& listing) {
  YAML::Emitter out;
  begin(out, "ERT", "tables");
  for (const auto& [name, actions] : listing) {
    out << YAML::BeginMap;
    emit_pair(out, "name", name);
    out << YAML::Key << "actions" << YAML::Value << YAML::BeginSeq;
    for (const auto& [action, energy] : actions) {
      out << YAML::BeginMap;
      emit_pair(out, "name", action);
      out << YAML::Key << "arguments" << YAML::Value << YAML::Flow << YAML::BeginMap
          << YAML::EndMap;
      emit_number(out, "energy", energy);
      out << YAML::EndMap;
    }
    out << YAML::EndSeq << YAML::EndMap;
  }
  return finish(out);
}

// Actions of a run by component, in the order of their first appearance; the same action twice
// becomes one.
template <class Merge>
Listing by_component(const std::vector<ActionCount>& actions, const std::string& root,
                     double ActionCount::*member, Merge merge) {
  Listing listing;
  for (const ActionCount& action : actions) {
    const std::string name = root + "." + action.component;
    Actions* list = nullptr;
    for (auto& [each, known] : listing) {
      if (each == name) list = &known;
    }
    if (list == nullptr) list = &listing.emplace_back(name, Actions{}).second;
    double* value = nullptr;
    for (auto& [each, known] : *list) {
      if (each == action.action) value = &known;
    }
    if (value == nullptr) {
      list->emplace_back(action.action, action.*member);
    } else {
      merge(*value, action);
    }
  }
  return listing;
}

int address_bits(std::int64_t words) {
  check(words > 0, "a register file without words");
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(words - 1)));
}

}  // namespace

std::string energy_reference_table(const Table& table, const Components& components) {
  Listing listing;
  for (const auto& [array, operations] : components.arrays) {
    const std::string path = components.root + "." + array + ".";
    for (const std::string& name : operations)
      listing.push_back({path + name, {{"compute", operation(table, name).energy.pj}}});
    listing.push_back(
        {path + "register_file",
         {{"read", table.register_file.read.pj}, {"write", table.register_file.write.pj}}});
  }
  const BufferWord word = buffer_word(table, components.buffer_bytes);
  listing.push_back(
      {components.root + ".buffer", {{"read", word.read_pj}, {"write", word.write_pj}}});
  const auto dram = [&](bool written) { return dram_bit(table, written).pj * 8 * kWordBytes; };
  listing.push_back({components.root + ".dram", {{"read", dram(false)}, {"write", dram(true)}}});
  return ert_text(listing);
}

std::string energy_reference_table(const std::vector<ActionCount>& actions,
                                   const std::string& root) {
  return ert_text(by_component(actions, root, &ActionCount::pj_per_action,
                               [](double known, const ActionCount& action) {
                                 check(known == action.pj_per_action,
                                       "two energies of " + action.component + " " + action.action);
                               }));
}

std::string area_reference_table(const Table& table, const Components& components) {
  std::vector<std::pair<std::string, double>> areas;
  for (const auto& [array, operations] : components.arrays) {
    const std::string path = components.root + "." + array + ".";
    for (const std::string& name : operations) {
      if (const auto& area = operation(table, name).area)
        areas.emplace_back(path + name, area->um2);
    }
    const RegisterFile& file = table.register_file;
    if (!file.area) continue;
    const double per_bit = file.area_per_address_bit ? file.area_per_address_bit->um2 : 0;
    areas.emplace_back(path + "register_file",
                       file.area->um2 + per_bit * address_bits(components.register_file_words));
  }
  for (const BufferArea& entry : table.buffer_area) {
    if (entry.bytes == components.buffer_bytes && entry.row_bytes == components.buffer_row_bytes)
      areas.emplace_back(components.root + ".buffer", entry.um2);
  }
  YAML::Emitter out;
  begin(out, "ART", "tables");
  for (const auto& [name, area] : areas) {
    out << YAML::BeginMap;
    emit_pair(out, "name", name);
    emit_number(out, "area", area);
    out << YAML::EndMap;
  }
  return finish(out);
}

std::string action_counts(const std::vector<ActionCount>& actions, const std::string& root) {
  YAML::Emitter out;
  begin(out, "action_counts", "local");
  for (const auto& [name, counts] :
       by_component(actions, root, &ActionCount::count,
                    [](double&known, const ActionCount&action) { known += action.count; })) {
    out << YAML::BeginMap;
    emit_pair(out, "name", name);
    out << YAML::Key << "action_counts" << YAML::Value << YAML::BeginSeq;
    for (const auto& [action, count] : counts) {
      out << YAML::BeginMap;
      emit_pair(out, "name", action);
      emit_number(out, "counts", count);
      out << YAML::EndMap;
    }
    out << YAML::EndSeq << YAML::EndMap;
  }
  return finish(out);
}

}  // namespace weft::cost
