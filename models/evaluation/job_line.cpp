// An outcome as a line of text between processes: fields with tabs between them, doubles by
// shortest round trip.
#include <fmt/format.h>

#include <charconv>

#include "models/common/error.hpp"
#include "models/evaluation/job.hpp"

namespace weft::evaluation {
namespace {

class FieldReader {
 public:
  explicit FieldReader(const std::string& line) : line_(line) {}
  std::string text() {
    check(at_ <= line_.size(), "a line of an outcome ends early");
    const std::size_t end = std::min(line_.find('\t', at_), line_.size());
    std::string field = line_.substr(at_, end - at_);
    at_ = end + 1;
    return field;
  }
  double number() {
    const std::string field = text();
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    check(error == std::errc{} && end == field.data() + field.size(),
          "a field of an outcome is no number");
    return value;
  }

 private:
  const std::string& line_;
  std::size_t at_ = 0;
};

}  // namespace

std::string to_line(const Outcome& o) {
  std::string line = fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", o.status, o.cycles,
                                 o.latency_s, o.traffic_bytes, o.utilisation_2d, o.utilisation_1d,
                                 o.useful_macs, o.query_blocks, o.bound_by, o.waits, o.mapping);
  line += fmt::format("\t{}", o.energy.size());
  for (const auto& [table, parts] : o.energy)
    line += fmt::format("\t{}\t{}\t{}\t{}\t{}\t{}", table, parts.macs, parts.operations, parts.dram,
                        parts.buffer, parts.registers);
  line += fmt::format("\t{}", o.einsum_share.size());
  for (const auto& [einsum, share] : o.einsum_share) line += fmt::format("\t{}\t{}", einsum, share);
  return line;
}

Outcome from_line(const std::string& line) {
  FieldReader in(line);
  Outcome o;
  o.status = in.text();
  o.cycles = in.number();
  o.latency_s = in.number();
  o.traffic_bytes = in.number();
  o.utilisation_2d = in.number();
  o.utilisation_1d = in.number();
  o.useful_macs = in.number();
  o.query_blocks = static_cast<std::int64_t>(in.number());
  o.bound_by = in.text();
  o.waits = in.text();
  o.mapping = in.text();
  for (auto tables = static_cast<int>(in.number()); tables > 0; --tables) {
    EnergyParts& parts = o.energy[in.text()];
    for (double EnergyParts::*part :
         {&EnergyParts::macs, &EnergyParts::operations, &EnergyParts::dram, &EnergyParts::buffer,
          &EnergyParts::registers})
      parts.*part = in.number();
  }
  for (auto einsums = static_cast<int>(in.number()); einsums > 0; --einsums) {
    const std::string einsum = in.text();
    o.einsum_share[einsum] = in.number();
  }
  return o;
}

}  // namespace weft::evaluation
