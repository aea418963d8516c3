// A design: an architecture and a binding that goes with it, read, checked and lowered once. Points
// are run from it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/einsum/cascade.hpp"
#include "models/engine/binding/lowering.hpp"
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

// One value set over the configuration: a dotted path ("arch.dram.bandwidth_bytes_per_s") and its
// text.
using Setting = std::pair<std::string, std::string>;

class Design {
 public:
  // By name: configs/design/NAME.yaml, or NAME-NxN for the same at side N (2 … 1024).
  static Design load(const Catalog& catalog, const std::string& name,
                     const std::vector<Setting>& settings = {});
  // By architecture and binding.
  static Design load(const Catalog& catalog, const std::string& arch, const std::string& binding,
                     const std::vector<Setting>& settings = {});

  const std::string& name() const { return parts_->name; }
  const std::string& arch_name() const { return parts_->arch_name; }
  const std::string& binding_name() const { return parts_->binding_name; }
  const Architecture& arch() const { return parts_->arch; }
  const Binding& binding() const { return parts_->binding; }
  // The lowering for a workload with or without causal masking; ConfigError where the binding names
  // no causal cascade.
  const Lowering& lowering(bool causal) const;
  // The same for every mapping that the binding leaves open, that one first. What they share
  // (arrays, cascade, tensors) is equal.
  std::vector<const Lowering*> lowerings(bool causal) const;
  // Every resolved value, defaults included, in canonical form: what the configuration's hash
  // covers.
  std::string canonical() const;
  const config::Origins& arch_origins() const { return parts_->arch_origins; }

 private:
  friend struct DesignMaker;
  struct Parts {
    std::string name;
    std::string arch_name;
    std::string binding_name;
    Architecture arch;
    Binding binding;
    config::Origins arch_origins;
    config::Origins binding_origins;
    einsum::Cascade cascade;
    std::optional<einsum::Cascade> causal_cascade;
    Lowering lowering;
    std::optional<Lowering> causal_lowering;
    // The other mappings; the binding itself stands for the first.
    struct Other {
      Binding binding;
      Lowering lowering;
      std::optional<Lowering> causal_lowering;
    };
    std::vector<std::unique_ptr<Other>> others;
  };
  std::unique_ptr<Parts> parts_;  // the lowerings point into it
};

}  // namespace weft::engine
