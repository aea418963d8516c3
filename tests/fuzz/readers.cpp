#include "tests/fuzz/readers.hpp"

#include <array>

#include "models/common/csv.hpp"
#include "models/common/error.hpp"
#include "models/common/fields.hpp"
#include "models/common/limits.hpp"
#include "models/common/text.hpp"
#include "models/common/yaml.hpp"
#include "models/einsum/load.hpp"
#include "models/einsum/syntax.hpp"
#include "models/memory/access_trace.hpp"
#include "models/memory/address_map.hpp"
#include "models/memory/dram_gaps.hpp"
#include "models/memory/dram_part.hpp"
#include "models/workload/hugging_face.hpp"
#include "models/workload/npy.hpp"
#include "models/workload/trace.hpp"
#include "models/workload/workload.hpp"

namespace weft::fuzz {
namespace {

void walk(const config::Value& value) {
  check(value.where().line > 0, "a value has a place");
  for (const auto& [key, member] : value.members()) walk(member);
  for (const config::Value& item : value.items()) walk(item);
}

// Structs, lists, maps and every kind of leaf, by the field table of a workload.
void yaml(const std::string& bytes) {
  const config::Value document = config::load_text(bytes, "f");
  walk(document);
  workload::Workload out;
  config::Origins origins;
  config::Reader reader(&origins);
  config::read(document, out, reader);
  reader.finish();
}

void cascade(const std::string& bytes) { einsum::parse_cascade(bytes, "f"); }

void einsum_text(const std::string& bytes) {
  try {
    einsum::parse_einsum(bytes);
  } catch (const einsum::SyntaxError& error) {
    check(error.offset <= bytes.size(), "the place is in the text");
    throw ConfigError(Problem{{"f"}, "", error.value, error.message});
  }
}

void config_json(const std::string& bytes) { workload::parse_hugging_face(bytes, "f"); }

void safetensors(const std::string& bytes) {
  workload::parse_trace(workload::Safetensors(bytes, "f"));
}

void npy(const std::string& bytes) { workload::parse_npy(bytes, "f"); }

void csv(const std::string& bytes) {
  csv::Reader reader(bytes, "f", {"a", "n", "x", "c"}, ReadLimits{});
  while (reader.next()) {
    reader.text("a");
    reader.count("n");
    reader.number("x");
    reader.optional_number("further");
    reader.choice("c", {"one", "other"});
  }
  reader.finish();
}

template <class T>
T of_yaml(const std::string& bytes, config::Origins& origins) {
  T out;
  config::Reader reader(&origins);
  config::read(config::load_text(bytes, "f"), out, reader);
  reader.finish();
  return out;
}

void dram_part(const std::string& bytes) {
  config::Origins origins;
  const auto part = of_yaml<memory::DramPart>(bytes, origins);
  if (auto problems = memory::problems_of(part, origins); !problems.empty())
    throw ConfigError(std::move(problems));
  const memory::DramGaps gaps = memory::gaps_of(part);
  check(gaps.act_act >= gaps.act_pre && gaps.refi > gaps.ref_act,
        "a sound part's gaps are in order");
}

void mapping(const std::string& bytes) {
  config::Origins origins;
  const auto file = of_yaml<memory::MappingFile>(bytes, origins);
  const memory::Organisation shape{.pseudochannels = 2,
                                   .stack_ids = 2,
                                   .bank_groups = 4,
                                   .banks = 4,
                                   .rows = 64,
                                   .row_bytes = 1024,
                                   .access_bytes = 32};
  const memory::AddressMap map(file, shape, origins);
  for (std::uint64_t address = 1; address != 0; address *= 2)
    check(map.place(address).bank < shape.all_banks(), "a place is in the channel");
}

void accesses(const std::string& bytes) {
  const auto read = memory::parse_accesses(bytes, "f", 32, 1 << 20, ReadLimits{});
  for (const memory::Access& one : read)
    check(one.address < 1 << 20 && one.address % 32 == 0, "an access is a whole one of the memory");
}

template <void (*read)(const std::string&)>
bool judged(const std::string& bytes) {
  try {
    read(bytes);
    return true;
  } catch (const ConfigError& error) {
    check(first_not_text(error.what()) == std::string_view::npos, "a message is plain text");
    return false;
  }
}

constexpr std::array<Reader, 10> kReaders{{{"yaml", judged<yaml>},
                                           {"cascade", judged<cascade>},
                                           {"einsum", judged<einsum_text>},
                                           {"config_json", judged<config_json>},
                                           {"safetensors", judged<safetensors>},
                                           {"npy", judged<npy>},
                                           {"csv", judged<csv>},
                                           {"dram_part", judged<dram_part>},
                                           {"mapping", judged<mapping>},
                                           {"accesses", judged<accesses>}}};

}  // namespace

std::span<const Reader> readers() { return kReaders; }

}  // namespace weft::fuzz
