#include "models/common/environment.hpp"

#include <dlfcn.h>
#include <link.h>

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

fs::path module_folder() {
  Dl_info info{};
  void* found = nullptr;
  // Any object of this file tells which shared object it was loaded with.
  static const char kHere = 0;
  if (::dladdr1(&kHere, &info, &found, RTLD_DL_LINKMAP) == 0 || found == nullptr) return {};
  const char* name = static_cast<const link_map*>(found)->l_name;  // empty for the program
  if (name == nullptr || *name == '\0') return {};
  std::error_code code;
  return fs::weakly_canonical(name, code).parent_path();
}

}  // namespace weft
