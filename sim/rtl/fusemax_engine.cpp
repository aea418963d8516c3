#include "sim/rtl/fusemax_engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "models/common/error.hpp"
#include "models/engine/schedule/layout.hpp"
#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_fp32.hpp"

namespace weft::sim::rtl {

using weft::engine::TensorId;

namespace {

constexpr std::uint64_t kBase = std::uint64_t{1}
                                << 32;  // the upper halves of the base registers are in use, too

// The next of a sequence of operands: uniform in [−2, 2), rounded to bf16.
std::uint16_t random_bf16(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15u;
  std::uint64_t x = state;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  x ^= x >> 31;
  return numerics::bf16_bits(static_cast<float>(static_cast<std::int64_t>(x >> 40) - (1 << 23)) *
                             0x1p-22f);
}

// Bits of the registers control and status: docs/units/engine/fusemax.md.
constexpr std::uint64_t kControlStart = 1;
constexpr std::uint64_t kControlInterruptEnable = 2;
constexpr std::uint64_t kStatusDone = 2;
constexpr std::uint64_t kStatusError = 4;

// The registers of RtlCounter, in its order.
constexpr const char* kCounterRegisters[kRtlCounters] = {
    "cycles",         "busy_2d",     "stall_in_2d",  "stall_out_2d", "tiles_2d",
    "busy_1d",        "stall_in_1d", "stall_out_1d", "tiles_1d",     "read_requests",
    "write_requests", "bytes_read",  "bytes_written"};

}  // namespace

const char* name_of(const Firing& firing) {
  static constexpr const char* kSteps[3][7] = {
      {"BQK", "LM", "SLN", "SLD", "SLNV", "", ""},
      {"RM", "PRM", "SPD", "RD", "SPNV", "RNV", "AV"},
      {"load Q", "load K", "load V", "store AV", "", "", ""}};
  return kSteps[firing.unit][firing.step];
}

FusemaxEngine::FusemaxEngine(const std::shared_ptr<const Library>& library,
                             const weft::engine::Schedule& schedule, const workload::Trace* trace,
                             const memory::Stalls& stalls, std::uint64_t seed)
    : schedule_(schedule),
      sizing_(*schedule.sizing),
      instance_(library),
      registers_(instance_),
      ports_{.reset = instance_.reset(),
             .busy = instance_.output("busy_o", 1),
             .fire_2d_valid = instance_.output("fire_2d_valid_o", 1),
             .fire_2d_step = instance_.output("fire_2d_step_o", 3),
             .fire_1d_valid = instance_.output("fire_1d_valid_o", 1),
             .fire_1d_step = instance_.output("fire_1d_step_o", 3),
             .fire_transfer_valid = instance_.output("fire_transfer_valid_o", 1),
             .fire_transfer_target = instance_.output("fire_transfer_target_o", 2)} {
  const weft::engine::Layout layout(schedule);
  const weft::engine::Architecture& arch = *schedule.lowering->arch;
  memory_ = std::make_unique<AxiMemory>(instance_, "axi",
                                        AxiMemory::Config{.dram = arch.dram,
                                                          .clock_hz = arch.clock_hz,
                                                          .stalls = stalls,
                                                          .base = kBase,
                                                          .bytes = layout.bytes()});
  lay_out(trace, seed);
  make_program(trace);
}

TensorId FusemaxEngine::tensor(const std::string& name) const {
  const auto& tensors = schedule_.lowering->cascade->tensors;
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const auto& t) { return t.name == name; });
  check(found != tensors.end(), "the cascade has Q, K, V and AV");
  return static_cast<TensorId>(found - tensors.begin());
}

void FusemaxEngine::lay_out(const workload::Trace* trace, std::uint64_t seed) {
  put(tensor("Q"), trace, 0, seed);
  put(tensor("K"), trace, 1, seed);
  put(tensor("V"), trace, 2, seed);
}

// The operands of one tensor, a slice for every head of keys. Of Q it has the rows of all heads
// that share the keys: row r is query r / group of head r % group.
void FusemaxEngine::put(TensorId id, const workload::Trace* trace, int which, std::uint64_t seed) {
  const weft::engine::Layout layout(schedule_);
  const weft::engine::Layout::Extent& extent = layout.tensor(id);
  const workload::Shape& shape = sizing_.shape;
  const std::int64_t group = which == 0 ? sizing_.together : 1;
  const std::int64_t rows = which == 0 ? shape.seq_q * group : shape.seq_kv;
  const std::int64_t width = which == 2 ? shape.width_v : shape.width_qk;
  const std::int64_t slices = static_cast<std::int64_t>(extent.bytes / extent.slice_bytes);
  const std::int64_t layers =
      trace != nullptr ? static_cast<std::int64_t>(trace->layers.size()) : 1;
  std::uint64_t random = seed * 3 + static_cast<std::uint64_t>(which);
  for (std::int64_t s = 0; s < slices; ++s) {
    const float* values = nullptr;
    if (trace != nullptr) {
      const auto& layer = trace->layers[static_cast<std::size_t>(s / (slices / layers))];
      const std::vector<float>& all = which == 0 ? layer.q : which == 1 ? layer.k : layer.v;
      values = all.data() + s % (slices / layers) * rows * width;
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      std::uint8_t* to = memory_->bytes().data() + extent.begin +
                         static_cast<std::uint64_t>(s) * extent.slice_bytes +
                         static_cast<std::uint64_t>(r) * extent.row_bytes;
      const std::int64_t own = r % group * (rows / group) + r / group;
      for (std::int64_t w = 0; w < width; ++w) {
        const std::uint16_t bits =
            values != nullptr ? numerics::bf16_bits(values[own * width + w]) : random_bf16(random);
        std::memcpy(to + 2 * w, &bits, sizeof bits);
      }
    }
  }
}

void FusemaxEngine::make_program(const workload::Trace* trace) {
  const weft::engine::Layout layout(schedule_);
  const workload::Shape& shape = sizing_.shape;
  const auto& group = schedule_.lowering->groups[0];
  std::int64_t block = 1;
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (schedule_.lowering->is(group.tiled[i].base, weft::engine::Quantity::seq_q))
      block = sizing_.groups[0].ranks[i].block;
  }
  const double scale =
      trace != nullptr ? trace->scale : 1 / std::sqrt(static_cast<double>(shape.width_qk));
  const auto set = [&](const std::string& name, std::int64_t value) {
    registers_.write(name, static_cast<std::uint64_t>(value));
  };
  set("seq_q", shape.seq_q);
  set("seq_kv", shape.seq_kv);
  set("width_qk", shape.width_qk);
  set("width_v", shape.width_v);
  set("heads", sizing_.repeats);
  set("group", sizing_.together);
  set("flags", shape.causal ? 1 : 0);
  set("block_tiles", block);
  set("scale_log2e", numerics::bits_of(numerics::softmax_scale_log2e(scale)));
  const std::pair<const char*, const char*> tensors[] = {
      {"Q", "q"}, {"K", "k"}, {"V", "v"}, {"AV", "out"}};
  for (const auto& [name, suffix] : tensors) {
    const weft::engine::Layout::Extent& extent = layout.tensor(tensor(name));
    set(std::string("base_") + suffix, static_cast<std::int64_t>(kBase + extent.begin));
    set(std::string("head_bytes_") + suffix, static_cast<std::int64_t>(extent.slice_bytes));
  }
  registers_.write("control", kControlStart | kControlInterruptEnable);
}

double FusemaxEngine::progress() const {
  const double tiles = static_cast<double>(sizing_.repeats) *
                       static_cast<double>(sizing_.groups[0].ranks[0].tiles) *
                       static_cast<double>(sizing_.groups[0].ranks[1].tiles);
  return phase_ == Phase::done ? 1.0 : std::min(0.99, static_cast<double>(fired_tiles_) / tiles);
}

void FusemaxEngine::start(Cycle now) {
  phase_ = Phase::running;
  started_ = now - 1;
  if (!wave_.path.empty())
    instance_.open_wave(wave_.path, wave_.from, wave_.to, schedule_.lowering->arch->clock_hz);
}

void FusemaxEngine::read_counters() {
  const std::uint64_t status = registers_.value(status_);
  check((status & kStatusDone) != 0, "a run that has ended says so");
  if ((status & kStatusError) != 0) throw ContractError("the engine reports an error");
  for (std::size_t c = 0; c < kRtlCounters; ++c) counters_[c] = registers_.value(status_ + 1 + c);
  phase_ = Phase::done;
}

void FusemaxEngine::follow() {
  const auto at = static_cast<Cycle>(run_cycles_);
  ++run_cycles_;
  const auto step = [](const Port& port) { return static_cast<int>(port.get()); };
  const bool fires_2d = ports_.fire_2d_valid.get() != 0;
  if (fires_2d && step(ports_.fire_2d_step) == 4) ++fired_tiles_;
  if (fire_ == nullptr) return;
  if (ports_.fire_1d_valid.get() != 0) fire_(context_, {at, 1, step(ports_.fire_1d_step)});
  if (fires_2d) fire_(context_, {at, 0, step(ports_.fire_2d_step)});
  if (ports_.fire_transfer_valid.get() != 0)
    fire_(context_, {at, 2, step(ports_.fire_transfer_target)});
}

Cycle FusemaxEngine::step(Cycle now) {
  if (phase_ == Phase::done) return kNever;
  const bool in_reset = phase_ == Phase::reset;
  ports_.reset.set(in_reset ? 0 : 1);
  if (!in_reset) registers_.drive();
  memory_->drive(now);
  instance_.settle();
  memory_->observe(now);
  if (!in_reset) registers_.observe();
  const bool busy = ports_.busy.get() != 0;
  if (phase_ == Phase::program && busy) start(now);
  if (in_reset && --reset_left_ == 0) phase_ = Phase::program;
  if (phase_ == Phase::read) {
    if (registers_.done()) read_counters();
  } else if (busy) {
    if (memory_->answers_write()) last_response_ = now;
    follow();
  } else if (phase_ == Phase::running) {
    phase_ = Phase::read;
    status_ = registers_.read("status");
    for (const char* name : kCounterRegisters) registers_.read(name);
  } else if (phase_ == Phase::program && registers_.done()) {
    throw ContractError("the engine did not start: its configuration is one that it refuses");
  }
  instance_.tick();
  if (phase_ != Phase::done) return now + 1;
  check(counter(RtlCounter::cycles) == static_cast<std::uint64_t>(last_response_ - started_),
        "the engine counts cycles from the one in which start was accepted to the one of the last "
        "write response");
  return kNever;
}

std::vector<std::vector<float>> FusemaxEngine::outputs() const {
  const weft::engine::Layout layout(schedule_);
  const weft::engine::Layout::Extent& extent = layout.tensor(tensor("AV"));
  const workload::Shape& shape = sizing_.shape;
  const std::int64_t heads = shape.batch * shape.heads;
  const std::int64_t group = sizing_.together;
  std::vector<std::vector<float>> layers(static_cast<std::size_t>(sizing_.repeats * group / heads));
  for (std::int64_t h = 0; h < sizing_.repeats * group; ++h) {
    std::vector<float>& out = layers[static_cast<std::size_t>(h / heads)];
    for (std::int64_t p = 0; p < shape.seq_q; ++p) {
      const std::uint8_t* from =
          memory_->bytes().data() + extent.begin +
          static_cast<std::uint64_t>(h / group) * extent.slice_bytes +
          static_cast<std::uint64_t>(p * group + h % group) * extent.row_bytes;
      for (std::int64_t w = 0; w < shape.width_v; ++w) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, from + 2 * w, sizeof bits);
        out.push_back(numerics::from_bf16(bits));
      }
    }
  }
  return layers;
}

}  // namespace weft::sim::rtl
