// The runs of SpAtten's evaluation: what to run, and what of each is kept. Who runs them:
// sim/evaluation.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weft::evaluation::spatten {

// point: a design on a benchmark. ablation, and sweeps over top-k's comparators, SRAM, and layout ×
// interleave × ratio: SpAtten with settings on the benchmark whose rows are public.
enum class Part : std::uint8_t { point, ablation, top_k, sram, layout };
const char* name_of(Part part);

struct Run {
  Part part = Part::point;
  std::string label;  // of a step of the ablation, or a place of a sweep
  std::string design;
  std::string workload;
  bool analytic = false;
  std::vector<std::pair<std::string, std::string>> settings;  // over the design
  std::int64_t steps = 0;  // of decoding, where not those of the file
  double x = 0;            // of a sweep: comparators, bytes, interleave
  double y = 0;            // of the layout: heads side by side
  double ratio = 0;        // of the layout: share of tokens pruned
};

// Those that take longest first.
std::vector<Run> runs();

// Bytes of K and V asked for, as techniques come one upon another.
enum class Technique : std::uint8_t { dense, tokens_and_values, heads, bits };
inline constexpr std::size_t kTechniques = 4;
inline constexpr std::array<const char*, kTechniques> kTechniqueNames{
    "dense, 32 bit", "tokens and values pruned", "heads pruned", "quantised"};
using Breakdown = std::array<double, kTechniques>;

struct Kept {
  std::string status = "ok";
  std::string reason;
  double cycles = 0;
  double seconds = 0;
  double dram_bytes = 0;
  double asked_bytes = 0;
  double flops = 0;   // of QK and AV, as if nothing were left out
  double joules = 0;  // 0: not known
  std::string bound_by;
  std::string time_from;  // "simulated" where it is, "closed form"
  std::string command;
  std::map<std::string, double> energy_pj;  // by component, of what is simulated
  std::map<std::string, double> counts;     // rounds, round_cycles … of the top-k engines
  Breakdown breakdown{};                    // of `spatten` on a benchmark

  bool ok() const { return status == "ok"; }
};

// As one line of text and back, for a pipe between processes.
std::string to_line(const Kept& kept);
Kept kept_of_line(const std::string& line);

}  // namespace weft::evaluation::spatten
