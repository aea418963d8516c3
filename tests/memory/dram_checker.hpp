// Reads a trace of commands and knows the rules of a part, and nothing of the controller. A rule is
// between the ticks in which two commands have come whole: their last parts.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/memory/dram_part.hpp"
#include "sim/memory/hbm/dram_channel.hpp"

namespace weft::sim::memory {

class DramChecker {
 public:
  explicit DramChecker(const weft::memory::DramPart& part);

  // The next command of the channel.
  void see(const SentCommand& sent);

  const std::vector<std::string>& violations() const { return violations_; }
  // By rule, how much later than it allows the closest pair came.
  const std::map<std::string, Cycle>& slack() const { return slack_; }

 private:
  static constexpr Cycle kLongAgo = -(Cycle{1} << 40);
  using Last = std::array<Cycle, kDramCommands>;  // by command, when one last came whole

  struct Scope {
    Last last;
    Scope() { last.fill(kLongAgo); }
  };
  struct Bank {
    Scope scope;
    bool open = false;
    std::int64_t row = 0;
  };

  std::size_t half_of(std::size_t b) const { return b / (banks_.size() / halves_.size()); }
  std::size_t stack_of(std::size_t b) const { return b / (group_banks_ * groups_of_stack_); }
  std::size_t group_of(std::size_t b) const { return b / group_banks_; }

  void rule(const std::string& name, Cycle gap, Cycle need);
  void fail(const std::string& what);
  void check_bus(const SentCommand& sent, Cycle took);
  void check_data_clock(const SentCommand& sent);
  void check_state(const SentCommand& sent);
  void check_activate(std::size_t b);
  void check_precharge(std::size_t b);
  void check_precharge_all(std::size_t h);
  void check_access(std::size_t b, bool write);
  void check_refresh_all(std::size_t h);
  void check_refresh_bank(std::size_t b);
  Cycle since(const Scope& scope, DramCommand command) const {
    return at_ - scope.last[static_cast<std::size_t>(command)];
  }

  const weft::memory::DramPart part_;
  const weft::memory::Timings& t_;
  std::int64_t k_;
  std::size_t group_banks_, groups_of_stack_;
  std::vector<Bank> banks_;
  std::vector<Scope> halves_, stacks_, groups_;
  std::vector<std::vector<Cycle>> activates_;  // of a half, the last four
  Cycle at_ = 0;                               // when the command has come whole
  Cycle row_until_ = 0, column_until_ = 0;     // the buses are taken before
  SentCommand rising_{};                       // the last row command on a rising edge
  SentCommand now_{};
  SentCommand before_{};  // the last command, of a part whose data clock may stand
  Cycle data_clock_until_ = 0;
  std::vector<std::string> violations_;
  std::map<std::string, Cycle> slack_;
};

}  // namespace weft::sim::memory
