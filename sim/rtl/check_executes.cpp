// Whether a design is the one that the RTL is: the FuseMax cascade on a square array, at the library's parameters.
#include <fmt/format.h>

#include <algorithm>

#include "models/common/error.hpp"
#include "sim/rtl/fusemax_engine.hpp"

namespace weft::sim::rtl {

using weft::engine::Array;
using weft::engine::ArrayKind;

namespace {

constexpr std::int64_t kLeastLatency = 8;  // cycles

class Checker {
 public:
  void equal(const std::string& field, std::int64_t value, std::int64_t wanted, const std::string& what) {
    if (value != wanted) refuse(field, std::to_string(value), fmt::format("the RTL has {}: {}", what, wanted));
  }
  void refuse(const std::string& field, const std::string& value, const std::string& why) {
    problems_.push_back(Problem{{}, field, value, why});
  }
  void finish() {
    if (!problems_.empty()) throw ConfigError(std::move(problems_));
  }

 private:
  std::vector<Problem> problems_;
};

// Steps of the one group, as the RTL's sequencer has them.
bool is_fusemax(const weft::engine::Lowering& lowering) {
  static constexpr const char* kSteps[] = {"BQK", "LM", "RM", "SLN", "SLD", "SLNV", "PRM", "SPD", "RD", "SPNV", "RNV", "AV"};
  if (lowering.groups.size() != 1 || lowering.groups[0].steps.size() != std::size(kSteps)) return false;
  for (std::size_t s = 0; s < std::size(kSteps); ++s) {
    if (lowering.groups[0].steps[s].name != kSteps[s]) return false;
  }
  return lowering.binding->epochs != weft::engine::Epochs::serial;
}

}  // namespace

std::shared_ptr<const Library> library_for(const weft::engine::Lowering& lowering) {
  Checker checker;
  std::int64_t side = 0;
  for (const Array* array : lowering.arrays) {
    if (array->kind == ArrayKind::spatial) side = *array->rows;
  }
  if (!is_fusemax(lowering)) checker.refuse("--fidelity", "rtl", "this design has no RTL; allowed: fusemax-NxN, N from 4 to 32");
  checker.finish();
  return Library::of_side(side);
}

void check_executes(const Parameters& rtl, const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing) {
  Checker checker;
  const weft::engine::Architecture& arch = *lowering.arch;
  for (std::size_t a = 0; a < lowering.arrays.size(); ++a) {
    const Array& array = *lowering.arrays[a];
    const std::string path = "arch.arrays." + lowering.array_names[a];
    const bool spatial = array.kind == ArrayKind::spatial;
    if (spatial) {
      checker.equal(path + ".rows", *array.rows, rtl.side, "rows");
      checker.equal(path + ".columns", *array.columns, rtl.side, "columns");
      checker.equal(path + ".tile_contexts", array.tile_contexts, rtl.contexts, "tile contexts");
    } else {
      checker.equal(path + ".lanes", *array.lanes, rtl.side, "lanes");
    }
    const auto operation = [&](const char* name, const auto& cost, std::int64_t interval, std::int64_t latency) {
      if (!cost) return;
      checker.equal(path + ".operations." + name + ".interval_cycles", cost->interval_cycles, interval, "an interval of cycles");
      checker.equal(path + ".operations." + name + ".latency_cycles", cost->latency_cycles, latency, "a latency of cycles");
    };
    operation("macc", array.operations.macc, 1, 1);
    operation("add", array.operations.add, 1, 1);
    operation("max", array.operations.max, 1, 1);
    operation("exp", array.operations.exp, 6, 6);
    if (!spatial) operation("divide", array.operations.divide, 1, rtl.divide_stages);
  }
  if (arch.buffer.bytes > static_cast<std::int64_t>(rtl.buffer_bytes)) {
    checker.refuse("arch.buffer.bytes", std::to_string(arch.buffer.bytes),
                   fmt::format("the RTL's buffer has at most {}", rtl.buffer_bytes));
  }
  // A write's data end some cycles after its address; memory that answered sooner would have to wait for them.
  if (arch.dram.latency_cycles < kLeastLatency) {
    checker.refuse("arch.dram.latency_cycles", std::to_string(arch.dram.latency_cycles),
                   fmt::format("beside the RTL memory takes at least {} cycles", kLeastLatency));
  }
  checker.equal("arch.dram.bus_bytes", arch.dram.bus_bytes.value_or(0), rtl.beat_bytes, "a data bus of bytes");
  checker.equal("arch.dram.burst_bytes", arch.dram.burst_bytes, 8 * std::int64_t{rtl.beat_bytes}, "bursts of bytes");
  checker.equal("arch.dram.outstanding", arch.dram.outstanding, rtl.outstanding, "requests under way");
  const std::int64_t widest = rtl.max_width;
  if (sizing.shape.width_qk > widest || sizing.shape.width_v > widest) {
    checker.refuse("--width", std::to_string(std::max(sizing.shape.width_qk, sizing.shape.width_v)),
                   fmt::format("the RTL's largest width of a query or a value is {}", widest));
  }
  checker.finish();
}

}  // namespace weft::sim::rtl
