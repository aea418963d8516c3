// A program's invocations on a design: each is mapped and scheduled when it is asked for.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>

#include "models/engine/design/mapping.hpp"
#include "models/engine/schedule/continues.hpp"
#include "models/program/program.hpp"

namespace weft::engine {

// "invocation 3, 64 queries and 512 keys: ", before a reason.
std::string place_of(std::size_t number, const program::Invocation& invocation);

// An invocation that does not fit, with its place in the program and the reason.
struct DoesNotFit : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Invocations : public ScheduleStream {
 public:
  struct Made {
    program::Invocation invocation;
    Mapping mapping;
    Schedule schedule;
    bool rests = false;  // on all before it
  };

  // All three outlive it.
  Invocations(const Design& design, const workload::Workload& workload,
              const program::Program& program)
      : design_(design), workload_(workload), program_(program), expansion_(program) {}

  // DoesNotFit where the next one is infeasible.
  const Schedule* next(bool complete) override;
  std::int64_t expected() const override { return program_.count(); }

  const std::deque<Made>& made() const { return made_; }
  // The same again from the beginning, as they are made: nothing is asked for a second time.
  void repeat(bool drains);
  bool drains() const override { return drains_; }

 private:
  const Design& design_;
  const workload::Workload& workload_;
  const program::Program& program_;
  program::Expansion expansion_;
  std::deque<Made> made_;
  std::optional<std::size_t> again_;  // of those made, which comes next
  bool drains_ = false;
};

}  // namespace weft::engine
