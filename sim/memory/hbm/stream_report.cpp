#include "sim/memory/hbm/stream_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/common/json.hpp"

namespace weft::sim::memory {
namespace {

constexpr std::size_t kBars = 128;

double ticks_of_all(const StreamReport& report) {
  return static_cast<double>(report.result.ticks * report.config.channels);
}

weft::memory::DramUse use_of(const StreamReport& report) {
  return use_of(report.result.counts, report.config.channel.part, ticks_of_all(report));
}

// Reads by their latency.
std::vector<std::uint64_t> counted(const std::vector<std::int32_t>& latencies) {
  std::vector<std::uint64_t> reads(
      static_cast<std::size_t>(*std::max_element(latencies.begin(), latencies.end())) + 1);
  for (const std::int32_t ticks : latencies) ++reads[static_cast<std::size_t>(ticks)];
  return reads;
}

std::vector<Latencies::Bar> histogram_of(const std::vector<std::uint64_t>& reads) {
  const std::size_t width = (reads.size() - 1) / kBars + 1;
  std::vector<Latencies::Bar> bars;
  for (std::size_t from = 0; from < reads.size(); from += width)
    bars.push_back({static_cast<std::int64_t>(from), 0});
  for (std::size_t ticks = 0; ticks < reads.size(); ++ticks)
    bars[ticks / width].count += reads[ticks];
  return bars;
}

}  // namespace

std::optional<Latencies> latencies_of(const StreamResult& result) {
  if (result.read_latencies.empty()) return std::nullopt;
  const std::vector<std::uint64_t> reads = counted(result.read_latencies);
  const std::uint64_t all = result.read_latencies.size();
  const auto at = [&](std::uint64_t percent) {
    std::uint64_t left = (all * percent + 99) / 100;
    std::size_t ticks = 0;
    while (reads[ticks] < left) left -= reads[ticks++];
    return static_cast<std::int64_t>(ticks);
  };
  double sum = 0;
  for (std::size_t ticks = 0; ticks < reads.size(); ++ticks)
    sum += static_cast<double>(ticks * reads[ticks]);
  return Latencies{sum / static_cast<double>(all), at(50), at(99),
                   static_cast<std::int64_t>(reads.size()) - 1, histogram_of(reads)};
}

double peak_bytes_per_s(const StreamReport& report) {
  return report.config.channel.part.peak_bytes_per_s() *
         static_cast<double>(report.config.channels);
}

double seconds(const StreamReport& report) {
  return static_cast<double>(report.result.ticks) * report.config.channel.part.tick_ps() * 1e-12;
}

double share_of_peak(const StreamReport& report) {
  const auto bytes = static_cast<double>(report.result.requests) *
                     static_cast<double>(report.config.channel.part.organisation.access_bytes);
  return bytes / (seconds(report) * peak_bytes_per_s(report));
}

std::string bound_by(const StreamReport& report) {
  return weft::memory::bound_words(use_of(report));
}

namespace {

using json::Writer;

void write_latencies(Writer& out, const StreamReport& report) {
  const std::optional<Latencies> latencies = latencies_of(report.result);
  if (!latencies) {
    out.null_field("read_latency_cycles");
    out.null_field("histogram");
    return;
  }
  out.key("read_latency_cycles");
  out.begin_object();
  out.field("mean", latencies->mean);
  out.field("p50", latencies->p50);
  out.field("p99", latencies->p99);
  out.field("max", latencies->most);
  out.end_object();
  out.objects("histogram", latencies->histogram, [&](const Latencies::Bar& bar) {
    out.field("from_cycles", bar.from);
    out.field("reads", bar.count);
  });
}

void write_counts(Writer& out, const StreamReport& report) {
  const DramCounts& counts = report.result.counts;
  const double ticks = ticks_of_all(report);
  out.field("activates", counts.activates);
  out.field("precharges", counts.precharges);
  out.field("auto_precharges", counts.auto_precharges);
  out.field("refreshes", counts.refreshes);
  out.field("reads", counts.reads);
  out.field("writes", counts.writes);
  out.field("row_hits", counts.hits);
  out.field("row_misses", counts.misses);
  out.field("row_conflicts", counts.conflicts);
  out.field("forwarded_reads", counts.forwarded_reads);
  out.field("absorbed_writes", counts.absorbed_writes);
  out.field("turnarounds", counts.turnarounds);
  out.field("data_clock_starts", counts.clock_starts);
  out.field("out_of_patience", counts.urgent);
  out.field("read_queue_mean", static_cast<double>(counts.read_queue_ticks) / ticks);
  out.field("write_queue_mean", static_cast<double>(counts.write_queue_ticks) / ticks);
  const weft::memory::DramUse use = use_of(report);
  out.field("data_bus_share", use.data_bus);
  out.field("row_bus_share", use.row_bus);
  out.field("column_bus_share", use.column_bus);
  out.key("waits");
  out.begin_object();
  for (std::size_t i = 0; i < kDramWaits; ++i)
    out.field(weft::memory::kDramWaitNames[i], use.waits[i]);
  out.end_object();
}

// No maker publishes what a command costs; a price per bit would hide what rows do.
void write_energy(Writer& out) {
  out.key("energy_pj");
  out.begin_object();
  for (const char* command : {"activate", "read", "write", "refresh", "background"})
    out.null_field(command);
  out.field("reason", "no public price");
  out.end_object();
}

}  // namespace

std::string stream_json(const StreamReport& report) {
  const auto& part = report.config.channel.part;
  const auto& control = report.config.channel.control;
  Writer out;
  out.begin_object();
  out.field("schema", "weft-memory/1");
  out.field("part", report.part);
  out.field("mapping", report.mapping);
  if (report.of_trace) {
    out.null_field("pattern");
    out.field("trace", report.pattern);
  } else {
    out.field("pattern", report.pattern);
    out.null_field("trace");
  }
  if (report.bytes_per_row > 0) {
    out.field("bytes_per_row", report.bytes_per_row);
  } else {
    out.null_field("bytes_per_row");
  }
  out.field("channels", report.config.channels);
  out.field("interleave_bytes", report.config.interleave_bytes);
  out.field("outstanding", report.config.outstanding);
  out.field("window", config::name_of(report.config.window));
  out.field("page", config::name_of(control.page));
  out.field("refresh", config::name_of(control.refresh));
  out.field("scheduler", config::name_of(control.scheduler));
  out.field("cycles", report.result.ticks);
  out.field("tck_ps", part.tick_ps());
  out.field("cycles_per_clock", part.ticks_per_clock());
  out.field("seconds", seconds(report));
  out.field("requests", report.result.requests);
  out.field("bytes",
            report.result.requests * static_cast<std::uint64_t>(part.organisation.access_bytes));
  out.field("peak_bytes_per_s", peak_bytes_per_s(report));
  out.field("share_of_peak", share_of_peak(report));
  write_latencies(out, report);
  write_counts(out, report);
  out.field("bound_by", bound_by(report));
  if (report.closed_form_ticks) {
    out.field("closed_form_cycles", *report.closed_form_ticks);
  } else {
    out.null_field("closed_form_cycles");
  }
  write_energy(out);
  out.end_object();
  return out.take();
}

std::string stream_text(const StreamReport& report) {
  const DramCounts& counts = report.result.counts;
  const auto& part = report.config.channel.part;
  const double peak = peak_bytes_per_s(report);
  std::string out =
      fmt::format("{}: {} channel{}, {} {}, {} outstanding\n{}\n\n", report.part,
                  report.config.channels, report.config.channels == 1 ? "" : "s", report.mapping,
                  report.of_trace ? "trace " + report.pattern : report.pattern,
                  report.config.outstanding, part.description);
  out += fmt::format("accesses      {:>14}   of {} bytes\n", report.result.requests,
                     part.organisation.access_bytes);
  out += fmt::format("cycles        {:>14}   of {} ps, {:.4g} µs\n", report.result.ticks,
                     part.tick_ps(), seconds(report) * 1e6);
  out += fmt::format("bandwidth     {:>14.2f}   GB/s, {:.1f} % of {:.1f}\n",
                     share_of_peak(report) * peak * 1e-9, 100 * share_of_peak(report), peak * 1e-9);
  if (const auto latencies = latencies_of(report.result)) {
    out += fmt::format(
        "read latency  {:>14.2f}   cycles mean; half within {}, 99 % within {}, all "
        "within {}\n",
        latencies->mean, latencies->p50, latencies->p99, latencies->most);
  }
  out +=
      fmt::format("rows          {:>14}   activates; {} accesses hit, {} missed, {} in conflict\n",
                  counts.activates, counts.hits, counts.misses, counts.conflicts);
  out += fmt::format("precharges    {:>14}   and {} with an access\n", counts.precharges,
                     counts.auto_precharges);
  out += fmt::format("refreshes     {:>14}\n", counts.refreshes);
  out += fmt::format("turnarounds   {:>14}\n", counts.turnarounds);
  if (part.clocks.wck_postamble)
    out += fmt::format("clock starts  {:>14}   of the data clock\n", counts.clock_starts);
  if (report.closed_form_ticks)
    out += fmt::format(
        "closed form   {:>14.0f}   cycles, {:+.1f} %\n", *report.closed_form_ticks,
        100 * (*report.closed_form_ticks / static_cast<double>(report.result.ticks) - 1));
  return out + "bound by " + bound_by(report) + "\n";
}

}  // namespace weft::sim::memory
