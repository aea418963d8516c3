// The table of a library of Verilated RTL, of any engine: compiled with the Verilated classes, into
// the library. What is the engine's own stands in library_tables.inc, which
// scripts/rtl/library_tables.sh makes.
#include <verilated.h>
#if VM_COVERAGE
#include <verilated_cov.h>

#include <cstdlib>
#endif

#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "Vweft_rtl_top.h"
#include "sim/rtl/abi.h"
#if VM_TRACE
#include "sim/rtl/library/wave_file.hpp"
#endif

namespace {

using Top = Vweft_rtl_top;
#include "library_tables.inc"

// What the running instance prints, or none.
thread_local std::string* printed = nullptr;
thread_local std::string failure_text;
constexpr std::size_t kMostPrinted = 1 << 16;

// Thrown where the RTL would end the process; the text has been printed, or is in `what`.
struct Failure {
  std::string what;
};
// Thrown where a wave cannot be written.
struct WaveFailure {
  std::string what;
};

#if VM_TRACE
[[noreturn]] void fail_wave(int error) {
  throw WaveFailure{"cannot be written: " + std::generic_category().message(error)};
}
#endif

std::string without_newlines(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

extern "C" int weft_rtl_print(const char* format, ...) {
  if (printed == nullptr) return 0;
  std::array<char, 1024> small{};
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(small.data(), small.size(), format, arguments);
  va_end(arguments);
  std::string text = small.data();
  if (length >= static_cast<int>(small.size())) {
    text.resize(static_cast<std::size_t>(length) + 1);
    std::vsnprintf(text.data(), text.size(), format, again);
    text.resize(static_cast<std::size_t>(length));
  }
  va_end(again);
  if (printed->size() < kMostPrinted) *printed += text;
  return length;
}

void vl_finish(const char* file, int line, const char* /*hier*/) {
  throw Failure{std::string(file) + ":" + std::to_string(line) + ": the RTL called $finish"};
}
void vl_stop(const char* file, int line, const char* hier) {
  throw Failure{std::string(file) + ":" + std::to_string(line) + ": stopped" +
                (hier != nullptr && *hier != 0 ? std::string(" in ") + hier : "")};
}
void vl_fatal(const char* file, int line, const char* /*hier*/, const char* text) {
  throw Failure{std::string(file) + ":" + std::to_string(line) + ": " + text};
}

struct weft_rtl_instance {
  VerilatedContext context;
  std::unique_ptr<Top> top;
  std::vector<void*> ports;
  std::uint64_t cycle = 0;
  std::string printed;
  std::string error;
  bool wave_failed = false;
#if VM_TRACE
  // The wave before its file: it writes to the file as it goes.
  std::unique_ptr<WaveFile> file;
  std::unique_ptr<VerilatedVcdC> wave;
  std::uint64_t origin = 0;  // the wave's cycle 0; the next two count from it
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  double clock_hz = 1;
  bool in_window() const {
    return wave != nullptr && cycle - origin >= from && cycle - origin < to;
  }
  // In fs, so many half cycles after the beginning of this one.
  std::uint64_t wave_time(unsigned half_cycles) const {
    const auto halves = static_cast<long double>(cycle - origin) * 2 + half_cycles;
    return static_cast<std::uint64_t>(
        std::roundl(halves * 1e15L / (2 * static_cast<long double>(clock_hz))));
  }
#endif
};

namespace {

int code_of(const weft_rtl_instance& instance) {
  if (instance.error.empty()) return 0;
  return instance.wave_failed ? WEFT_RTL_WAVE_FAILED : WEFT_RTL_FAILED;
}

// Runs `body` and turns what it throws into the instance's error; gives its code.
template <class Body>
int guarded(weft_rtl_instance& instance, Body&& body) {
  if (!instance.error.empty()) return code_of(instance);
  Verilated::threadContextp(&instance.context);
  printed = &instance.printed;
  try {
    body();
  } catch (const Failure& failure) {
    // An assertion has printed what failed, in words and with its scope.
    instance.error = instance.printed.empty() ? failure.what : instance.printed;
  } catch (const WaveFailure& failure) {
    instance.error = failure.what;
    instance.wave_failed = true;
  } catch (const std::exception& error) {
    instance.error = error.what();
  } catch (...) {
    instance.error = "an exception of no known kind";
  }
  printed = nullptr;
  instance.error = without_newlines(instance.error);
  return code_of(instance);
}

weft_rtl_instance* create() {
  std::unique_ptr<weft_rtl_instance> instance;
  try {
    instance = std::make_unique<weft_rtl_instance>();
  } catch (const std::exception& error) {
    failure_text = error.what();
    return nullptr;
  }
  // Blocks `initial` run with the first evaluation, in reset.
  guarded(*instance, [&] {
    instance->context.randReset(0);
#if VM_TRACE
    instance->context.traceEverOn(true);
#endif
    instance->top = std::make_unique<Top>(&instance->context, kTop);
    instance->ports = pointers_of(*instance->top);
    clock_of(*instance->top) = 0;
    reset_of(*instance->top) = 0;
    instance->top->eval();
  });
  if (!instance->error.empty()) {
    failure_text = instance->error;
    return nullptr;
  }
  return instance.release();
}

int wave_close(weft_rtl_instance* instance) {
#if VM_TRACE
  if (instance->wave == nullptr) return code_of(*instance);
  // An RTL that has failed still leaves what it did until then.
  const std::string before = std::exchange(instance->error, "");
  guarded(*instance, [&] {
    instance->wave->close();
    if (const int error = instance->file->error(); error != 0) fail_wave(error);
  });
  instance->wave.reset();
  instance->file.reset();
  if (!before.empty()) instance->error = before;
#endif
  return code_of(*instance);
}

// What the instance has met, in a file of its own: a library that is opened again counts anew.
void write_coverage([[maybe_unused]] weft_rtl_instance& instance) {
#if VM_COVERAGE
  const char* folder = std::getenv("WEFT_COVERAGE");
  if (folder == nullptr) return;
  constexpr int kMostFiles = 100'000;
  for (int number = 0; number < kMostFiles; ++number) {
    const std::string name = std::string(folder) + "/" + std::to_string(number) + ".dat";
    std::FILE* file = std::fopen(name.c_str(), "wx");  // fails where it is there
    if (file == nullptr) continue;
    std::fclose(file);
    instance.context.coveragep()->write(name.c_str());
    return;
  }
#endif
}

void destroy(weft_rtl_instance* instance) {
  if (instance == nullptr) return;
  wave_close(instance);
  write_coverage(*instance);
  instance->error.clear();
  instance->wave_failed = false;
  guarded(*instance, [&] { instance->top->final(); });
  delete instance;
  Verilated::threadContextp(nullptr);
}

void* port(weft_rtl_instance* instance, std::uint32_t index) {
  return index < instance->ports.size() ? instance->ports[index] : nullptr;
}

int settle(weft_rtl_instance* instance) {
  return guarded(*instance, [&] {
    clock_of(*instance->top) = 0;
    instance->top->eval();
  });
}

int tick(weft_rtl_instance* instance) {
  return guarded(*instance, [&] {
#if VM_TRACE
    if (instance->in_window()) instance->wave->dump(instance->wave_time(1));
#endif
    clock_of(*instance->top) = 1;
    instance->context.timeInc(1);
    instance->top->eval();
    ++instance->cycle;
#if VM_TRACE
    if (instance->in_window()) instance->wave->dump(instance->wave_time(0));
    if (instance->wave != nullptr && instance->file->error() != 0)
      fail_wave(instance->file->error());
#endif
  });
}

int wave_open(weft_rtl_instance* instance, [[maybe_unused]] const char* path,
              [[maybe_unused]] std::uint64_t from, [[maybe_unused]] std::uint64_t to,
              [[maybe_unused]] double clock_hz) {
#if VM_TRACE
  if (wave_close(instance) != 0) return code_of(*instance);
  return guarded(*instance, [&] {
    instance->origin = instance->cycle;
    instance->from = from;
    instance->to = to;
    instance->clock_hz = clock_hz;
    instance->file = std::make_unique<WaveFile>();
    instance->wave = std::make_unique<VerilatedVcdC>(instance->file.get());
    instance->top->trace(instance->wave.get(), 99);
    instance->wave->set_time_unit("1fs");
    instance->wave->set_time_resolution("1fs");
    instance->wave->open(path);
    if (!instance->wave->isOpen()) fail_wave(instance->file->error());
    if (!instance->in_window()) return;
    // The edge that this cycle began with is past: it is shown all the same.
    clock_of(*instance->top) = 1;
    instance->wave->dump(0);
    clock_of(*instance->top) = 0;
    instance->top->eval();  // without it Verilator sees no change to write
  });
#else
  instance->error = "this library was built without waves";
  instance->wave_failed = true;
  return code_of(*instance);
#endif
}

const char* error_of(const weft_rtl_instance* instance) { return instance->error.c_str(); }
const char* failure() { return failure_text.c_str(); }

}  // namespace

extern "C" __attribute__((visibility("default"))) const weft_rtl_api* weft_rtl_table() {
  // Every array ends with an entry of nothing.
  static const weft_rtl_api table{
      .abi_version = WEFT_RTL_ABI_VERSION,
      .table_bytes = sizeof(weft_rtl_api),
      .traces = VM_TRACE,
      .port_count = std::size(kPorts) - 1,
      .register_count = std::size(kRegisters) - 1,
      .memory_count = std::size(kMemories) - 1,
      .parameter_count = std::size(kParameters) - 1,
      .engine = kEngine,
      .source_hash = kSourceHash,
      .register_bus = kRegisterBus,
      .ports = kPorts,
      .registers = kRegisters,
      .memories = kMemories,
      .parameters = kParameters,
      .create = create,
      .free = destroy,
      .port = port,
      .settle = settle,
      .tick = tick,
      .wave_open = wave_open,
      .wave_close = wave_close,
      .error = error_of,
      .failure = failure,
  };
  return &table;
}
