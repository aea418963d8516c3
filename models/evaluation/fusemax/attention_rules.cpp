#include "models/evaluation/fusemax/attention_rules.hpp"

#include "models/common/error.hpp"
#include "models/evaluation/fusemax/rule_parts.hpp"

namespace weft::evaluation {

const char* name_of(Config config) {
  switch (config) {
    case Config::unfused: return "unfused";
    case Config::flat: return "flat";
    case Config::cascade: return "cascade";
    case Config::architecture: return "arch";
    case Config::binding: return "binding";
  }
  throw ContractError("no such configuration");
}

const char* name_of(Bound bound) {
  switch (bound) {
    case Bound::memory: return "memory";
    case Bound::array_2d: return "2D array";
    case Bound::array_1d: return "1D array";
  }
  throw ContractError("no such bound");
}

AttentionResult evaluate(Config config, const Model& model, std::int64_t length,
                         const AttentionRules& rules) {
  const Sizes sizes = sizes_of(model, length, kSide);
  switch (config) {
    case Config::unfused: return evaluate_unfused(sizes, rules);
    case Config::flat:
      return evaluate_flat(sizes, flat_mapping(rules.flat_mappings, model, length), rules);
    case Config::cascade:
    case Config::architecture:
    case Config::binding: return evaluate_one_pass(config, sizes, rules);
  }
  throw ContractError("no such configuration");
}

}  // namespace weft::evaluation
