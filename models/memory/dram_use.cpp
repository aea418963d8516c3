#include "models/memory/dram_use.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weft::memory {
namespace {

constexpr double kBusy = 0.75;
constexpr double kWaits = 0.15;

std::string share(double of_one) { return fmt::format("{:.1f} % of the time", 100 * of_one); }

}  // namespace

std::string bound_words(const DramUse& use) {
  const std::array<std::pair<const char*, double>, 3> buses{
      {{"data bus", use.data_bus},
       {use.one_bus ? "command bus" : "row bus", use.row_bus},
       {"column bus", use.column_bus}}};
  const auto busiest = std::max_element(
      buses.begin(), buses.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto most = std::max_element(use.waits.begin(), use.waits.end());
  const auto which = static_cast<std::size_t>(most - use.waits.begin());
  if (busiest->second >= kBusy || *most < kWaits)
    return fmt::format("{}: busy {}", busiest->first, share(busiest->second));
  if (static_cast<DramWait>(which) != DramWait::nothing)
    return fmt::format("{}: no command goes for it {}{}", kDramWaitNames[which], share(*most),
                       use.queue_full ? ", while a full queue keeps more from being seen" : "");
  // Beside what nobody asks for, what those wait for that ask.
  const auto next = std::max_element(use.waits.begin() + 1, use.waits.end());
  return fmt::format(
      "{}: nothing waits {}, and what is under way is all that was asked for; next {}, for {}",
      kDramWaitNames[which], share(*most),
      kDramWaitNames[static_cast<std::size_t>(next - use.waits.begin())], share(*next));
}

}  // namespace weft::memory
