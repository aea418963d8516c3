// `weft rtl build`: the library of the RTL at another side, by the recipe of the build.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "models/common/fields.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/output.hpp"
#include "sim/rtl/library.hpp"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(Examples:
  weft rtl build --side 12
  weft rtl build --side 32 --out ~/weft-rtl && WEFT_RTL_PATH=~/weft-rtl weft run --design fusemax-32x32 --workload bert-base --heads 1 --seq 128 --fidelity rtl

Sides 4, 8 and 16 come with the build. Exit codes: 0 success, 1 Verilator or the compiler failed, 2 bad input.)";

constexpr const char* kRecipe = "scripts/rtl/build_library.sh";

struct RtlCommand {
  std::string action, side, out;
};

// The recipe: of the source tree beside build/<preset>/bin/weft, or of the one that this was built from.
fs::path recipe() {
  std::error_code code;
  const fs::path executable = fs::read_symlink("/proc/self/exe", code);
  const fs::path beside = (executable.parent_path() / "../../.." / kRecipe).lexically_normal();
  if (!code && fs::is_regular_file(beside, code)) return beside;
  const fs::path source = fs::path(WEFT_SOURCE_DIR) / kRecipe;
  if (fs::is_regular_file(source, code)) return source;
  throw ConfigError(Problem{{source.string(), 0, 0}, "", "", "is not there: the RTL is built from Weft's source tree"});
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

// Runs a program with its standard output on our standard error; gives its exit code, or 128 + the signal that ended it.
int run_program(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw ConfigError(Problem{{words[0], 0, 0}, "", "", "cannot be run: " + std::generic_category().message(error)});
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int build(const RtlCommand& o) {
  if (o.side.empty()) {
    throw ConfigError(
        Problem{{},
                "--side",
                "",
                fmt::format("missing: rows and columns of the 2D array, from {} to {}", sim::rtl::kLeastSide, sim::rtl::kMostSide)});
  }
  const std::int64_t side = whole_number("--side", o.side, sim::rtl::kLeastSide, sim::rtl::kMostSide);
  const fs::path out = o.out.empty() ? sim::rtl::library_folders().front() : fs::path(o.out);
  std::error_code code;
  if (fs::exists(out, code) && !fs::is_directory(out, code))
    throw ConfigError(Problem{{"--out", 0, 0}, "", out.string(), "must be a folder"});
  const fs::path script = recipe();
  for (const char* tool : {"verilator", "g++"}) {
    if (!installed(tool))
      throw ConfigError(
          Problem{{"PATH", 0, 0}, "", tool, fmt::format("is not installed, and builds the library; on Debian: apt-get install {}", tool)});
  }
  const int failed = run_program({script.string(), "--side", std::to_string(side), "--out", out.string()});
  if (failed != 0) {
    fmt::print(stderr, "weft rtl: building the library of side {} failed; what is wrong stands above\n", side);
    return failed >= 128 ? failed : 1;
  }
  const fs::path library = out / sim::rtl::library_name(side);
  sim::rtl::Library::open(library);
  say(library.string() + "\n");
  return 0;
}

int rtl(const RtlCommand& o) {
  if (o.action == "build") return build(o);
  if (o.action.empty()) throw ConfigError(Problem{{}, "ACTION", "", "missing; allowed: 'build'"});
  throw ConfigError(Problem{{}, "ACTION", o.action, config::unknown_name(o.action, {"build"})});
}

}  // namespace

Command add_rtl(CLI::App& app) {
  const auto o = std::make_shared<RtlCommand>();
  CLI::App* command = app.add_subcommand("rtl", "Libraries of Verilated RTL, for --fidelity rtl at other sides");
  command->add_option("ACTION", o->action, "build: Verilates the FuseMax engine of a side and compiles it");
  command->add_option("--side", o->side, "rows and columns of the 2D array, 4 to 32")->type_name("N")->check(not_empty());
  command->add_option("--out", o->out, "where the library goes; the first folder of WEFT_RTL_PATH, or the build's own, unless given")
      ->type_name("DIR")
      ->check(not_empty());
  command->footer(kExamples);
  return {command, [o] { return rtl(*o); }};
}

}  // namespace weft::cli
