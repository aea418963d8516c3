// `weft rtl build`: the library of an engine's RTL, by the recipe of the build.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include "models/common/environment.hpp"
#include "models/common/fields.hpp"
#include "sim/cli/child.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/staged_folder.hpp"
#include "sim/request/options.hpp"
#include "sim/rtl/fusemax_library.hpp"
#include "sim/rtl/spatten_library.hpp"

namespace weft::cli {

using namespace request;
namespace {

namespace fs = std::filesystem;

constexpr const char* kRtlExamples = R"(Examples:
  weft rtl build --side 12
  weft rtl build --design spatten-rtl-smallest
  weft rtl build --side 32 --out ~/weft-rtl && WEFT_RTL_PATH=~/weft-rtl weft run --design fusemax-32x32 --workload bert-base --heads 1 --seq 128 --fidelity rtl

Two libraries: one with assertions and waves, one without either, several times as fast, which runs without --wave take. Sides 4, 8
and 16 of FuseMax, and SpAtten's two lower scales, come with the build. Exit codes: 0 success, 1 Verilator or the compiler failed, 2 bad input.)";

constexpr const char* kRecipe = "scripts/rtl/build_library.sh";

struct RtlCommand {
  std::string action, side, design, out;
  bool fast = false;
};

// The recipe: of the source tree beside build/<preset>/bin/weft, or of the one that this was built
// from.
fs::path recipe() {
  std::error_code code;
  const fs::path program = program_folder();
  const fs::path beside = (program / "../../.." / kRecipe).lexically_normal();
  if (!program.empty() && fs::is_regular_file(beside, code)) return beside;
  const fs::path source = fs::path(WEFT_SOURCE_DIR) / kRecipe;
  if (fs::is_regular_file(source, code)) return source;
  throw ConfigError(Problem{
      {source.string(), 0, 0}, "", "", "is not there: the RTL is built from Weft's source tree"});
}

bool installed(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
  while (true) {
    const std::size_t colon = rest.find(':');
    const fs::path found = fs::path(rest.substr(0, colon)) / program;
    if (::access(found.c_str(), X_OK) == 0) return true;
    if (colon == std::string_view::npos) return false;
    rest = rest.substr(colon + 1);
  }
}

// A folder for what is compiled, gone with this object.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "weft-rtl-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw ConfigError(Problem{{fs::path(name).parent_path().string(), 0, 0},
                                "",
                                "",
                                "takes no folder: " + std::generic_category().message(errno)});
    path_ = name;
  }
  ~Scratch() {
    std::error_code code;
    fs::remove_all(path_, code);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// "… compiled 3 of 40": the share; nothing for any other line.
std::optional<double> share_of(std::string_view line) {
  const std::size_t at = line.find(": compiled ");
  const std::size_t of = line.find(" of ", at);
  if (at == std::string_view::npos || of == std::string_view::npos || of < at) return std::nullopt;
  const auto number = [&](std::size_t begin, std::size_t end) {
    int value = 0;
    std::from_chars(line.data() + begin, line.data() + end, value);
    return value;
  };
  const int all = number(of + 4, line.size());
  if (all <= 0) return std::nullopt;
  return static_cast<double>(number(at + 11, of)) / all;
}

// Runs the recipe, what it writes on our standard error, under a bar; its exit code, or 128 + the
// signal that ended us.
int run_recipe(std::vector<std::string> words) {
  const Scratch scratch;
  words.insert(words.end(), {"--work", scratch.path().string(), "--report"});
  Child child(words, scratch.path());
  Interrupt interrupt;
  const auto held = interrupt.writing();  // nobody leaves before the compilers have ended
  Progress progress("rtl build");
  std::optional<double> done;
  const auto draw = [&] { done ? progress.show(*done) : progress.show(); };
  const auto take = [&](std::string_view line) {
    if (const auto share = share_of(line)) {
      done = share;
      return draw();
    }
    progress.clear();
    fmt::print(stderr, "{}\n", line);
  };
  const int code = child.wait(take, draw, interrupt.token());
  progress.clear();
  return interrupt.exit_code() != 0 ? interrupt.exit_code() : code;
}

// What building a side takes, before it starts, and how that compares with this machine. It grows
// with the square of the side: up to 32 with the elements, each of which Verilator copies, beyond
// with the buses between the rows, which are Verilated once. As measured at sides 16, 32 and 64
// (docs/units/engine/cosim.md).
std::string what_it_takes(std::int64_t side, bool fast) {
  const double share = static_cast<double>(side * side) / (32.0 * 32.0);
  const bool apart = side > 32;
  const double seconds = (fast ? 1 : 3) * (apart ? 20 + 20 * share : 5 + 101 * share);
  const double gigabytes = apart ? 0.3 + 0.12 * share : 0.15 + 0.95 * share;
  std::string text =
      fmt::format("weft rtl: side {}: about {:.0f} s of one core and {:.1f} GB of memory\n", side,
                  seconds, gigabytes);
  const double machine =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (gigabytes * 1e9 > machine)
    text += fmt::format("weft rtl: this machine has {:.1f} GB of memory: the build may not end\n",
                        machine / 1e9);
  return text;
}

// What is built: which engine, of which size, and by which words the recipe knows it.
struct Built {
  const sim::rtl::EngineKind& kind;
  std::int64_t size = 0;
  std::vector<std::string> words;
  std::string name;  // "side 16"
  std::string takes;
};

Built built_of(const RtlCommand& o) {
  if (!o.side.empty() && !o.design.empty())
    throw ConfigError(Problem{{}, "--design", o.design, "not beside --side, which is FuseMax's"});
  if (!o.design.empty()) {
    const sim::rtl::SpattenScale* scale = sim::rtl::spatten_scale_of(o.design);
    if (scale == nullptr)
      throw ConfigError(Problem{{},
                                "--design",
                                o.design,
                                config::unknown_name(o.design, sim::rtl::spatten_designs()) +
                                    "; a FuseMax array of another side is --side N"});
    return {.kind = sim::rtl::spatten_kind(),
            .size = scale->multipliers,
            .words = {"--design", o.design},
            .name = o.design,
            .takes = fmt::format("weft rtl: {}: about {} s of one core and 1 GB of memory\n",
                                 o.design, o.fast ? 30 : 90)};
  }
  if (o.side.empty()) {
    throw ConfigError(
        Problem{{},
                "--side",
                "",
                fmt::format("missing: rows and columns of the 2D array, from {} to {}; or --design "
                            "{}",
                            sim::rtl::kLeastSide, sim::rtl::kMostSide,
                            fmt::join(sim::rtl::spatten_designs(), ", "))});
  }
  const std::int64_t side =
      whole_number("--side", o.side, sim::rtl::kLeastSide, sim::rtl::kMostSide);
  return {.kind = sim::rtl::fusemax_kind(),
          .size = side,
          .words = {"--side", std::to_string(side)},
          .name = fmt::format("side {}", side),
          .takes = what_it_takes(side, o.fast)};
}

// 0, 1 where the recipe failed, or 128 + the signal that ended us.
int build_one(const fs::path& script, const Built& built, const fs::path& out,
              sim::rtl::Variant variant) {
  std::vector<std::string> words = {script.string()};
  words.insert(words.end(), built.words.begin(), built.words.end());
  words.insert(words.end(), {"--out", out.string()});
  if (variant == sim::rtl::Variant::fast) words.emplace_back("--fast");
  const int failed = run_recipe(words);
  if (failed >= 128) return failed;
  if (failed != 0) {
    fmt::print(stderr, "weft rtl: building the library of {} failed; what is wrong stands above\n",
               built.name);
    return 1;
  }
  sim::rtl::open_engine(built.kind, out / sim::rtl::library_name(built.kind, built.size, variant));
  return 0;
}

// Where the libraries go. ConfigError, minutes before there is one, where none could be written:
// what is made there to find out is gone again.
fs::path out_of(const RtlCommand& o) {
  fs::path out = o.out.empty() ? sim::rtl::library_folders().front() : fs::path(o.out);
  const bool named = !o.out.empty() || folders_of_variable("WEFT_RTL_PATH").empty();
  StagedFolder(named ? "--out" : "WEFT_RTL_PATH", out).open();
  return out;
}

int build(const RtlCommand& o) {
  const Built built = built_of(o);
  const fs::path out = out_of(o);
  const fs::path script = recipe();
  for (const char* tool : {"verilator", "g++"}) {
    if (!installed(tool))
      throw ConfigError(Problem{
          {"PATH", 0, 0},
          "",
          tool,
          fmt::format("is not installed, and builds the library; on Debian: apt-get install {}",
                      tool)});
  }
  std::vector<sim::rtl::Variant> variants = {sim::rtl::Variant::fast};
  if (!o.fast) variants.insert(variants.begin(), sim::rtl::Variant::checked);
  fmt::print(stderr, "{}", built.takes);
  for (const sim::rtl::Variant variant : variants) {
    const int ended = build_one(script, built, out, variant);
    if (ended != 0) return ended;
  }
  say((out / sim::rtl::library_name(built.kind, built.size, variants.front())).string() + "\n");
  return 0;
}

int rtl(const RtlCommand& o) {
  if (o.action == "build") return build(o);
  if (o.action.empty()) throw ConfigError(Problem{{}, "ACTION", "", "missing; allowed: 'build'"});
  throw ConfigError(Problem{{}, "ACTION", o.action, config::unknown_name(o.action, {"build"})});
}

}  // namespace

Command add_rtl(App& app) {
  const auto o = std::make_shared<RtlCommand>();
  App* command = app.add_subcommand("rtl", "Libraries of Verilated RTL, for --fidelity rtl");
  command->add_option(
      "ACTION", o->action,
      "build: Verilates the FuseMax engine of a side, or a design's SpAtten engine, and "
      "compiles it");
  command->add_option("--side", o->side, "rows and columns of the 2D array, 4 to 256")
      ->type_name("N")
      ->check(not_empty());
  command
      ->add_option(
          "--design", o->design,
          fmt::format("of SpAtten's engine: {}", fmt::join(sim::rtl::spatten_designs(), ", ")))
      ->type_name("NAME")
      ->check(not_empty());
  command
      ->add_option("--out", o->out,
                   "where the library goes; the first folder of WEFT_RTL_PATH, or the build's own, "
                   "unless given")
      ->type_name("DIR")
      ->check(not_empty());
  command->add_flag("--fast", o->fast, "the library without assertions and waves alone");
  command->footer(kRtlExamples);
  return {command, [o] { return rtl(*o); }};
}

}  // namespace weft::cli
