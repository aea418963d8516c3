#include "models/engine/design/design_settings.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "models/common/text.hpp"

namespace weft::engine {
namespace {

constexpr std::string_view kArchPrefix = "arch.";
constexpr std::string_view kBindingPrefix = "binding.";
constexpr std::string_view kLatencySeconds = "arch.dram.latency_s";
constexpr std::string_view kLatencyCycles = "arch.dram.latency_cycles";

bool is_latency(std::string_view path) { return path == kLatencySeconds || path == kLatencyCycles; }

// The memory's latency has two keys, and one counts: setting either takes the place of what was
// there, unless that was set beside it.
void drop_replaced_latency(std::span<const Setting> earlier, std::string_view path,
                           Shared<Architecture>& arch) {
  const bool seconds = path == kLatencySeconds;
  const std::string_view other = seconds ? kLatencyCycles : kLatencySeconds;
  const bool beside = std::any_of(earlier.begin(), earlier.end(), [&](const Setting& setting) {
    return config::dotted(setting.first) == other;
  });
  if (beside) return;
  if (seconds) {
    arch.edit().dram.latency_cycles.reset();
  } else {
    arch.edit().dram.latency_s.reset();
  }
  arch.edit_origins().erase(std::string(other.substr(kArchPrefix.size())));
}

// Paths of origins have "[0]" where those of settings may have ".0".
void note(config::Origins& origins, std::string_view path, const Location& origin) {
  std::string written;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('.'));
    written += all_digits(part) ? "[" + std::string(part) + "]"
                                : (written.empty() ? "" : ".") + std::string(part);
    path.remove_prefix(std::min(part.size() + 1, path.size()));
  }
  origins[written] = origin;
}

// Ranks that a setting can name, since the binding has numbers for them.
std::string numbered(const Binding& binding) {
  std::vector<std::string> names;
  for (const auto& [name, extent] : binding.ranks) {
    if (extent.number) names.push_back(name);
  }
  return names.empty() ? "" : ", or is a rank whose extent is a number: " + one_of(names);
}

}  // namespace

void apply(const std::vector<Setting>& settings, Shared<Architecture>& arch,
           Shared<Binding>& binding) {
  const auto set = [](auto& target, const Setting& setting, std::string_view rest) {
    const auto& [path, text] = setting;
    config::set_path(target.edit(), path, rest, text);
    note(target.edit_origins(), rest, {"--set " + path + "=" + text, 0, 0});
  };
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const Setting& setting = settings[i];
    const std::string whole = config::dotted(setting.first);
    if (is_latency(whole)) drop_replaced_latency({settings.data(), i}, whole, arch);
    const auto rank = binding.value()->ranks.find(whole);
    if (rank != binding.value()->ranks.end() && rank->second.number) {
      set(binding, setting, "ranks." + whole);
    } else if (whole.starts_with(kArchPrefix)) {
      set(arch, setting, std::string_view(whole).substr(kArchPrefix.size()));
    } else if (whole.starts_with(kBindingPrefix)) {
      set(binding, setting, std::string_view(whole).substr(kBindingPrefix.size()));
    } else {
      throw ConfigError(Problem{
          {"--set", 0, 0},
          setting.first,
          setting.second,
          "a path begins with 'arch.' or 'binding.', such as arch.dram.bandwidth_bytes_per_s" +
              numbered(*binding.value())});
    }
  }
}

std::vector<Setting> joined(const std::vector<Setting>& before, const std::vector<Setting>& more) {
  std::vector<Setting> all;
  for (const Setting& setting : before) {
    const std::string path = config::dotted(setting.first);
    const bool again = std::any_of(more.begin(), more.end(), [&](const Setting& other) {
      const std::string others = config::dotted(other.first);
      return others == path || (is_latency(others) && is_latency(path));
    });
    if (!again) all.push_back(setting);
  }
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace weft::engine
