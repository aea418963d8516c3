// Values of a configuration by path, beside those that RTL has: what a design must not have
// changed.
#pragma once

#include <array>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/error.hpp"

namespace weft::sim::rtl {

// As config::canonical() writes them: "path = value" a line.
using Values = std::map<std::string, std::string, std::less<>>;
Values values_of(std::string_view lines);

// Of the memory, what no RTL fixes: bandwidth and latency.
inline constexpr std::array<std::string_view, 3> kFreeMemory{
    "arch.dram.bandwidth_bytes_per_s", "arch.dram.latency_s", "arch.dram.latency_cycles"};

// Every difference, as a problem.
std::vector<Problem> differences(const Values& found, const Values& expected);
void erase(Values& values, std::span<const std::string_view> paths);
inline void erase(Values& values, std::initializer_list<std::string_view> paths) {
  erase(values, std::span<const std::string_view>(paths.begin(), paths.size()));
}

}  // namespace weft::sim::rtl
