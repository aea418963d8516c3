// `weft`: parses the command line, runs one command, turns failures into a message and an exit
// code.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include "models/common/error.hpp"
#include "models/common/limits.hpp"
#include "models/common/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/output.hpp"

namespace weft::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kBadInput = 2;

constexpr const char* kFooter = R"(Examples:
    weft list designs
    weft run --design fusemax --workload bert-base --seq 16K
    weft compare --designs unfused,flat,fusemax --workload bert-base --seq 4K
    weft analyze attention-1pass
Each command explains itself: weft run --help

WEFT_LIMITS in the environment sets how much of a file is read, such as
WEFT_LIMITS=yaml.nodes=1M,csv.rows=1M; docs/units/readers.md lists all.

Exit codes: 0 success, 1 a check failed or a point is infeasible, 2 bad input.)";

// What the parser could not take, with the nearest option in place of a bare refusal.
std::string unexpected_text(const std::vector<std::string>& extras, const App& command) {
  const auto option = std::find_if(extras.begin(), extras.end(),
                                   [](const std::string& word) { return word.starts_with("-"); });
  if (option == extras.end())
    return fmt::format("unexpected argument '{}'; see --help",
                       extras.empty() ? "" : visible(extras.front()));
  const std::string name = option->substr(0, option->find('='));
  const std::string near = nearest_name(name, command.option_names());
  return fmt::format("unknown option '{}'; {}see --help", visible(name),
                     near.empty() ? "" : "did you mean '" + near + "'? ");
}

void complain(const std::string& command, const std::string& said) {
  const std::string message = visible_lines(said);
  const std::string prefix = command.empty() ? "weft" : "weft " + command;
  if (message.find('\n') == std::string::npos) {
    fmt::print(stderr, "{}: {}\n", prefix, message);
    return;
  }
  std::string indented = message;
  for (std::size_t at = 0; (at = indented.find('\n', at)) != std::string::npos; at += 3)
    indented.replace(at, 1, "\n  ");
  fmt::print(stderr, "{}: several problems:\n  {}\n", prefix, indented);
}

// The command that stands first, or why there is none.
void check_command(int argc, char** argv, const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.app->name());
  if (argc < 2)
    throw ConfigError(Problem{{}, "command", "", "missing: give " + one_of(names) + ", or --help"});
  const std::string first = argv[1];
  if (first.starts_with("-") || std::find(names.begin(), names.end(), first) != names.end()) return;
  const std::string near = nearest_name(first, names);
  throw ConfigError(
      Problem{{},
              "command",
              first,
              (near.empty() ? "" : "did you mean '" + near + "'? ") + "Allowed: " + one_of(names)});
}

int parse_and_run(int argc, char** argv, std::string& chosen_name) {
  App app("Weft: design, simulate and verify attention accelerators", "weft");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("weft ") + WEFT_VERSION);
  const std::vector<Command> commands{add_doctor(app),   add_list(app),  add_cost(app),
                                      add_analyze(app),  add_run(app),   add_compare(app),
                                      add_validate(app), add_rtl(app),   add_reproduce(app),
                                      add_memory(app),   add_sweep(app), add_accuracy(app)};
  check_command(argc, argv, commands);
  const auto chosen = [&]() -> const Command* {
    for (const Command& command : commands) {
      if (command.app->parsed()) return &command;
    }
    return nullptr;
  };
  const Parsed parsed = app.parse(argc, argv);
  const Command* command = chosen();
  if (command != nullptr) chosen_name = command->app->name();
  switch (parsed.kind) {
    case Parsed::Kind::run: break;
    case Parsed::Kind::help:
      print(command != nullptr ? command->app->help("weft") : app.help());
      return 0;
    case Parsed::Kind::version: print(parsed.text + "\n"); return 0;
    case Parsed::Kind::refused: complain(chosen_name, parsed.text); return kBadInput;
    case Parsed::Kind::unexpected:
      complain(chosen_name, unexpected_text({argv[1]}, app));
      return kBadInput;
  }
  if (command == nullptr) throw ConfigError(Problem{{}, "command", "", "missing; see weft --help"});
  // The parser's own message would name no neighbour.
  if (const auto extras = command->app->remaining(); !extras.empty()) {
    complain(chosen_name, unexpected_text(extras, *command->app));
    return kBadInput;
  }
  return command->action();
}

int guarded(int argc, char** argv) {
  std::string command;
  try {
    environment_limits();  // refused here, and not only where a file is read
    return parse_and_run(argc, argv, command);
  } catch (const ConfigError& error) {
    complain(command, error.what());
    return kBadInput;
  } catch (const std::bad_alloc&) {
    complain(command, "out of memory");
  } catch (const std::exception& error) {
    complain(command, std::string("internal error, please report it: ") + error.what());
  }
  return kFailed;
}

}  // namespace
}  // namespace weft::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is seen at the write, and is no error
  return weft::cli::guarded(argc, argv);
}
