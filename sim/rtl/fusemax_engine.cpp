#include "sim/rtl/fusemax_engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "models/common/error.hpp"
#include "models/engine/layout.hpp"
#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_fp32.hpp"
#include "sim/rtl/fusemax_registers.hpp"

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
    : schedule_(schedule), sizing_(*schedule.sizing), instance_(library) {
  const weft::engine::Layout layout(schedule);
  const weft::engine::Architecture& arch = *schedule.lowering->arch;
  memory_ = std::make_unique<AxiMemory>(
      AxiMemory::Config{.dram = arch.dram,
                        .clock_hz = arch.clock_hz,
                        .stalls = stalls,
                        .base = kBase,
                        .bytes = layout.bytes(),
                        .beat_bytes = library->parameters().beat_bytes});
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

// The operands of one tensor, a slice for every head that has one of its own.
void FusemaxEngine::put(TensorId id, const workload::Trace* trace, int which, std::uint64_t seed) {
  const weft::engine::Layout layout(schedule_);
  const weft::engine::Layout::Extent& extent = layout.tensor(id);
  const workload::Shape& shape = sizing_.shape;
  const std::int64_t rows = which == 0 ? shape.seq_q : shape.seq_kv;
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
      for (std::int64_t w = 0; w < width; ++w) {
        const std::uint16_t bits =
            values != nullptr ? numerics::bf16_bits(values[r * width + w]) : random_bf16(random);
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
    if (schedule_.lowering->quantities[group.tiled[i].base] == weft::engine::Quantity::seq_q)
      block = sizing_.groups[0].ranks[i].block;
  }
  const double scale =
      trace != nullptr ? trace->scale : 1 / std::sqrt(static_cast<double>(shape.width_qk));
  const auto set = [&](std::uint32_t address, std::int64_t value) {
    program_.push_back({address, static_cast<std::uint32_t>(value)});
  };
  set(registers::kSeqQ, shape.seq_q);
  set(registers::kSeqKv, shape.seq_kv);
  set(registers::kWidthQk, shape.width_qk);
  set(registers::kWidthV, shape.width_v);
  set(registers::kHeads, sizing_.repeats);
  set(registers::kGroup, shape.heads / shape.kv_heads);
  set(registers::kFlags, shape.causal ? 1 : 0);
  set(registers::kBlockTiles, block);
  set(registers::kScaleLog2e, numerics::bits_of(numerics::softmax_scale_log2e(scale)));
  const TensorId tensors[] = {tensor("Q"), tensor("K"), tensor("V"), tensor("AV")};
  for (std::uint32_t t = 0; t < 4; ++t) {
    const weft::engine::Layout::Extent& extent = layout.tensor(tensors[t]);
    const std::uint64_t base = kBase + extent.begin;
    set(registers::kBases + 8 * t, static_cast<std::int64_t>(base & 0xFFFFFFFFu));
    set(registers::kBases + 8 * t + 4, static_cast<std::int64_t>(base >> 32));
    set(registers::kHeadBytes + 4 * t, static_cast<std::int64_t>(extent.slice_bytes));
  }
  set(registers::kControl, registers::kStart | registers::kInterruptEnable);
}

double FusemaxEngine::progress() const {
  const double tiles = static_cast<double>(sizing_.repeats) *
                       static_cast<double>(sizing_.groups[0].ranks[0].tiles) *
                       static_cast<double>(sizing_.groups[0].ranks[1].tiles);
  return phase_ == Phase::done ? 1.0 : std::min(0.99, static_cast<double>(fired_tiles_) / tiles);
}

// One access at a time: address and data together, then the response.
void FusemaxEngine::write_registers(Cycle now) {
  const bool start = program_[at_].address == registers::kControl;
  if (inputs_.axil_awvalid != 0 && outputs_.axil_awready != 0) address_taken_ = true;
  if (inputs_.axil_wvalid != 0 && outputs_.axil_wready != 0) data_taken_ = true;
  if (outputs_.axil_bvalid != 0 && inputs_.axil_bready != 0) {
    check(outputs_.axil_bresp == 0, "the engine refused a register that it has");
    ++at_;
    address_taken_ = data_taken_ = false;
  }
  if (start && outputs_.busy != 0 && phase_ == Phase::program) {
    phase_ = Phase::running;
    started_ = now - 1;
    if (!wave_.path.empty())
      instance_.open_wave(wave_.path, wave_.from, wave_.to, schedule_.lowering->arch->clock_hz);
  }
}

void FusemaxEngine::read_registers() {
  if (inputs_.axil_arvalid != 0 && outputs_.axil_arready != 0) address_taken_ = true;
  if (outputs_.axil_rvalid == 0) return;
  check(outputs_.axil_rresp == 0, "the engine refused a counter that it has");
  if (at_ == 0) {
    check((outputs_.axil_rdata & registers::kDone) != 0, "a run that has ended says so");
    if ((outputs_.axil_rdata & registers::kError) != 0)
      throw ContractError("the engine reports an error");
  } else {
    counters_[(at_ - 1) / 2] |= std::uint64_t{outputs_.axil_rdata} << ((at_ - 1) % 2 * 32);
  }
  address_taken_ = false;
  if (++at_ == 1 + 2 * kRtlCounters) phase_ = Phase::done;
}

void FusemaxEngine::follow() {
  const auto at = static_cast<Cycle>(run_cycles_);
  ++run_cycles_;
  if (outputs_.fire_2d_valid != 0 && outputs_.fire_2d_step == 4) ++fired_tiles_;
  if (fire_ == nullptr) return;
  if (outputs_.fire_1d_valid != 0) fire_(context_, {at, 1, outputs_.fire_1d_step});
  if (outputs_.fire_2d_valid != 0) fire_(context_, {at, 0, outputs_.fire_2d_step});
  if (outputs_.fire_transfer_valid != 0) fire_(context_, {at, 2, outputs_.fire_transfer_target});
}

Cycle FusemaxEngine::step(Cycle now) {
  if (phase_ == Phase::done) return kNever;
  inputs_.rst_n = phase_ == Phase::reset ? 0 : 1;
  const bool programs =
      (phase_ == Phase::program || phase_ == Phase::running) && at_ < program_.size();
  inputs_.axil_awvalid = programs && !address_taken_ ? 1 : 0;
  inputs_.axil_wvalid = programs && !data_taken_ ? 1 : 0;
  if (programs) {
    inputs_.axil_awaddr = static_cast<std::uint16_t>(program_[at_].address);
    inputs_.axil_wdata = program_[at_].value;
  }
  inputs_.axil_wstrb = 15;
  inputs_.axil_bready = 1;
  inputs_.axil_arvalid = phase_ == Phase::read && !address_taken_ ? 1 : 0;
  inputs_.axil_araddr = static_cast<std::uint16_t>(at_ == 0 ? registers::kStatus
                                                            : registers::kCounters + 4 * (at_ - 1));
  inputs_.axil_rready = 1;
  memory_->drive(now, inputs_);
  instance_.settle(inputs_, outputs_);
  memory_->observe(now, outputs_);
  if (programs) write_registers(now);
  if (phase_ == Phase::reset && --reset_left_ == 0) phase_ = Phase::program;
  if (phase_ == Phase::read) {
    read_registers();
  } else if (outputs_.busy != 0) {
    if (inputs_.axi_bvalid != 0) last_response_ = now;
    follow();
  } else if (phase_ == Phase::running) {
    phase_ = Phase::read;
    at_ = 0;
    address_taken_ = false;
  } else if (phase_ == Phase::program && at_ == program_.size()) {
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
  std::vector<std::vector<float>> layers(static_cast<std::size_t>(sizing_.repeats / heads));
  for (std::int64_t s = 0; s < sizing_.repeats; ++s) {
    std::vector<float>& out = layers[static_cast<std::size_t>(s / heads)];
    for (std::int64_t r = 0; r < shape.seq_q; ++r) {
      const std::uint8_t* from = memory_->bytes().data() + extent.begin +
                                 static_cast<std::uint64_t>(s) * extent.slice_bytes +
                                 static_cast<std::uint64_t>(r) * extent.row_bytes;
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
