#include <cstdlib>
#include <system_error>

#include "models/common/error.hpp"
#include "sim/cli/commands.hpp"

namespace weft::cli {

namespace fs = std::filesystem;

fs::path config_root() {
  std::error_code code;
  if (const char* named = std::getenv("WEFT_CONFIGS"); named != nullptr && *named != '\0') {
    if (fs::is_directory(named, code)) return named;
    throw ConfigError(Problem{
        {"environment", 0, 0}, "WEFT_CONFIGS", named, "must name the folder that holds cascade/, arch/, binding/, design/ and workload/"});
  }
  // build/<preset>/bin/weft
  const fs::path executable = fs::read_symlink("/proc/self/exe", code);
  const fs::path beside = (executable.parent_path() / "../../../configs").lexically_normal();
  if (!executable.empty() && fs::is_directory(beside, code)) return beside;
  const fs::path source = fs::path(WEFT_SOURCE_DIR) / "configs";
  if (fs::is_directory(source, code)) return source;
  throw ConfigError(Problem{{source.string(), 0, 0}, "", "", "the configuration folder is not there: set WEFT_CONFIGS to it"});
}

}  // namespace weft::cli
