#include "sim/request/config_roots.hpp"

#include <string>
#include <system_error>

#include "models/common/environment.hpp"
#include "models/common/error.hpp"

namespace weft::request {

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

}  // namespace

std::vector<fs::path> config_roots(const std::vector<fs::path>& shipped) {
  std::vector<fs::path> roots = own_roots();
  std::error_code code;
  for (const fs::path& root : shipped) {
    if (!fs::is_directory(root, code)) continue;
    roots.push_back(root);
    return roots;
  }
  if (roots.empty()) {
    throw ConfigError(Problem{{shipped.back().string(), 0, 0},
                              "",
                              "",
                              "the configuration folder is not there: set WEFT_CONFIGS to it"});
  }
  return roots;
}

}  // namespace weft::request
