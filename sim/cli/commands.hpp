// The commands of `weft`: each adds its subcommand and says what it does when chosen.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace weft::cli {

// Runs a chosen command and gives its exit code: 0 success, 1 a check failed or a point is infeasible. Bad input is thrown.
using Action = std::function<int()>;

// A subcommand and its action; the action holds the options that the parser fills in.
struct Command {
  CLI::App* app = nullptr;
  Action action;
};

Command add_doctor(CLI::App& app);
Command add_list(CLI::App& app);
Command add_cost(CLI::App& app);
Command add_analyze(CLI::App& app);
Command add_run(CLI::App& app);
Command add_compare(CLI::App& app);
Command add_validate(CLI::App& app);
Command add_rtl(CLI::App& app);
Command add_reproduce(CLI::App& app);

// The folders of cascades, architectures, bindings, designs, workloads and cost tables: those of $WEFT_CONFIGS, with ':' between
// them, then the shipped one beside the build.
std::vector<std::filesystem::path> config_roots();
// The first of them that has the folder `name`; ConfigError where none has.
std::filesystem::path config_folder(const std::string& name);

}  // namespace weft::cli
