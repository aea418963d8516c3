#include <string>
#include <system_error>

#include "models/common/environment.hpp"
#include "models/common/error.hpp"
#include "sim/cli/commands.hpp"
#include "sim/request/config_roots.hpp"

namespace weft::cli {

namespace fs = std::filesystem;

// Beside the build, or in the source.
std::vector<fs::path> config_roots() {
  std::vector<fs::path> shipped;
  if (const fs::path program = program_folder(); !program.empty())  // build/<preset>/bin
    shipped.push_back((program / "../../../configs").lexically_normal());
  shipped.push_back(fs::path(WEFT_SOURCE_DIR) / "configs");
  return request::config_roots(shipped);
}

fs::path config_folder(const std::string& name) {
  const std::vector<fs::path> roots = config_roots();
  std::error_code code;
  for (const fs::path& root : roots) {
    if (fs::is_directory(root / name, code)) return root / name;
  }
  throw ConfigError(
      Problem{{(roots.back() / name).string(), 0, 0}, "", "", "the folder is not there"});
}

}  // namespace weft::cli
