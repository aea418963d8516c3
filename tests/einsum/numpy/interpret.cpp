// Interprets a cascade for a test in another language. Standard input, one item a line: `cascade
// FILE`, `extent RANK N`, `scalar NAME X`, `input NAME DIMENSIONS extents… values…`. Standard
// output: `NAME DIMENSIONS extents… values…` for each tensor.
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "models/common/error.hpp"
#include "models/einsum/interpret.hpp"
#include "models/einsum/load.hpp"

namespace {

double number(std::istream& in) {
  std::string text;
  in >> text;
  return std::stod(text);  // nan and inf too
}

}  // namespace

int main() try {
  std::string file;
  std::map<std::string, std::int64_t> extents;
  std::map<std::string, double> scalars;
  std::map<std::string, weft::einsum::DenseTensor> inputs;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::string what;
    std::string name;
    in >> what >> name;
    if (what == "cascade") file = name;
    if (what == "extent") in >> extents[name];
    if (what == "scalar") scalars[name] = number(in);
    if (what != "input") continue;
    weft::einsum::DenseTensor& tensor = inputs[name];
    std::size_t dimensions = 0;
    in >> dimensions;
    std::int64_t count = 1;
    for (std::size_t d = 0; d < dimensions; ++d) {
      std::int64_t extent = 0;
      in >> extent;
      count *= extent;
      tensor.shape.push_back(extent);
    }
    for (std::int64_t i = 0; i < count; ++i) tensor.data.push_back(number(in));
  }
  const auto cascade = weft::einsum::load_cascade(file);
  const auto tensors = weft::einsum::interpret(
      cascade, weft::einsum::resolve_extents(cascade, extents), inputs, scalars);
  for (const auto& [name, tensor] : tensors) {
    std::string line = fmt::format("{} {}", name, tensor.shape.size());
    for (const std::int64_t extent : tensor.shape) line += fmt::format(" {}", extent);
    for (const double value : tensor.data) line += fmt::format(" {:.17g}", value);
    std::puts(line.c_str());
  }
  return 0;
} catch (const weft::ConfigError& error) {
  std::fputs(error.what(), stderr);
  return 2;
}
