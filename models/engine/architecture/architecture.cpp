#include "models/engine/architecture/architecture.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "models/common/error.hpp"
#include "models/memory/dram_system.hpp"

namespace weft::engine {
namespace {

std::vector<std::string> array_names(const Architecture& arch) {
  std::vector<std::string> all;
  for (const auto& [name, array] : arch.arrays) all.push_back(name);
  return all;
}

class Checker {
 public:
  Checker(const Architecture& arch, const config::Origins& origins)
      : arch_(arch), origins_(origins) {}

  std::vector<Problem> run() {
    for (const auto& [name, array] : arch_.arrays) check_array("arrays." + name, name, array);
    std::vector<std::string> ends = array_names(arch_);
    ends.emplace_back("buffer");
    for (std::size_t i = 0; i < arch_.links.size(); ++i) {
      check_link("links[" + std::to_string(i) + "]", arch_.links[i], ends);
      check_link_once(i);
    }
    check_buffer(arch_.buffer);
    check_dram(arch_.dram);
    return std::move(problems_);
  }

 private:
  void add(const std::string& path, const std::string& value, std::string message) {
    problems_.push_back({config::origin_of(origins_, path), path, value, std::move(message)});
  }

  void check_buffer(const Buffer& buffer) {
    const bool shared = buffer.ports == BufferPorts::shared;
    if (shared && !buffer.banks)
      add("buffer.banks", "", "missing key: shared ports need their number of banks");
    if (!shared && buffer.banks)
      add("buffer.banks", std::to_string(*buffer.banks), "only for ports: shared");
  }

  void check_latency(const Dram& dram) {
    if (!dram.latency_s && !dram.latency_cycles) {
      add("dram", "",
          "missing key: latency_s or latency_cycles, request to first data in seconds or in "
          "cycles");
    } else if (dram.latency_s && dram.latency_cycles) {
      const std::string other = config::origin_of(origins_, "dram.latency_s").text();
      add("dram.latency_cycles", std::to_string(*dram.latency_cycles),
          "latency_s is at " + other + ": one of the two, not both");
    } else if (dram.latency_s && *dram.latency_s * arch_.clock_hz > kMostDramLatencyCycles) {
      add("dram.latency_s", config::number_text(*dram.latency_s),
          "at a clock_hz of " + config::number_text(arch_.clock_hz) + " more than " +
              config::number_text(kMostDramLatencyCycles) + " cycles");
    }
  }

  void check_part(const Dram& dram) {
    const auto only = [&](const char* path, bool set) {
      if (set && !dram.part) add(path, "", "only with dram.part, which it is of");
    };
    only("dram.channels", dram.channels.has_value());
    only("dram.interleave_bytes", dram.interleave_bytes.has_value());
    only("dram.mapping", dram.mapping.has_value());
    only("dram.page", dram.page.has_value());
    only("dram.refresh", dram.refresh.has_value());
    only("dram.scheduler", dram.scheduler.has_value());
    const auto power = [&](const char* path, const std::optional<std::int64_t>& value) {
      if (value && (*value & (*value - 1)) != 0)
        add(path, std::to_string(*value), "must be a power of two");
    };
    power("dram.channels", dram.channels);
    power("dram.interleave_bytes", dram.interleave_bytes);
  }

  void check_dram(const Dram& dram) {
    check_latency(dram);
    if (dram.burst_bytes % 16 != 0)
      add("dram.burst_bytes", std::to_string(dram.burst_bytes), "must be a multiple of 16");
    if (dram.access_bytes && dram.burst_bytes % *dram.access_bytes != 0) {
      add("dram.burst_bytes", std::to_string(dram.burst_bytes),
          "must be a multiple of access_bytes, " + std::to_string(*dram.access_bytes));
    }
    check_part(dram);
    if (!dram.bus_bytes) return;
    if ((*dram.bus_bytes & (*dram.bus_bytes - 1)) != 0)
      add("dram.bus_bytes", std::to_string(*dram.bus_bytes), "must be a power of two");
    if (dram.burst_bytes % *dram.bus_bytes != 0) {
      add("dram.burst_bytes", std::to_string(dram.burst_bytes),
          "must be a multiple of bus_bytes, " + std::to_string(*dram.bus_bytes));
    }
  }

  void check_array(const std::string& path, const std::string& name, const Array& array) {
    if (name == "buffer" || name == "dram" || name == "link")
      add(path, name, "the name is taken; choose another for the array");
    const bool spatial = array.kind == ArrayKind::spatial;
    if (spatial && (!array.rows || !array.columns))
      add(path, "", "a spatial array needs rows and columns");
    if (spatial && array.lanes)
      add(path + ".lanes", std::to_string(*array.lanes),
          "a spatial array has rows and columns, not lanes");
    if (!spatial && !array.lanes) add(path, "", "a vector array needs lanes");
    if (!spatial && (array.rows || array.columns))
      add(path, "", "a vector array has lanes, not rows and columns");
    if (!array.operations.exp) return;
    const Exponential& exp = *array.operations.exp;
    const std::string at = path + ".operations.exp";
    if (exp.method == ExpMethod::segments && !exp.segments)
      add(at, "segments", "linear segments need their number: segments");
    if (exp.method != ExpMethod::segments && exp.segments)
      add(at + ".segments", std::to_string(*exp.segments), "only for method: segments");
    if (exp.segments && (*exp.segments & (*exp.segments - 1)) != 0) {
      add(at + ".segments", std::to_string(*exp.segments), "must be a power of two from 2 to 1024");
    }
    if (exp.method == ExpMethod::maccs && !array.operations.macc)
      add(at + ".method", "maccs", "needs the operation macc on the same array");
  }

  void check_link(const std::string& path, const Link& link, const std::vector<std::string>& ends) {
    for (const auto& [field, end] : {std::pair{".from", link.from}, std::pair{".to", link.to}}) {
      if (std::find(ends.begin(), ends.end(), end) == ends.end())
        add(path + field, end, config::unknown_name(end, ends));
    }
    const auto spatial = [&](const std::string& end) {
      return arch_.arrays.contains(end) && arch_.arrays.at(end).kind == ArrayKind::spatial;
    };
    if (link.hops != Hops::none && !spatial(link.from) && !spatial(link.to)) {
      add(path + ".hops", std::string(config::name_of(link.hops)),
          "neither end is a spatial array; allowed here: 'none'");
    }
    if (link.from == link.to) add(path, link.from, "a link joins two different places");
  }

  // A result takes one way: of two links between the same places, only one would count.
  void check_link_once(std::size_t i) {
    const Link& link = arch_.links[i];
    const auto same = [&](const Link& other) {
      return other.from == link.from && other.to == link.to;
    };
    const auto first =
        std::find_if(arch_.links.begin(), arch_.links.end(), same) - arch_.links.begin();
    if (static_cast<std::size_t>(first) == i) return;
    const Location before = config::origin_of(origins_, "links[" + std::to_string(first) + "]");
    add("links[" + std::to_string(i) + "]", link.from + " to " + link.to,
        "the second link between these two; the first is at " + before.text() + ": keep one");
  }

  const Architecture& arch_;
  const config::Origins& origins_;
  std::vector<Problem> problems_;
};

std::optional<std::int64_t> link_latency(const Architecture& arch, const std::string& from,
                                         const std::string& to) {
  for (const Link& link : arch.links) {
    if (link.from != from || link.to != to) continue;
    if (link.hops == Hops::none) return link.latency_cycles;
    const auto at_from = arch.arrays.find(link.from);
    const bool from_spatial =
        at_from != arch.arrays.end() && at_from->second.kind == ArrayKind::spatial;
    const Array& spatial = from_spatial ? at_from->second : arch.arrays.at(link.to);
    if (link.hops == Hops::corner)
      return link.latency_cycles + *spatial.rows + *spatial.columns - 2;
    return link.latency_cycles + (link.hops == Hops::rows ? *spatial.rows : *spatial.columns);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Problem> problems_of(const Architecture& arch, const config::Origins& origins) {
  return Checker(arch, origins).run();
}

std::int64_t latency_cycles(const Dram& dram, double clock_hz) {
  if (dram.latency_cycles) return *dram.latency_cycles;
  check(dram.latency_s.has_value(), "a memory has a latency");
  constexpr double kOfRounding =
      1e-9;  // far above what two roundings of a double add, far below a cycle of any latency
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(*dram.latency_s * clock_hz * (1 - kOfRounding))));
}

std::optional<std::int64_t> access_bytes(const Dram& dram) {
  if (dram.access_bytes || dram.system == nullptr) return dram.access_bytes;
  return dram.system->part.organisation.access_bytes;
}

double peak_bytes_per_s(const Dram& dram) {
  return dram.system == nullptr ? dram.bandwidth_bytes_per_s : dram.system->peak_bytes_per_s();
}

std::int64_t own_side(const Architecture& arch) {
  std::int64_t own = 0;
  for (const auto& [name, array] : arch.arrays) {
    own = std::max(
        own, array.kind == ArrayKind::spatial ? array.rows.value_or(0) : array.lanes.value_or(0));
  }
  return own;
}

Architecture scaled_to_side(const Architecture& arch, std::int64_t side) {
  Architecture scaled = arch;
  const double ratio = static_cast<double>(side) / static_cast<double>(own_side(arch));
  const auto scale = [&](std::int64_t value) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(value) * ratio));
  };
  for (auto& [name, array] : scaled.arrays) {
    if (array.kind == ArrayKind::spatial) {
      array.rows = array.columns = side;
      if (array.tile_contexts > 2) array.tile_contexts = 2 + (2 * side + 127) / 128;
    } else {
      array.lanes = side;
    }
  }
  scaled.buffer.bytes = scale(arch.buffer.bytes);
  scaled.buffer.row_bytes = scale(arch.buffer.row_bytes);
  scaled.dram.bandwidth_bytes_per_s = arch.dram.bandwidth_bytes_per_s * ratio;
  // Requests of more than 4 KiB save simulated events at cloud scale, and nothing else: smaller
  // designs are cut as from that.
  constexpr std::int64_t kLongestScaled = 4096;
  scaled.dram.burst_bytes =
      std::max<std::int64_t>(64, scale(std::min(arch.dram.burst_bytes, kLongestScaled)) / 16 * 16);
  if (side <= arch.dram.bus_up_to_side.value_or(0)) {
    constexpr std::int64_t kBurstBeats = 8;
    scaled.dram.bus_bytes =
        2 * static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(side)));
    scaled.dram.burst_bytes = kBurstBeats * *scaled.dram.bus_bytes;
  }
  return scaled;
}

std::int64_t path_latency(const Architecture& arch, const std::string& from,
                          const std::string& to) {
  if (from == to) return 0;
  if (const auto direct = link_latency(arch, from, to)) return *direct;
  return link_latency(arch, from, "buffer").value_or(0) +
         link_latency(arch, "buffer", to).value_or(0);
}

}  // namespace weft::engine
