#include "models/evaluation/fusemax/model.hpp"

#include <vector>

#include "models/common/error.hpp"

namespace weft::evaluation {

const Model& published_model(const std::string& name) {
  std::vector<std::string> names;
  for (const NamedModel& known : kPublishedModels) {
    if (name == known.name) return known.model;
    names.emplace_back(known.name);
  }
  throw ConfigError(Problem{{}, "model", name, "must be " + one_of(names)});
}

}  // namespace weft::evaluation
