// The Verilated SpAtten engine with its memory and its driver: a run is begun, then layers are
// started one by one; between them the host reads who is alive. What the engine has no bus for
// (queries, outputs) goes through SpattenHost, cycle by cycle. docs/units/engine/spatten_rtl.md has
// registers, ports and timing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/rtl/axi_memory.hpp"
#include "sim/rtl/register_bus.hpp"
#include "sim/rtl/spatten_library.hpp"

namespace weft::sim::rtl {

// Rows of a plane in memory: head h's of token t begin at base + h · head_bytes + t · pitch.
struct SpattenPlane {
  std::uint64_t base = 0;
  std::uint64_t head_bytes = 0;
  std::uint64_t pitch = 0;
};

// Behind a layer the most important so many stay; 0: nothing is selected.
struct SpattenSelection {
  std::uint64_t kept = 0;
  std::uint64_t seed = 0;
};

// What integers are worth: scores of whole keys, of their upper bits, and outputs.
struct SpattenScales {
  std::uint64_t head = 0;
  float whole = 0;
  float upper = 0;
  float out = 0;
};

struct SpattenLayer {
  std::uint64_t queries = 0;    // of a head, where they do not follow tokens
  bool causal = false;          // query i sees tokens 0 … i + causal_offset
  bool follows_tokens = false;  // queries are those of the tokens that are alive
  bool streams = false;         // one query a head, whose values are fetched for it
  std::uint64_t causal_offset = 0;
  std::uint64_t width_qk = 0;
  std::uint64_t width_v = 0;
  std::uint64_t key_bits = 0;  // in the plane of keys
  std::uint64_t lower_bits = 0;
  float threshold = 0;  // a query whose largest probability is below is computed again
  std::uint64_t seed = 0;
  std::uint64_t pruned_share = 0;  // of a query's values, times 2^16
  SpattenSelection tokens{};
  SpattenSelection heads{};
  SpattenPlane keys{}, lower{}, values{};
  std::vector<SpattenScales> scales{};  // of the alive
};

// Who is alive, ascending, and how important each is.
struct SpattenAlive {
  std::vector<std::int64_t> tokens, heads;
  std::vector<std::uint32_t> token_importance;
  std::vector<float> head_importance;
};

struct SpattenHost {
  virtual ~SpattenHost() = default;
  // Elements of a query, from `first` on.
  virtual void query(std::int64_t head, std::int64_t query, std::int64_t first,
                     std::span<std::int16_t> elements) = 0;
  // Some of a query's outputs; those of a query come one behind another.
  virtual void output(std::int64_t head, std::int64_t query, std::int64_t first,
                      std::span<const float> values) = 0;
};

class SpattenEngine {
 public:
  struct Config {
    weft::engine::Dram dram;
    double clock_hz = 0;
    memory::Stalls stalls{};
    std::uint64_t base = 0;   // address of the memory's first byte
    std::uint64_t bytes = 0;  // of the memory
  };
  // The host outlives it.
  SpattenEngine(const std::shared_ptr<const Library>& library, const Config& config,
                SpattenHost& host);

  // A VCD of cycles [from, to), which count on from the first layer's start over what lies between
  // layers; complete after close_wave(). Before the first layer.
  void write_wave(const std::string& path, std::uint64_t from, std::uint64_t to) {
    wave_ = {path, from, to};
  }
  void close_wave() { instance_.close_wave(); }

  // All tokens and heads are alive, of no importance. What is asked for here goes on in step(),
  // until ready().
  void begin_run(std::uint64_t tokens, std::uint64_t heads);
  void start(const SpattenLayer& layer);
  // One cycle; ContractError behind a layer of which the engine reports an error: a run may be
  // begun then.
  void step();
  // What was asked for is done.
  bool ready() const { return phase_ == Phase::idle; }

  Cycle now() const { return now_; }
  std::uint64_t cycles() const { return counted_[0]; }  // of the layer that was last
  // Of the run so far.
  std::uint64_t rows() const { return counted_[1]; }
  std::uint64_t recomputed() const { return counted_[2]; }
  std::uint64_t accesses() const { return counted_[3]; }
  const SpattenAlive& alive() const { return alive_; }

  AxiMemory& memory() { return *memory_; }
  const AxiMemory& memory() const { return *memory_; }

 private:
  enum class Phase : std::uint8_t { reset, idle, beginning, starting, running, reading, listing };
  struct Watched {
    Port reset, done, query_valid, query_head, query_row, query_part, query_data, out_valid,
        out_head, out_query, out_part, out_values;
  };
  void write_float(const char* name, float value);
  void write_plane(const char* name, const SpattenPlane& plane);
  void exchange();
  std::uint64_t requests() const;
  void begin_wave();
  void go_on();
  void read_counters();
  void list_alive();
  void read_alive();

  SpattenParameters parameters_;
  double clock_hz_;
  SpattenHost& host_;
  Instance instance_;
  RegisterBus registers_;
  Watched ports_;
  std::unique_ptr<AxiMemory> memory_;
  struct Wave {
    std::string path;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };
  Wave wave_;
  Phase phase_ = Phase::reset;
  int reset_left_ = 4;  // cycles
  Cycle now_ = 0;
  Cycle started_ = 0;                  // the layer's first cycle
  bool asked_ = false;                 // for a query's elements, in the cycle before
  std::uint64_t requests_before_ = 0;  // of memory, when the run began
  std::size_t read_ = 0;               // the first of what registers_ reads
  std::vector<std::uint8_t> query_bytes_;
  std::vector<float> out_values_;
  std::array<std::uint64_t, 4> counted_{};
  SpattenAlive alive_;
};

}  // namespace weft::sim::rtl
