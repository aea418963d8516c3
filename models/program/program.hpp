// A program: attentions one after another, each of its own shape. It is told in few entries and
// expanded as it runs; an entry may rest on what those before it gave.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "models/workload/workload.hpp"

namespace weft::program {

// One attention of a program: layers of equal shape are one invocation.
struct Invocation {
  workload::Shape shape;
  std::int64_t layers = 1;

  friend bool operator==(const Invocation&, const Invocation&) = default;
};

class Program {
 public:
  // Called when every invocation before is complete; nothing where there is none after all.
  using Rest = std::function<std::optional<Invocation>()>;

  Program& then(const Invocation& invocation) { return steps(invocation, 1); }
  // Every invocation of a workload with sequences or steps: all sequences of a step before the
  // next, neighbours of equal lengths as one batch.
  static Program of(const workload::Workload& workload, std::int64_t layers = 1);

  // Decoding: `count` times the same, with `first.shape.seq_q` keys more each time.
  Program& steps(const Invocation& first, std::int64_t count);
  Program& then(Rest rest);

  // Invocations before neighbours of equal shape are put together; one for each that rests on
  // others.
  std::int64_t count() const;

 private:
  friend class Expansion;
  struct Steps {
    Invocation first;
    std::int64_t count = 1;
  };
  std::vector<std::variant<Steps, Rest>> entries_;
};

// The invocations of a program, one at a time. Neighbours of equal shape come as one.
class Expansion {
 public:
  explicit Expansion(const Program& program) : program_(program) {}

  // The next one; nothing behind the last, or where it rests on what is not complete. `complete`:
  // everything given so far is.
  std::optional<Invocation> next(bool complete);

 private:
  std::optional<Invocation> take(bool complete);

  const Program& program_;
  std::size_t entry_ = 0;
  std::int64_t step_ = 0;  // within the entry
  std::optional<Invocation> ahead_;
};

}  // namespace weft::program
