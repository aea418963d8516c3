// A cascade with an architecture and a binding of it, as text, and what must come of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "models/einsum/cascade.hpp"
#include "models/engine/architecture/architecture.hpp"
#include "models/engine/binding/binding.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {

struct BoundCase {
  std::string text;  // all of it, for messages
  Shape shape;
  einsum::Cascade cascade;  // inputs among Q [E,P], K [E,M] and V [F,M], output AV over F and P
  weft::engine::Architecture arch;
  weft::engine::Binding binding;
  config::Origins origins;
  std::array<std::int64_t, 6> quantities{};
};

// `window` is the extent of ranks bound to model_width.
BoundCase bound_case(const std::string& cascade, const std::string& arch,
                     const std::string& binding, const Shape& shape, std::int64_t window = 1);

bool masked(const einsum::Cascade& cascade);
bool windowed(const einsum::Cascade& cascade);

struct Outcome {
  enum Kind { ran, refused, infeasible } kind = refused;
  std::string reason;  // where it did not run
};

// Lowers, sizes and runs it. Where it runs: values equal to the interpreter's, operations equal to
// those found by enumeration, stepping and advance alike to the last counter. Where it is refused:
// with file, line and reason.
Outcome expect_runs_or_refuses(const BoundCase& made, std::uint64_t seed);

}  // namespace weft::sim::engine::test
