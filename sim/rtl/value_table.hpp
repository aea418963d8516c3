// Values of a configuration by path, beside those that RTL has: what a design must not have
// changed.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/error.hpp"

namespace weft::sim::rtl {

// As config::canonical() writes them: "path = value" a line.
using Values = std::map<std::string, std::string, std::less<>>;
Values values_of(std::string_view lines);

// Every difference, as a problem.
std::vector<Problem> differences(const Values& found, const Values& expected);
void erase(Values& values, std::initializer_list<std::string_view> paths);

}  // namespace weft::sim::rtl
