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

constexpr std::array<Reader, 7> kReaders{{{"yaml", judged<yaml>},
                                          {"cascade", judged<cascade>},
                                          {"einsum", judged<einsum_text>},
                                          {"config_json", judged<config_json>},
                                          {"safetensors", judged<safetensors>},
                                          {"npy", judged<npy>},
                                          {"csv", judged<csv>}}};

}  // namespace

std::span<const Reader> readers() { return kReaders; }

}  // namespace weft::fuzz
