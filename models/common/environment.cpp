#include "models/common/environment.hpp"

#include <cstdlib>
#include <string_view>
#include <system_error>

namespace weft {

namespace fs = std::filesystem;

std::vector<fs::path> folders_of_variable(const char* name) {
  std::vector<fs::path> folders;
  const char* named = std::getenv(name);
  std::string_view rest = named == nullptr ? "" : named;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    if (const std::string_view folder = rest.substr(0, colon); !folder.empty())
      folders.emplace_back(folder);
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
  return folders;
}

fs::path program_folder() {
  std::error_code code;
  return fs::read_symlink("/proc/self/exe", code).parent_path();
}

}  // namespace weft
