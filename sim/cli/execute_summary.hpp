// What the command says of results.
#pragma once

#include <string>
#include <vector>

#include "sim/request/execute.hpp"

namespace weft::cli {

using request::Executed;

// 0, or 1 where a point is infeasible; says why on standard error.
int exit_code(const std::vector<Executed>& runs, const std::string& command);
// For people: everything about one result, or one line a result.
std::string summary(const Executed& run);
std::string comparison_table(const std::vector<Executed>& runs);

}  // namespace weft::cli
