#include "sim/common/workers.hpp"

#include <algorithm>
#include <utility>

#include "models/common/error.hpp"

namespace weft::sim {

Workers::Workers(std::size_t jobs, unsigned count, Job job) : jobs_(jobs), job_(std::move(job)) {
  const auto most = static_cast<unsigned>(std::min<std::size_t>(count, jobs));
  if (most > 1) pool_.emplace(most, [this](std::uint64_t i) { return job_(i); });
}

bool Workers::collect(const Answer& answer, const std::stop_token& stop) {
  if (!pool_) {
    for (std::size_t i = 0; i < jobs_; ++i) {
      if (stop.stop_requested()) return false;
      answer(i, job_(i));
    }
    return !stop.stop_requested();
  }
  std::size_t given = 0;
  const auto next = [&]() -> std::optional<std::uint64_t> {
    if (given == jobs_) return std::nullopt;
    return given++;
  };
  const auto take = [&](std::uint64_t i, const Outcome& outcome) {
    switch (outcome.kind) {
      case Outcome::Kind::answered: return answer(i, outcome.text);
      case Outcome::Kind::bad_input: throw ConfigError(Problem{{}, "", "", outcome.text});
      default: throw ContractError(outcome.text);
    }
  };
  return pool_->run(next, take, stop) && !stop.stop_requested();
}

}  // namespace weft::sim
