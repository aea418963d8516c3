#include "sim/rtl/spatten_engine.hpp"

#include <algorithm>

#include "models/common/error.hpp"
#include "models/numerics/bf16.hpp"
#include "models/quant/packed.hpp"
#include "models/select/pivot.hpp"

namespace weft::sim::rtl {
namespace {

// Bits of the registers control, status and flags: docs/units/engine/spatten_rtl.md.
constexpr std::uint64_t kStart = 1;
constexpr std::uint64_t kBegin = 2;
constexpr std::uint64_t kBusy = 1;
constexpr std::uint64_t kDone = 2;
constexpr std::uint64_t kError = 4;
constexpr std::uint64_t kCausal = 1;
constexpr std::uint64_t kFollows = 2;
constexpr std::uint64_t kStreams = 4;

constexpr std::int64_t kOutBits = 32;

std::uint64_t first_word(std::uint64_t seed) { return weft::select::seed_of(seed, 0) >> 32; }

}  // namespace

SpattenEngine::SpattenEngine(const std::shared_ptr<const Library>& library, const Config& config,
                             SpattenHost& host)
    : parameters_(spatten_parameters_of(*library)),
      clock_hz_(config.clock_hz),
      host_(host),
      instance_(library),
      registers_(instance_),
      ports_{.reset = instance_.reset(),
             .done = instance_.output("done_o", 1),
             .query_valid = instance_.output("query_valid_o", 1),
             .query_head = instance_.output("query_head_o"),
             .query_row = instance_.output("query_row_o"),
             .query_part = instance_.output("query_part_o"),
             .query_data = instance_.input(
                 "query_data_i",
                 static_cast<std::uint32_t>(parameters_.multipliers * parameters_.bits)),
             .out_valid = instance_.output("out_valid_o", 1),
             .out_head = instance_.output("out_head_o"),
             .out_query = instance_.output("out_query_o"),
             .out_part = instance_.output("out_part_o"),
             .out_values = instance_.output(
                 "out_values_o", static_cast<std::uint32_t>(parameters_.multipliers * kOutBits))},
      query_bytes_(ports_.query_data.bits() / 8),
      out_values_(static_cast<std::size_t>(parameters_.multipliers)) {
  memory_ = std::make_unique<AxiMemory>(instance_, "axi",
                                        AxiMemory::Config{.dram = config.dram,
                                                          .clock_hz = config.clock_hz,
                                                          .stalls = config.stalls,
                                                          .base = config.base,
                                                          .bytes = config.bytes,
                                                          .request_cycles = 0});
}

void SpattenEngine::begin_run(std::uint64_t tokens, std::uint64_t heads) {
  while (phase_ == Phase::reset) step();
  check(ready(), "a run begins when the engine is at rest");
  requests_before_ = requests();
  registers_.write("tokens", tokens);
  registers_.write("heads", heads);
  registers_.write("control", kBegin);
  read_ = registers_.read("status");
  phase_ = Phase::beginning;
}

void SpattenEngine::write_float(const char* name, float value) {
  registers_.write(name, numerics::bits_of(value));
}

void SpattenEngine::write_plane(const char* name, const SpattenPlane& plane) {
  registers_.write(std::string("base_") + name, plane.base);
  registers_.write(std::string("head_bytes_") + name, plane.head_bytes);
  registers_.write(std::string("pitch_") + name, plane.pitch);
}

void SpattenEngine::start(const SpattenLayer& layer) {
  check(ready(), "a layer is started when the engine is at rest");
  registers_.write("queries", layer.queries);
  registers_.write("flags", (layer.causal ? kCausal : 0) | (layer.follows_tokens ? kFollows : 0) |
                                (layer.streams ? kStreams : 0));
  registers_.write("causal_offset", layer.causal_offset);
  registers_.write("width_qk", layer.width_qk);
  registers_.write("width_v", layer.width_v);
  registers_.write("key_bits", layer.key_bits);
  registers_.write("lower_bits", layer.lower_bits);
  write_float("threshold", layer.threshold);
  registers_.write("seed", layer.seed);
  registers_.write("pruned_share", layer.pruned_share);
  registers_.write("tokens_kept", layer.tokens.kept);
  registers_.write("heads_kept", layer.heads.kept);
  registers_.write("token_seed", layer.tokens.seed);
  registers_.write("token_word", first_word(layer.tokens.seed));
  registers_.write("head_seed", layer.heads.seed);
  registers_.write("head_word", first_word(layer.heads.seed));
  write_plane("keys", layer.keys);
  write_plane("lower", layer.lower);
  write_plane("values", layer.values);
  for (const SpattenScales& scales : layer.scales) {
    registers_.write("head_index", scales.head);
    write_float("scale_whole", scales.whole);
    write_float("scale_upper", scales.upper);
    write_float("scale_out", scales.out);
  }
  registers_.write("control", kStart);
  phase_ = Phase::starting;
}

// Queries and outputs: what is asked for in this cycle is answered in the next one.
void SpattenEngine::exchange() {
  if (ports_.out_valid.get() != 0) {
    ports_.out_values.get_bytes(out_values_.data());
    host_.output(static_cast<std::int64_t>(ports_.out_head.get()),
                 static_cast<std::int64_t>(ports_.out_query.get()),
                 static_cast<std::int64_t>(ports_.out_part.get()) * parameters_.multipliers,
                 out_values_);
  }
  asked_ = ports_.query_valid.get() != 0;
  if (!asked_) return;
  std::vector<std::int16_t> elements(static_cast<std::size_t>(parameters_.multipliers));
  host_.query(static_cast<std::int64_t>(ports_.query_head.get()),
              static_cast<std::int64_t>(ports_.query_row.get()),
              static_cast<std::int64_t>(ports_.query_part.get()) * parameters_.multipliers,
              elements);
  quant::pack(elements, static_cast<int>(parameters_.bits), query_bytes_);
}

std::uint64_t SpattenEngine::requests() const {
  return memory_->timing()
      .counters()[static_cast<std::size_t>(weft::engine::DramCounter::read_requests)];
}

void SpattenEngine::begin_wave() {
  if (!wave_.path.empty()) instance_.open_wave(wave_.path, wave_.from, wave_.to, clock_hz_);
  wave_.path.clear();
}

void SpattenEngine::read_counters() {
  read_ = registers_.read("status");
  for (const char* name :
       {"cycles", "rows", "recomputed", "accesses", "alive_tokens", "alive_heads"})
    registers_.read(name);
}

void SpattenEngine::list_alive() {
  for (std::size_t i = 0; i < counted_.size(); ++i) counted_[i] = registers_.value(read_ + 1 + i);
  check((registers_.value(read_) & kDone) != 0, "a layer that has ended says so");
  check(cycles() <= static_cast<std::uint64_t>(now_ - started_),
        "a layer takes no more cycles than have passed");
  check(accesses() == requests() - requests_before_, "the engine counts its accesses to memory");
  alive_ = {};
  alive_.tokens.resize(registers_.value(read_ + 5));
  alive_.heads.resize(registers_.value(read_ + 6));
  check(alive_.tokens.size() <= static_cast<std::size_t>(parameters_.keys) &&
            alive_.heads.size() <= static_cast<std::size_t>(parameters_.heads),
        "no more are alive than there are");
  const std::size_t most = std::max(alive_.tokens.size(), alive_.heads.size());
  read_ = registers_.read("status") + 1;
  for (std::size_t i = 0; i < most; ++i) {
    registers_.write("list_index", i);
    for (const char* name : {"alive_token", "token_importance", "alive_head", "head_importance"})
      registers_.read(name);
  }
}

void SpattenEngine::read_alive() {
  for (std::size_t i = 0; i < alive_.tokens.size(); ++i) {
    alive_.tokens[i] = static_cast<std::int64_t>(registers_.value(read_ + 4 * i));
    alive_.token_importance.push_back(
        static_cast<std::uint32_t>(registers_.value(read_ + 4 * i + 1)));
  }
  for (std::size_t i = 0; i < alive_.heads.size(); ++i) {
    alive_.heads[i] = static_cast<std::int64_t>(registers_.value(read_ + 4 * i + 2));
    alive_.head_importance.push_back(
        numerics::float_of(static_cast<std::uint32_t>(registers_.value(read_ + 4 * i + 3))));
  }
}

// Behind a cycle: what it has brought the driver to.
void SpattenEngine::go_on() {
  switch (phase_) {
    case Phase::reset:
      if (--reset_left_ == 0) phase_ = Phase::idle;
      return;
    case Phase::idle: return;
    case Phase::beginning:
      if (!registers_.done()) return;
      if ((registers_.value(read_) & kBusy) == 0) {
        phase_ = Phase::idle;
      } else {
        read_ = registers_.read("status");
      }
      return;
    case Phase::starting:
      if (!registers_.done()) return;
      started_ = now_;  // a write is answered in the cycle behind it: the layer's first
      begin_wave();
      phase_ = Phase::running;
      return;
    case Phase::running:
      if (ports_.done.get() == 0) return;
      read_counters();
      phase_ = Phase::reading;
      return;
    case Phase::reading:
      if (!registers_.done()) return;
      if ((registers_.value(read_) & kError) != 0) {
        phase_ = Phase::idle;
        throw ContractError("the engine reports an error");
      }
      list_alive();
      phase_ = Phase::listing;
      return;
    case Phase::listing:
      if (!registers_.done()) return;
      read_alive();
      phase_ = Phase::idle;
      return;
  }
}

void SpattenEngine::step() {
  const bool in_reset = phase_ == Phase::reset;
  ports_.reset.set(reset_left_ > 2 ? 0 : 1);
  if (!in_reset) registers_.drive();
  memory_->drive(now_);
  if (asked_) ports_.query_data.set_bytes(query_bytes_.data());
  instance_.settle();
  memory_->observe(now_);
  if (!in_reset) registers_.observe();
  exchange();
  go_on();
  instance_.tick();
  ++now_;
}

}  // namespace weft::sim::rtl
