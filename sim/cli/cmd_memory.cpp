#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>

#include "models/common/text.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/memory/access_trace.hpp"
#include "models/memory/stream.hpp"
#include "models/memory/stream_estimate.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/output.hpp"
#include "sim/memory/hbm/stream_report.hpp"
#include "sim/request/options.hpp"

namespace weft::cli {

using namespace request;
namespace {

using memory::DramPart;

constexpr const char* kMemoryExamples = R"(Examples:
  weft memory --part hbm2 --pattern seq_read --mapping MOP4CLXOR
  weft memory --part hbm2 --pattern random_row --bytes-per-row 96 --outstanding 16 --json -
  weft memory --part hbm3 --pattern gather_50 --bytes-per-row 128 --requests 64K --channels 16 --interleave 256
  weft memory --part hbm2 --trace accesses.csv --refresh none --completions done.csv

Patterns: seq_read, seq_write, rw_alternate, rw_copy, rw_random, random_write, random_row, and gather_P, P percent of the rows of matrices of 1024 rows. Parts: weft list drams; mappings: weft list mappings.)";

struct MemoryCommand {
  std::string part, pattern, bytes_per_row, requests, trace;
  std::string outstanding = "64", channels = "1", interleave = "256", seed = "1";
  std::string mapping, page = "open", refresh = "all-bank", scheduler = "fr-fcfs";
  std::string window = "channel";
  std::string json, completions, commands;
  bool exact = false;
};

template <class E>
E choice(const std::string& option, const std::string& text) {
  for (const auto& [name, value] : names(config::Tag<E>{})) {
    if (name == text) return value;
  }
  refuse(option, text, config::unknown_name(text, config::names_of<E>()));
}

std::int64_t power_of_two(const std::string& option, const std::string& text, std::int64_t least,
                          std::int64_t most) {
  const std::int64_t value = whole_number(option, text, least, most);
  if (!std::has_single_bit(static_cast<std::uint64_t>(value)))
    refuse(option, text, fmt::format("must be a power of two from {} to {}", least, most));
  return value;
}

bool has_rows(const std::string& pattern) {
  return pattern == "random_row" || pattern.starts_with("gather_");
}

memory::DramControl control_of(const MemoryCommand& o, const DramPart& part) {
  memory::DramControl control;
  control.page = choice<memory::Page>("--page", o.page);
  control.refresh = choice<memory::Refresh>("--refresh", o.refresh);
  control.scheduler = choice<memory::Scheduler>("--scheduler", o.scheduler);
  if (control.refresh == memory::Refresh::per_bank && !part.clocks.refi_bank)
    refuse("--refresh", o.refresh, "the part has no refresh of one bank (clocks.refi_bank)");
  return control;
}

std::vector<memory::Access> accesses_of(const MemoryCommand& o, const DramPart& part,
                                        std::int64_t channels) {
  if (o.pattern.empty() == o.trace.empty())
    refuse(o.pattern.empty() ? "--pattern" : "--trace", o.trace,
           "a pattern or a trace is needed, one of the two");
  if (!o.trace.empty()) {
    if (!o.requests.empty()) refuse("--requests", o.requests, "a trace has as many as it has");
    if (!o.bytes_per_row.empty()) refuse("--bytes-per-row", o.bytes_per_row, "a trace has no rows");
    return memory::read_trace(
        o.trace, part.organisation.access_bytes,
        static_cast<std::uint64_t>(part.organisation.channel_bytes() * channels));
  }
  if (!o.bytes_per_row.empty() && !has_rows(o.pattern) && o.bytes_per_row != "32")
    refuse("--bytes-per-row", o.bytes_per_row, "only random_row and gather_P have rows");
  memory::StreamRequest asked;
  asked.pattern = o.pattern;
  if (!o.bytes_per_row.empty())
    asked.bytes_per_row = whole_number("--bytes-per-row", o.bytes_per_row, 1, 1 << 20);
  asked.access_bytes = part.organisation.access_bytes;
  asked.requests =
      o.requests.empty() ? 32768 : whole_number("--requests", o.requests, 1, std::int64_t{1} << 26);
  asked.seed =
      static_cast<std::uint64_t>(whole_number("--seed", o.seed, 0, (std::int64_t{1} << 53)));
  return memory::make_stream(asked);
}

// In the order in which they were done; of one cycle in the order of the stream.
std::string completions_csv(const std::vector<memory::Access>& accesses,
                            const sim::memory::StreamResult& result) {
  std::vector<std::size_t> order(accesses.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return result.done_at[a] < result.done_at[b];
  });
  std::string out = "address,write,done_cycle\n";
  for (const std::size_t i : order)
    fmt::format_to(std::back_inserter(out), "{},{},{}\n", accesses[i].address,
                   accesses[i].write ? 1 : 0, result.done_at[i]);
  return out;
}

std::string commands_csv(const sim::memory::StreamResult& result) {
  std::string out = "channel,cycle,command,bank,row\n";
  for (std::size_t c = 0; c < result.commands.size(); ++c) {
    for (const sim::memory::SentCommand& sent : result.commands[c])
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{}\n", c, sent.tick,
                     sim::memory::kDramCommandNames[static_cast<std::size_t>(sent.command)],
                     sent.bank, sent.row);
  }
  return out;
}

// Of the channel with the most accesses.
std::optional<double> closed_form(const sim::memory::StreamConfig& config,
                                  const std::vector<memory::Access>& accesses) {
  const memory::ChannelMap channels(config.channels, config.interleave_bytes);
  std::vector<std::vector<memory::Access>> of(static_cast<std::size_t>(config.channels));
  for (const memory::Access& one : accesses)
    of[channels.channel(one.address)].push_back({channels.within(one.address), one.write});
  const auto busiest = std::max_element(
      of.begin(), of.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  const auto estimate = memory::estimate_stream(
      config.channel.part, config.mapping, config.channel.control, config.outstanding, *busiest);
  if (!estimate) return std::nullopt;
  return estimate->ticks_per_access * static_cast<double>(busiest->size());
}

int run_memory(const MemoryCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  outputs.expect("--completions", o.completions, true);
  outputs.expect("--commands", o.commands, true);
  const engine::Catalog catalog(config_roots());
  if (o.part.empty())
    refuse("--part", "",
           "missing: name a part, or give a YAML file; parts: " + one_of(catalog.list("dram")));
  const DramPart part = memory::load_part(catalog.file("dram", o.part));
  const std::string mapping = o.mapping.empty() ? part.mapping : o.mapping;
  const std::int64_t channels = power_of_two("--channels", o.channels, 1, 1024);
  sim::memory::StreamConfig config{
      {part, control_of(o, part)},
      memory::load_mapping(catalog.file("mapping", mapping), part.organisation),
      channels,
      power_of_two("--interleave", o.interleave, part.organisation.access_bytes,
                   std::int64_t{1} << 30),
      whole_number("--outstanding", o.outstanding, 1, 65536),
      choice<sim::memory::Window>("--window", o.window),
      !o.completions.empty(),
      !o.commands.empty(),
      !o.exact};
  const std::vector<memory::Access> accesses = accesses_of(o, part, channels);
  sim::memory::StreamReport report{
      o.part, mapping, o.trace.empty() ? o.pattern : o.trace,     !o.trace.empty(),
      0,      config,  sim::memory::run_stream(config, accesses), closed_form(config, accesses)};
  if (o.trace.empty() && has_rows(o.pattern))
    report.bytes_per_row = o.bytes_per_row.empty()
                               ? memory::kStreamAccess
                               : whole_number("--bytes-per-row", o.bytes_per_row, 1, 1 << 20);
  if (!o.completions.empty()) write_output(o.completions, completions_csv(accesses, report.result));
  if (!o.commands.empty()) write_output(o.commands, commands_csv(report.result));
  if (!o.json.empty()) write_output(o.json, sim::memory::stream_json(report));
  if (o.json.empty() && !outputs.uses_stdout()) say(sim::memory::stream_text(report));
  return 0;
}

void add_stream_options(App& command, MemoryCommand& o) {
  command.add_option("--part", o.part, "a name from 'weft list drams', or a YAML file")
      ->type_name("PART");
  command.add_option("--pattern", o.pattern, "a stream by rule; see below")->type_name("NAME");
  command
      .add_option("--bytes-per-row", o.bytes_per_row, "of random_row and gather_P; 32 unless given")
      ->type_name("BYTES");
  command
      .add_option("--requests", o.requests,
                  "accesses over all channels, 32K unless given; gathers take whole matrices up to "
                  "that many")
      ->type_name("N");
  command.add_option("--seed", o.seed, "of what is drawn; 1 unless given")->type_name("N");
  command
      .add_option("--trace", o.trace, "in place of a pattern: a file of address and R or W a line")
      ->type_name("FILE")
      ->check(not_empty());
}

void add_controller_options(App& command, MemoryCommand& o) {
  command.add_option("--outstanding", o.outstanding, "accesses in flight of each channel; 64")
      ->type_name("N");
  command
      .add_option("--window", o.window,
                  "channel: each channel takes its own in order; stream: all go in one order")
      ->type_name("KIND");
  command.add_option("--channels", o.channels, "channels, a power of two; 1")->type_name("C");
  command.add_option("--interleave", o.interleave, "bytes to a channel before the next; 256")
      ->type_name("BYTES");
  command
      .add_option("--mapping", o.mapping,
                  "of addresses: a name from 'weft list mappings', or a YAML file; the part's own "
                  "unless given")
      ->type_name("NAME");
  command.add_option("--page", o.page, "open or closed; open")->type_name("KIND");
  command.add_option("--refresh", o.refresh, "all-bank, per-bank or none; all-bank")
      ->type_name("KIND");
  command.add_option("--scheduler", o.scheduler, "fr-fcfs or row-hit-first; fr-fcfs")
      ->type_name("KIND");
}

}  // namespace

Command add_memory(App& app) {
  const auto o = std::make_shared<MemoryCommand>();
  App* command = app.add_subcommand(
      "memory", "A stream of accesses through a DRAM part: bandwidth, latency, what bounds it");
  add_stream_options(*command, *o);
  add_controller_options(*command, *o);
  command->add_flag(
      "--exact", o->exact,
      "step everything; else periods that recur are passed over, with the same result");
  command->add_option("--json", o->json, "as JSON, schema weft-memory/1; '-' is standard output")
      ->type_name("FILE")
      ->check(not_empty());
  command
      ->add_option("--completions", o->completions,
                   "address, write and the cycle in which each access was done, as CSV")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("--commands", o->commands, "every command with its cycle, as CSV")
      ->type_name("FILE")
      ->check(not_empty());
  command->footer(kMemoryExamples);
  return {command, [o] { return run_memory(*o); }};
}

}  // namespace weft::cli
