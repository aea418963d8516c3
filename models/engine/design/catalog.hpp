// Where named configurations are found.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace weft::engine {

// Folders of configurations and the names in them: of one name in several, the first folder's
// counts. Wherever a name is taken, a path to a YAML file is taken too.
class Catalog {
 public:
  explicit Catalog(std::filesystem::path root)
      : Catalog(std::vector<std::filesystem::path>{std::move(root)}) {}
  explicit Catalog(std::vector<std::filesystem::path> roots) : roots_(std::move(roots)) {}

  // Names of `kind` ("cascade", "arch", "binding", "design", "workload"), sorted.
  std::vector<std::string> list(const std::string& kind) const;
  // The file of a name, or the path itself where it names a file; ConfigError lists what there is.
  std::filesystem::path file(const std::string& kind, const std::string& name) const;

 private:
  std::vector<std::filesystem::path> roots_;
};

}  // namespace weft::engine
