#include "sim/cli/reproduce_draw.hpp"

#include <fmt/format.h>

#include <system_error>

#include "sim/cli/child.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/progress.hpp"

namespace weft::cli {

void draw_figures(const char* script_name, const std::filesystem::path& staging,
                  const std::string& out, const std::stop_token& stop) {
  const auto note = [](const std::string& why, const std::string& folder) {
    fmt::print(stderr, "weft reproduce: no figures: {}; the data of each lies in {}\n", why,
               folder);
  };
  const std::filesystem::path script =
      config_folder("published").parent_path().parent_path() / "scripts" / "plot" / script_name;
  std::error_code code;
  if (!std::filesystem::exists(script, code)) return note(script.string() + " is not there", out);
  Progress progress("figures");
  std::string said;  // but for the names of pictures
  const auto take = [&](std::string_view line) {
    if (!line.starts_with(staging.string())) said += std::string(line) + "\n";
  };
  Child child({"/usr/bin/python3", script.string(), staging.string()}, staging);
  const int status = child.wait(
      take, [&] { progress.show(); }, stop);
  progress.clear();
  if (stop.stop_requested()) return;
  fmt::print(stderr, "{}", said);
  if (status != 0) note("Python with matplotlib is needed", out);
}

}  // namespace weft::cli
