// validation.md: every published value beside what the rules and our fidelities give, and why they
// part. What its sections share; internal to models/evaluation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluation/reproduction.hpp"

namespace weft::evaluation {

std::string length_text(std::int64_t length);                     // "16K", "1M"
std::string difference(double ours, double published);            // "+0.10 %"
std::string figure(const std::optional<double>& value);           // four digits, or a dash
std::string header(std::vector<std::string> cells);               // a table's head, in Markdown
std::vector<std::string> fidelities_of(const Reproduction& all);  // that were run, the rules first

std::string linear_section(const Reproduction& all);
std::string end_to_end_section(const Reproduction& all);
std::string pareto_section(const Reproduction& all);

}  // namespace weft::evaluation
