#include "models/engine/design/dram_system_of.hpp"

#include <fmt/format.h>

#include "models/engine/design/design_files.hpp"

namespace weft::engine {
namespace {

// The fewest channels, a power of two, that reach the architecture's bandwidth.
std::int64_t channels_for(double bandwidth_bytes_per_s, const memory::DramPart& part) {
  std::int64_t channels = 1;
  while (part.peak_bytes_per_s() * static_cast<double>(channels) < bandwidth_bytes_per_s &&
         channels < kMostDramChannels)
    channels *= 2;
  return channels;
}

class Checked {
 public:
  explicit Checked(const config::Origins& origins) : origins_(origins) {}
  void add(const char* path, const std::string& value, std::string message) {
    problems_.add({config::origin_of(origins_, path), path, value, std::move(message)});
  }
  void multiple(const char* path, std::int64_t value, std::int64_t access) {
    if (value % access != 0)
      add(path, std::to_string(value),
          fmt::format("must be a multiple of the part's access of {} bytes", access));
  }
  void finish() const { problems_.finish(); }

 private:
  const config::Origins& origins_;
  Problems problems_;
};

}  // namespace

std::shared_ptr<const memory::DramSystem> dram_system_of(const Catalog& catalog,
                                                         const Architecture& arch,
                                                         const config::Origins& origins) {
  const Dram& dram = arch.dram;
  if (!dram.part) return nullptr;
  const auto file = [&](const char* kind, const std::string& name, const char* path) {
    return named_in(catalog, kind, name, config::origin_of(origins, path), path);
  };
  const memory::DramPart part = memory::load_part(file("dram", *dram.part, "dram.part"));
  const memory::MappingFile mapping =
      memory::load_mapping_file(file("mapping", dram.mapping.value_or(part.mapping),
                                     dram.mapping ? "dram.mapping" : "dram.part"),
                                part.organisation);
  memory::DramSystem made{.part = part, .mapping = memory::AddressMap(mapping, part.organisation)};
  config::canonical(part, "part", made.canonical);
  config::canonical(mapping, "mapping", made.canonical);
  made.control.page = dram.page.value_or(made.control.page);
  made.control.refresh = dram.refresh.value_or(made.control.refresh);
  made.control.scheduler = dram.scheduler.value_or(made.control.scheduler);
  made.channels = dram.channels.value_or(channels_for(dram.bandwidth_bytes_per_s, part));
  made.interleave_bytes = dram.interleave_bytes.value_or(made.interleave_bytes);

  const std::int64_t access = part.organisation.access_bytes;
  Checked checked(origins);
  checked.multiple("dram.burst_bytes", dram.burst_bytes, access);
  checked.multiple("dram.interleave_bytes", made.interleave_bytes, access);
  if (dram.access_bytes) checked.multiple("dram.access_bytes", *dram.access_bytes, access);
  if (made.control.refresh == memory::Refresh::per_bank && !part.clocks.refi_bank)
    checked.add("dram.refresh", "per-bank", "the part has no refresh of one bank");
  checked.finish();
  return std::make_shared<const memory::DramSystem>(std::move(made));
}

}  // namespace weft::engine
