// The commands of `weft`: each adds its subcommand and says what it does when chosen.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sim/cli/parser.hpp"

namespace weft::cli {

// Runs a chosen command and gives its exit code: 0 success, 1 a check failed or a point is
// infeasible. Bad input is thrown.
using Action = std::function<int()>;

// A subcommand and its action; the action holds the options that the parser fills in.
struct Command {
  App* app = nullptr;
  Action action;
};

Command add_doctor(App& app);
Command add_list(App& app);
Command add_cost(App& app);
Command add_analyze(App& app);
Command add_memory(App& app);
Command add_run(App& app);
Command add_compare(App& app);
Command add_validate(App& app);
Command add_rtl(App& app);
Command add_reproduce(App& app);
Command add_sweep(App& app);
Command add_accuracy(App& app);

// The folders of cascades, architectures, bindings, designs, workloads, cost tables, DRAM parts and
// address mappings: those of $WEFT_CONFIGS, with ':' between them, then the shipped one beside the
// build.
std::vector<std::filesystem::path> config_roots();
// The first of them that has the folder `name`; ConfigError where none has.
std::filesystem::path config_folder(const std::string& name);

}  // namespace weft::cli
