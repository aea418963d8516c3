#include <string>
#include <system_error>

#include "models/common/environment.hpp"
#include "models/common/error.hpp"
#include "sim/cli/commands.hpp"

namespace weft::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* kHolds =
    "cascade/, arch/, binding/, design/, workload/, cost/, dram/ or mapping/";

// The user's own folders, in the order of $WEFT_CONFIGS; an empty entry is none.
std::vector<fs::path> own_roots() {
  std::vector<fs::path> roots = folders_of_variable("WEFT_CONFIGS");
  std::error_code code;
  for (const fs::path& folder : roots) {
    if (!fs::is_directory(folder, code)) {
      throw ConfigError(Problem{
          {"environment", 0, 0},
          "WEFT_CONFIGS",
          folder.string(),
          std::string("must name folders that hold ") + kHolds + ", with ':' between them"});
    }
  }
  return roots;
}

// Beside the build, or in the source; empty where neither is there.
fs::path shipped_root() {
  std::error_code code;
  const fs::path program = program_folder();  // build/<preset>/bin
  const fs::path beside = (program / "../../../configs").lexically_normal();
  if (!program.empty() && fs::is_directory(beside, code)) return beside;
  const fs::path source = fs::path(WEFT_SOURCE_DIR) / "configs";
  return fs::is_directory(source, code) ? source : fs::path();
}

}  // namespace

std::vector<fs::path> config_roots() {
  std::vector<fs::path> roots = own_roots();
  if (const fs::path shipped = shipped_root(); !shipped.empty()) roots.push_back(shipped);
  if (roots.empty()) {
    const std::string source = (fs::path(WEFT_SOURCE_DIR) / "configs").string();
    throw ConfigError(Problem{
        {source, 0, 0}, "", "", "the configuration folder is not there: set WEFT_CONFIGS to it"});
  }
  return roots;
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
