// The files behind a design: found by name, read, and scaled to a side, before anything is set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "models/engine/architecture/architecture.hpp"
#include "models/engine/binding/binding.hpp"
#include "models/engine/design/catalog.hpp"

namespace weft::engine {

// configs/design/NAME.yaml: which architecture and binding.
struct DesignFile {
  std::string arch;
  std::string binding;
};

inline auto fields(config::Tag<DesignFile>) {
  return config::field_table(config::required("arch", &DesignFile::arch, "an architecture's name"),
                             config::required("binding", &DesignFile::binding, "a binding's name"));
}

// Where a design comes from.
struct DesignFiles {
  Catalog catalog;
  std::string name;  // as asked for, its ending among it
  std::string arch_name;
  std::string binding_name;
  std::filesystem::path arch_file;
  std::filesystem::path binding_file;
  bool is_pair = false;  // found by architecture and binding
};

// Found by the design's name, or by the two that it would name. ConfigError where they are not.
// `side`: of the name's ending, 0 where it has none.
struct FoundDesign {
  DesignFiles files;
  std::int64_t side = 0;
};
FoundDesign find_design(const Catalog& catalog, const std::string& name);
FoundDesign find_design(const Catalog& catalog, const std::string& arch,
                        const std::string& binding);

struct ReadDesign {
  DesignFiles files;
  Architecture arch;  // at the side of the name's ending
  config::Origins arch_origins;
  Binding binding;
  config::Origins binding_origins;
};

// Of the spatial engine. ConfigError for what is not read, and an architecture that is wrong in
// itself.
ReadDesign read_design(FoundDesign found);

// The file of a name that stands in `origin`: what is wrong is said of that place, and a path is
// also looked for beside it.
std::filesystem::path named_in(const Catalog& catalog, const std::string& kind,
                               const std::string& name, const Location& origin,
                               const std::string& field);

}  // namespace weft::engine
