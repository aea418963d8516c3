// What a stream through DRAM came to: for people, and as weft-memory/1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/memory/hbm/stream_run.hpp"

namespace weft::sim::memory {

struct Latencies {
  double mean = 0;
  std::int64_t p50 = 0, p99 = 0, most = 0;  // the least that so many percent do not exceed
  struct Bar {
    std::int64_t from = 0;  // ticks; up to the next bar's
    std::uint64_t count = 0;
  };
  std::vector<Bar> histogram;
};
// Absent without reads.
std::optional<Latencies> latencies_of(const StreamResult& result);

struct StreamReport {
  // As asked for.
  std::string part, mapping;
  std::string pattern;  // or the trace's file, where `of_trace`
  bool of_trace = false;
  std::int64_t bytes_per_row = 0;  // 0: the pattern has none
  StreamConfig config;
  StreamResult result;
  std::optional<double> closed_form_ticks;  // of the busiest channel, where the closed form knows
};

double peak_bytes_per_s(const StreamReport& report);  // of all channels
double seconds(const StreamReport& report);
double share_of_peak(const StreamReport& report);
// What held it up most, with a figure: "row bus: busy 90 % of the time".
std::string bound_by(const StreamReport& report);

std::string stream_text(const StreamReport& report);
std::string stream_json(const StreamReport& report);

}  // namespace weft::sim::memory
