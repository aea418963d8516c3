#include "models/engine/design/catalog.hpp"

#include <algorithm>
#include <map>
#include <system_error>

#include "models/common/error.hpp"
#include "models/common/fields.hpp"

namespace weft::engine {
namespace {

namespace fs = std::filesystem;

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

bool is_config(const fs::path& path) {
  return is_yaml(path) || path.extension() == ".json" || path.extension() == ".csv";
}

using Files = std::map<std::string, std::vector<fs::path>>;

// Files of a folder and the folders in it, by name.
Files files_below(const fs::path& folder) {
  Files files;
  std::error_code code;
  for (fs::recursive_directory_iterator at(folder, code), end; !code && at != end;
       at.increment(code)) {
    if (is_yaml(at->path()) && at->is_regular_file(code))
      files[at->path().stem().string()].push_back(at->path());
  }
  if (code)
    throw ConfigError(
        Problem{{folder.string(), 0, 0}, "", "", "cannot be listed: " + code.message()});
  for (auto& [name, paths] : files) std::sort(paths.begin(), paths.end());
  return files;
}

// The same of every root that has the kind; a name of an earlier root hides it in the later ones.
// One of them must have it.
Files files_of(const std::vector<fs::path>& roots, const std::string& kind) {
  Files files;
  bool any = false;
  std::error_code code;
  for (const fs::path& root : roots) {
    if (!fs::is_directory(root / kind, code) && (any || &root != &roots.back())) continue;
    any = true;
    files.merge(files_below(root / kind));
  }
  return files;
}

std::string spoken(const std::string& kind) {
  if (kind == "arch") return "architecture";
  if (kind == "cost") return "cost table";
  return kind;
}

}  // namespace

std::vector<std::string> Catalog::list(const std::string& kind) const {
  std::vector<std::string> names;
  for (const auto& [name, paths] : files_of(roots_, kind)) names.push_back(name);
  return names;
}

fs::path Catalog::file(const std::string& kind, const std::string& name) const {
  std::error_code code;
  if (name.find('/') != std::string::npos || is_config(name)) {
    if (fs::exists(name, code)) return name;
    throw ConfigError(Problem{
        {name, 0, 0},
        "",
        "",
        "no such file: give the path of a YAML file, or a name from 'weft list " + kind + "s'"});
  }
  const auto files = files_of(roots_, kind);
  if (const auto found = files.find(name); found != files.end()) {
    if (found->second.size() == 1) return found->second.front();
    throw ConfigError(Problem{{found->second[0].string(), 0, 0},
                              "",
                              name,
                              "the same name as " + found->second[1].string() + ": give the path"});
  }
  if (fs::is_regular_file(name, code)) return name;
  throw ConfigError(
      Problem{{},
              spoken(kind),
              name,
              "no such " + spoken(kind) + "; " + config::unknown_name(name, list(kind))});
}

}  // namespace weft::engine
