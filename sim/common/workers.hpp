// As many independent jobs as there are, on worker processes; each answer is a text.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "sim/common/process_pool.hpp"

namespace weft::sim {

class Workers {
 public:
  using Job = std::function<std::string(std::size_t)>;  // the answer to job i
  using Answer = std::function<void(std::size_t, const std::string&)>;

  // job(i) for every i below `jobs`, each once, in order of i as workers come free, in `count`
  // processes (1: in this one).
  Workers(std::size_t jobs, unsigned count, Job job);

  // Calls answer(i, text) here, in the order in which answers arrive. What a job threw is thrown
  // here, as ConfigError or ContractError with its text. False where `stop` asked for an end.
  bool collect(const Answer& answer, const std::stop_token& stop);

 private:
  std::size_t jobs_;
  Job job_;
  std::optional<ProcessPool> pool_;
};

}  // namespace weft::sim
