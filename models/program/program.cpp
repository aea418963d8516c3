#include "models/program/program.hpp"

#include <utility>

#include "models/common/count.hpp"
#include "models/common/error.hpp"

namespace weft::program {

Program& Program::steps(const Invocation& first, std::int64_t count) {
  check(count > 0 && first.layers > 0, "a program's entry runs at least once");
  entries_.emplace_back(Steps{first, count});
  return *this;
}

Program Program::of(const workload::Workload& workload, std::int64_t layers) {
  Program program;
  const workload::Shape shape = workload.shape();
  if (workload.sequences.empty()) return program.steps({shape, layers}, workload.steps);
  for (std::int64_t step = 0; step < workload.steps; ++step) {
    workload::Shape batch = shape;
    batch.batch = 0;
    for (const workload::Lengths& lengths : workload.sequences) {
      const std::int64_t keys = plus(lengths.seq_kv, times(step, lengths.seq_q, "keys"), "keys");
      if (batch.batch > 0 && (batch.seq_q != lengths.seq_q || batch.seq_kv != keys)) {
        program.then({batch, layers});
        batch.batch = 0;
      }
      batch.seq_q = lengths.seq_q;
      batch.seq_kv = keys;
      ++batch.batch;
    }
    program.then({batch, layers});
  }
  return program;
}

Program& Program::then(Rest rest) {
  entries_.emplace_back(std::move(rest));
  return *this;
}

std::int64_t Program::count() const {
  std::int64_t all = 0;
  for (const auto& entry : entries_) {
    const Steps* steps = std::get_if<Steps>(&entry);
    all = plus(all, steps == nullptr ? 1 : steps->count, "invocations");
  }
  return all;
}

std::optional<Invocation> Expansion::take(bool complete) {
  while (entry_ < program_.entries_.size()) {
    const auto& entry = program_.entries_[entry_];
    if (const auto* rest = std::get_if<Program::Rest>(&entry); rest != nullptr) {
      if (!complete) return std::nullopt;
      ++entry_;
      if (std::optional<Invocation> made = (*rest)(); made) return made;
      continue;
    }
    const auto& steps = std::get<Program::Steps>(entry);
    Invocation made = steps.first;
    made.shape.seq_kv = plus(made.shape.seq_kv, times(step_, made.shape.seq_q, "keys"), "keys");
    if (++step_ == steps.count) {
      step_ = 0;
      ++entry_;
    }
    return made;
  }
  return std::nullopt;
}

// What rests on others is asked for only when all before it is complete, and so never put together
// with what it rests on.
std::optional<Invocation> Expansion::next(bool complete) {
  std::optional<Invocation> made = ahead_ ? std::exchange(ahead_, std::nullopt) : take(complete);
  if (!made) return std::nullopt;
  while ((ahead_ = take(false)) && ahead_->shape == made->shape)
    made->layers = plus(made->layers, ahead_->layers, "layers");
  return made;
}

}  // namespace weft::program
