// The table of functions of a library of Verilated RTL: compiled with the Verilated classes, into
// the library. scripts/rtl/build_library.sh defines WEFT_RTL_… below.
#include <verilated.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "Vweft_fusemax.h"
#include "sim/rtl/abi.h"
#if VM_TRACE
#include <verilated_vcd_c.h>
#endif

namespace {

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

#if VM_TRACE
// The file of a wave. Verilator's own treats a failing write as fatal, even where it is being
// destroyed; this one keeps the first error and goes on. It also leaves out the spaces with which
// Verilator indents the header: whoever reads a VCD line by line finds `$var` at its beginning.
class WaveFile final : public VerilatedVcdFile {
 public:
  WaveFile() = default;
  WaveFile(const WaveFile&) = delete;
  WaveFile& operator=(const WaveFile&) = delete;
  ~WaveFile() override { WaveFile::close(); }

  bool open(const std::string& name) override {
    file_ = ::open(name.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0666);
    if (file_ < 0) error_ = errno;
    return file_ >= 0;
  }
  void close() override {
    if (file_ >= 0 && ::close(file_) != 0 && error_ == 0) error_ = errno;
    file_ = -1;
  }
  ssize_t write(const char* bytes, ssize_t count) override {
    if (in_header_) {
      const std::string flush = without_indentation(bytes, count);
      write_all(flush.data(), static_cast<ssize_t>(flush.size()));
    } else {
      write_all(bytes, count);
    }
    return count;
  }
  int error() const { return error_; }

 private:
  // The header ends with a line that says so; a chunk may end anywhere.
  std::string without_indentation(const char* bytes, ssize_t count) {
    std::string out;
    for (ssize_t i = 0; i < count; ++i) {
      if (in_header_ && line_.empty() && bytes[i] == ' ') continue;
      out += bytes[i];
      if (!in_header_) continue;
      line_ = bytes[i] == '\n' ? "" : line_ + bytes[i];
      in_header_ = line_ != "$enddefinitions";
    }
    return out;
  }
  void write_all(const char* bytes, ssize_t left) {
    while (left > 0 && error_ == 0) {
      const ssize_t written = ::write(file_, bytes, static_cast<std::size_t>(left));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        error_ = errno;
        break;
      }
      bytes += written;
      left -= written;
    }
  }

  std::string line_;  // of the header, so far
  bool in_header_ = true;
  int file_ = -1;
  int error_ = 0;
};
#endif

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
  std::unique_ptr<Vweft_fusemax> top;
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

// Ports of every width, to and from words of 32 bits.
template <class Narrow>
void put(Narrow& port, const std::uint32_t* words) {
  if constexpr (sizeof(Narrow) <= sizeof(std::uint32_t)) {
    port = static_cast<Narrow>(words[0]);
  } else {
    port = static_cast<Narrow>(words[0]) | static_cast<Narrow>(words[1]) << 32;
  }
}
template <std::size_t N>
void put(VlWide<N>& port, const std::uint32_t* words) {
  static_assert(N <= WEFT_RTL_DATA_WORDS);
  for (std::size_t i = 0; i < N; ++i) port[i] = words[i];
}
template <class Narrow>
void get(const Narrow& port, std::uint32_t* words) {
  words[0] = static_cast<std::uint32_t>(port);
  if constexpr (sizeof(Narrow) > sizeof(std::uint32_t))
    words[1] = static_cast<std::uint32_t>(port >> 32);
}
template <std::size_t N>
void get(const VlWide<N>& port, std::uint32_t* words) {
  for (std::size_t i = 0; i < N; ++i) words[i] = port[i];
}

void apply(Vweft_fusemax& top, const weft_rtl_inputs& in) {
  top.rst_ni = in.rst_n;
  top.axil_awvalid_i = in.axil_awvalid;
  top.axil_awaddr_i = in.axil_awaddr;
  top.axil_wvalid_i = in.axil_wvalid;
  top.axil_wdata_i = in.axil_wdata;
  top.axil_wstrb_i = in.axil_wstrb;
  top.axil_bready_i = in.axil_bready;
  top.axil_arvalid_i = in.axil_arvalid;
  top.axil_araddr_i = in.axil_araddr;
  top.axil_rready_i = in.axil_rready;
  top.axi_arready_i = in.axi_arready;
  top.axi_rvalid_i = in.axi_rvalid;
  put(top.axi_rdata_i, in.axi_rdata);
  top.axi_rresp_i = in.axi_rresp;
  top.axi_rlast_i = in.axi_rlast;
  top.axi_awready_i = in.axi_awready;
  top.axi_wready_i = in.axi_wready;
  top.axi_bvalid_i = in.axi_bvalid;
  top.axi_bresp_i = in.axi_bresp;
}

void read(const Vweft_fusemax& top, weft_rtl_outputs& out) {
  out.axil_awready = top.axil_awready_o;
  out.axil_wready = top.axil_wready_o;
  out.axil_bvalid = top.axil_bvalid_o;
  out.axil_bresp = top.axil_bresp_o;
  out.axil_arready = top.axil_arready_o;
  out.axil_rvalid = top.axil_rvalid_o;
  out.axil_rdata = top.axil_rdata_o;
  out.axil_rresp = top.axil_rresp_o;
  out.axi_arvalid = top.axi_arvalid_o;
  out.axi_araddr = top.axi_araddr_o;
  out.axi_arlen = top.axi_arlen_o;
  out.axi_arsize = top.axi_arsize_o;
  out.axi_arburst = top.axi_arburst_o;
  out.axi_rready = top.axi_rready_o;
  out.axi_awvalid = top.axi_awvalid_o;
  out.axi_awaddr = top.axi_awaddr_o;
  out.axi_awlen = top.axi_awlen_o;
  out.axi_awsize = top.axi_awsize_o;
  out.axi_awburst = top.axi_awburst_o;
  out.axi_wvalid = top.axi_wvalid_o;
  get(top.axi_wdata_o, out.axi_wdata);
  out.axi_wstrb = top.axi_wstrb_o;
  out.axi_wlast = top.axi_wlast_o;
  out.axi_bready = top.axi_bready_o;
  out.irq = top.irq_o;
  out.busy = top.busy_o;
  out.fire_2d_valid = top.fire_2d_valid_o;
  out.fire_2d_step = top.fire_2d_step_o;
  out.fire_1d_valid = top.fire_1d_valid_o;
  out.fire_1d_step = top.fire_1d_step_o;
  out.fire_transfer_valid = top.fire_transfer_valid_o;
  out.fire_transfer_target = top.fire_transfer_target_o;
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
    instance->top = std::make_unique<Vweft_fusemax>(&instance->context, "weft_fusemax");
    instance->top->clk_i = 0;
    instance->top->rst_ni = 0;
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

void destroy(weft_rtl_instance* instance) {
  if (instance == nullptr) return;
  wave_close(instance);
  instance->error.clear();
  instance->wave_failed = false;
  guarded(*instance, [&] { instance->top->final(); });
  delete instance;
  Verilated::threadContextp(nullptr);
}

int settle(weft_rtl_instance* instance, const weft_rtl_inputs* inputs, weft_rtl_outputs* outputs) {
  return guarded(*instance, [&] {
    apply(*instance->top, *inputs);
    instance->top->clk_i = 0;
    instance->top->eval();
    read(*instance->top, *outputs);
  });
}

int tick(weft_rtl_instance* instance) {
  return guarded(*instance, [&] {
#if VM_TRACE
    if (instance->in_window()) instance->wave->dump(instance->wave_time(1));
#endif
    instance->top->clk_i = 1;
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
    instance->top->clk_i = 1;
    instance->wave->dump(0);
    instance->top->clk_i = 0;
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
  static const weft_rtl_api table{
      .abi_version = WEFT_RTL_ABI_VERSION,
      .inputs_bytes = sizeof(weft_rtl_inputs),
      .outputs_bytes = sizeof(weft_rtl_outputs),
      .traces = VM_TRACE,
      .engine = "fusemax",
      .source_hash = WEFT_RTL_HASH,
      .parameters = {.side = WEFT_RTL_SIDE,
                     .contexts = WEFT_RTL_CONTEXTS,
                     .max_width = WEFT_RTL_MAX_WIDTH,
                     .divide_stages = WEFT_RTL_DIVIDE_STAGES,
                     .outstanding = WEFT_RTL_OUTSTANDING,
                     .beat_bytes = sizeof(Vweft_fusemax::axi_rdata_i),
                     .buffer_bytes = WEFT_RTL_BUFFER_BYTES},
      .create = create,
      .free = destroy,
      .settle = settle,
      .tick = tick,
      .wave_open = wave_open,
      .wave_close = wave_close,
      .error = error_of,
      .failure = failure,
  };
  return &table;
}
