// Designs, rows and counters for the tests of the SpAtten engine.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "models/engine/design/design.hpp"
#include "models/engine/result/result.hpp"
#include "models/workload/trace.hpp"
#include "models/workload/workload.hpp"
#include "sim/engine/run.hpp"

namespace weft::sim::test {

using weft::engine::Catalog;
using weft::engine::Design;
using weft::engine::Result;
using weft::engine::RunOptions;
using weft::engine::Setting;

inline Design design(const std::string& name, const std::vector<Setting>& settings = {}) {
  return Design::load(Catalog(WEFT_SOURCE_DIR "/configs"), name, settings);
}
inline Design design_of(const std::string& arch, const std::string& binding) {
  return Design::load(Catalog(WEFT_SOURCE_DIR "/configs"), arch, binding);
}
inline const workload::Trace& minilm() {
  static const workload::Trace trace =
      workload::load_trace(WEFT_SOURCE_DIR "/tests/data/minilm-l6.safetensors");
  return trace;
}

inline std::uint64_t counter(const Result& result, const Design& of, const std::string& unit,
                             const std::string& name) {
  for (const auto& one : result.units) {
    if (unit_name(of.lowering(false), one) != unit) continue;
    const auto counters = weft::engine::counters_of(one.kind);
    for (std::size_t c = 0; c < counters.size(); ++c) {
      if (counters[c].name == name) return one.counters[c];
    }
  }
  ADD_FAILURE() << unit << " has no " << name;
  return 0;
}

// ---- rows of a file ----

inline workload::Workload of_rows(const std::string& text) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("weft-spatten-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(file) << text;
  workload::Workload made = workload::load_workload(file);
  std::filesystem::remove(file);
  return made;
}

inline const std::string kHeader =
    "iteration_id,layer_id,head_id,embedding_length_D,sentence_length_L,key_fetch_num,"
    "quant_key_bit,quant_query_bit,auto_requant_thres,if_requant,auto_requant_incre,"
    "value_fetch_num,quant_value_bit,if_accumulate_importance,if_rescale_previous_importance,"
    "if_topk,topk\n";

// Two heads side by side, three layers: half of the tokens behind the first.
inline std::string three_layers() {
  std::string text = kHeader;
  for (int layer = 0; layer < 3; ++layer) {
    const int keys = layer == 0 ? 100 : 50;
    for (int head = 0; head < 2; ++head)
      text += "0," + std::to_string(layer) + "," + std::to_string(head) + ",64,100," +
              std::to_string(keys) + ",6,16,0.05," + (head == 1 ? "True" : "False") + ",4," +
              std::to_string(keys / 5) + ",6,True,False," +
              (head == 1 && layer == 0 ? "True,50" : "False,-1") + "\n";
  }
  return text;
}

inline const std::string kTokens = "binding.run.pruning.tokens.average";
inline const std::string kHeads = "binding.run.pruning.heads.average";
inline const std::string kValues = "binding.run.pruning.values";
inline const std::string kKey = "binding.run.numbers.key";

}  // namespace weft::sim::test
