#include "sim/engine/engine.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace weft::sim::engine {

using weft::engine::kNone;

namespace {

constexpr const char* kCount = "operations, rows or bytes of a unit";

// Names of the arrays' modules: their own, where SystemC takes them, which warns on standard output
// of characters that it does not and of names that are taken.
std::vector<std::string> module_names(const std::vector<std::string>& arrays) {
  constexpr std::string_view kLegal =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  std::set<std::string> taken{"sequencer", "buffer", "fetcher", "dram", "memory"};
  std::vector<std::string> names;
  for (const std::string& array : arrays) {
    std::string name = array;
    for (char& letter : name) letter = kLegal.find(letter) == std::string_view::npos ? '_' : letter;
    while (!taken.insert(name).second) name += '_';
    names.push_back(name);
  }
  return names;
}

}  // namespace

Engine::Engine(const sc_core::sc_module_name& name, const Config& config)
    : sc_core::sc_module(name),
      config_(config),
      clock_(config.memory == MemorySide::socket ? Clock(config.schedule.lowering->arch->clock_hz)
                                                 : Clock()),
      commands_(config.schedule.lowering->arrays.size()),
      sequencer_(config.schedule, {commands_, buffer_uses_, transfers_, completions_},
                 config.events),
      buffer_(buffer_uses_),
      fetcher_(config.schedule.lowering->arch->dram,
               {transfers_, completions_, requests_, responses_}, config.stalls),
      dram_(config.schedule.lowering->arch->dram, config.schedule.lowering->arch->clock_hz,
            requests_, responses_, config.stalls) {
  SC_HAS_PROCESS(Engine);
  const bool random = config.stalls.timing_depends_on() == memory::TimingDependsOn::random;
  check(!random || config.memory == MemorySide::built_in,
        "stalls are of the built-in memory: one of your own stalls as it likes");
  if (random) config_.advance = false;
  const std::vector<std::string> names = module_names(config.schedule.lowering->array_names);
  for (auto& channel : commands_) arrays_.emplace_back(channel);
  const auto make = [&](const std::string& module, auto& core, auto&... channels) {
    auto shell = std::make_unique<Shell<std::remove_reference_t<decltype(core)>>>(
        module.c_str(), core, clock_, failure_);
    (channels.connect(shell.get()), ...);
    modules_.push_back(std::move(shell));
  };
  const auto arrays = [&] {
    for (std::size_t a = 0; a < arrays_.size(); ++a) make(names[a], arrays_[a], commands_[a]);
  };
  const auto memory = [&] {
    if (config.memory == MemorySide::built_in) return make("dram", dram_, requests_);
    config_.advance = false;
    const auto burst = config.schedule.lowering->arch->dram.burst_bytes;
    port_ = std::make_unique<memory::TlmPort>("memory",
                                              memory::TlmPort::Config{config.memory_base, burst},
                                              requests_, responses_, clock_, failure_);
    requests_.connect(port_.get());
  };
  if (!config.shuffle) make("sequencer", sequencer_, completions_);
  if (config.shuffle) memory();
  arrays();
  make("buffer", buffer_, buffer_uses_);
  make("fetcher", fetcher_, transfers_, responses_);
  if (!config.shuffle) memory();
  if (config.shuffle) make("sequencer", sequencer_, completions_);
  if (config.values != nullptr) {
    const auto execute = [](void* values, const matmul::Command& command) {
      static_cast<Values*>(values)->execute(command);
    };
    for (matmul::Array& array : arrays_) array.on_command(execute, config.values);
    fetcher_.on_done(
        [](void* values, const memory::Transfer& transfer) {
          static_cast<Values*>(values)->moved(transfer);
        },
        config.values);
  }
  counters_ = counters();
  sequencer_.on_boundary(
      [](void* context) {
        auto& engine = *static_cast<Engine*>(context);
        engine.look_.notify(engine.clock_.half_cycle());
      },
      this);
  SC_METHOD(observe);
  dont_initialize();
  sensitive << look_;
}

// Half a cycle after a boundary: every unit has done what it does in that cycle.
void Engine::observe() {
  if (sequencer_.done()) {
    finished_.notify();
    if (config_.pauses) sc_core::sc_pause();
    return;
  }
  const int level = sequencer_.take_boundary();
  if (level == kNone || !config_.advance || config_.values != nullptr ||
      !sequencer_.advances_at(level))
    return;
  if (!steady_.wants(level, sequencer_.group_index(), sequencer_.reference())) return;
  try {
    const SteadyState::Found found = steady_.look(level, sequencer_.group_index(), snapshot(level),
                                                  sequencer_.regular_iterations(level));
    if (found.jump.periods > 0) jump(found);
  } catch (...) {  // carried out of the kernel
    if (!failure_.error) failure_.error = std::current_exception();
    sc_core::sc_pause();
  }
}

SteadyState::Snapshot Engine::snapshot(int level) const {
  StateWords words(clock_.now());
  sequencer_.fingerprint(words, level);
  for (const auto& channel : commands_) channel.fingerprint(words);
  buffer_uses_.fingerprint(words);
  transfers_.fingerprint(words);
  completions_.fingerprint(words);
  requests_.fingerprint(words);
  responses_.fingerprint(words);
  buffer_.fingerprint(words);
  fetcher_.fingerprint(words);
  dram_.fingerprint(words);
  SteadyState::Snapshot made;
  made.now = clock_.now();
  made.at = sequencer_.reference();
  made.words = words.take();
  made.ordinals = sequencer_.ordinals();
  for (const std::uint64_t* counter : counters_) made.counters.push_back(*counter);
  return made;
}

void Engine::jump(const SteadyState::Found& found) {
  constexpr Cycle kMost = Cycle{1} << 62;                  // room for what lies ahead
  constexpr std::uint64_t kRoom = std::uint64_t{1} << 60;  // for what is stepped after it
  const auto periods = static_cast<std::uint64_t>(found.jump.periods);
  if (found.jump.cycles > kMost - clock_.now()) {
    throw TooLarge("cycles",
                   static_cast<double>(clock_.now()) + static_cast<double>(found.jump.cycles),
                   static_cast<double>(kMost));
  }
  std::vector<std::uint64_t> counted;
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    const std::uint64_t more = times(*counters_[i] - found.before->counters[i], periods, kCount);
    counted.push_back(plus(*counters_[i], more, kCount));
    static_cast<void>(plus(counted.back(), kRoom, kCount));
  }
  const Cycle before = clock_.now();
  sequencer_.advance(found.jump, found.before->ordinals);
  for (std::size_t i = 0; i < counters_.size(); ++i) *counters_[i] = counted[i];
  for (auto& channel : commands_) channel.advance(found.jump.cycles);
  buffer_uses_.advance(found.jump.cycles);
  transfers_.advance(found.jump.cycles);
  completions_.advance(found.jump.cycles);
  requests_.advance(found.jump.cycles);
  responses_.advance(found.jump.cycles);
  buffer_.advance(found.jump.cycles);
  fetcher_.advance(found.jump.cycles);
  dram_.advance(found.jump.cycles);
  clock_.skip(found.jump.cycles);
  periods_ += periods;
  if (config_.events != nullptr)
    config_.events->gap(static_cast<std::uint64_t>(before),
                        static_cast<std::uint64_t>(clock_.now()));
  steady_.forget(found.jump.level);
}

tlm::tlm_initiator_socket<>& Engine::memory_socket() {
  check(port_ != nullptr, "an engine whose memory is built in has no memory socket");
  return port_->socket;
}

std::vector<std::uint64_t*> Engine::counters() {
  std::vector<std::uint64_t*> all;
  const auto add = [&](weft::engine::Counters& counters) {
    for (std::uint64_t& counter : counters) all.push_back(&counter);
  };
  for (matmul::Array& array : arrays_) {
    all.insert(all.end(), {&array.result().busy_cycles, &array.result().stall_in_cycles,
                           &array.result().stall_out_cycles});
    add(array.result().counters);
  }
  add(buffer_.counters());
  add(dram_.timing().counters());
  all.insert(all.end(), {&buffer_.busy_cycles(), &dram_.timing().busy_cycles()});
  for (Sequencer::Moved& moved : sequencer_.moved()) {
    all.insert(all.end(),
               {&moved.dram_read, &moved.dram_written, &moved.buffer_read, &moved.buffer_written});
  }
  return all;
}

void Engine::fill_rows_moved(weft::engine::Counters& counters) {
  using weft::engine::BufferCounter;
  const auto row = static_cast<std::uint64_t>(config_.schedule.lowering->arch->buffer.row_bytes);
  std::uint64_t filled = 0;
  std::uint64_t emptied = 0;
  for (const Sequencer::Moved& moved : sequencer_.moved()) {
    filled = plus(filled, moved.dram_read, "bytes read from the memory");
    emptied = plus(emptied, moved.dram_written, "bytes written to the memory");
  }
  counters[static_cast<std::size_t>(BufferCounter::rows_filled)] =
      filled / row + (filled % row != 0 ? 1 : 0);
  counters[static_cast<std::size_t>(BufferCounter::rows_emptied)] =
      emptied / row + (emptied % row != 0 ? 1 : 0);
}

void Engine::collect(weft::engine::Result& result) {
  using weft::engine::UnitKind;
  if (failure_.error) std::rethrow_exception(failure_.error);
  check(done(), "a run was read before its end:" + (done() ? "" : blocked()));
  const auto cycles = static_cast<std::uint64_t>(sequencer_.finished_at());
  result.cycles = cycles;
  result.advance_periods = periods_;
  result.advance_cycles = static_cast<std::uint64_t>(clock_.skipped());
  const auto conserve = [&](weft::engine::UnitResult unit) {
    check(unit.busy_cycles + unit.stall_in_cycles + unit.stall_out_cycles <= cycles,
          "a unit's cycles add up to more than the run's");
    unit.idle_cycles = cycles - unit.busy_cycles - unit.stall_in_cycles - unit.stall_out_cycles;
    result.units.push_back(unit);
  };
  for (std::size_t a = 0; a < arrays_.size(); ++a) {
    arrays_[a].result().kind = UnitKind::array;
    arrays_[a].result().array = static_cast<int>(a);
    conserve(arrays_[a].result());
  }
  fill_rows_moved(buffer_.counters());
  conserve({.kind = UnitKind::buffer,
            .busy_cycles = buffer_.busy_cycles(),
            .counters = buffer_.counters()});
  const bool built_in = port_ == nullptr;
  conserve({.kind = UnitKind::dram,
            .busy_cycles = built_in ? dram_.timing().busy_cycles() : port_->busy_cycles(),
            .counters = built_in ? dram_.timing().counters() : port_->counters()});
  for (std::size_t t = 0; t < sequencer_.moved().size(); ++t) {
    const Sequencer::Moved& moved = sequencer_.moved()[t];
    const auto id = static_cast<weft::engine::TensorId>(t);
    if (moved.dram_read + moved.dram_written > 0)
      result.traffic.push_back({id, UnitKind::dram, moved.dram_read, moved.dram_written});
    if (moved.buffer_read + moved.buffer_written > 0)
      result.traffic.push_back({id, UnitKind::buffer, moved.buffer_read, moved.buffer_written});
  }
}

}  // namespace weft::sim::engine
