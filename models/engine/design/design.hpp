// A design: an architecture and a binding that goes with it, read, checked and lowered once. Points
// are run from it, and it is varied without reading it again.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/engine/binding/lowering.hpp"
#include "models/engine/design/catalog.hpp"

namespace weft::engine {

struct Assembled;

// One value set over the configuration: a dotted path ("arch.dram.bandwidth_bytes_per_s") and its
// text.
using Setting = std::pair<std::string, std::string>;

// A value: copies share what they were made from, and any of them may be used from several threads.
class Design {
 public:
  // By name: configs/design/NAME.yaml, or NAME-NxN for the same at side N (2 … 1024).
  static Design load(const Catalog& catalog, const std::string& name,
                     const std::vector<Setting>& settings = {});
  // By architecture and binding.
  static Design load(const Catalog& catalog, const std::string& arch, const std::string& binding,
                     const std::vector<Setting>& settings = {});

  // This design with more set over it, in microseconds: what load() would give with its settings
  // and these. A path that is set already takes the new value, and of the memory's two latencies
  // the new one counts. Errors are those of load(): all that a setting can be wrong in is said
  // here, not when a point is run. No file is read, but for a cascade that a setting names.
  Design with(const std::vector<Setting>& settings) const;

  const std::string& name() const;
  const std::string& arch_name() const;
  const std::string& binding_name() const;
  bool is_pair() const;                          // loaded by those two
  const std::vector<Setting>& settings() const;  // with which it is loaded again
  const Architecture& arch() const;
  const Binding& binding() const;
  // The lowering for a workload with or without causal masking; ConfigError where the binding names
  // no causal cascade.
  const Lowering& lowering(bool causal) const;
  // The same for every mapping that the binding leaves open, that one first. What they share
  // (arrays, cascade, tensors) is equal.
  std::vector<const Lowering*> lowerings(bool causal) const;
  // Every resolved value, defaults included, in canonical form: what the configuration's hash
  // covers.
  std::string canonical() const;
  // Its SHA-256, made once.
  const std::string& canonical_sha256() const;
  const config::Origins& arch_origins() const;
  // Of a design of another engine than the spatial one, nullptr of others. Its arch() has no
  // arrays, and its lowering no groups: they name its units and tensors.
  const Assembled* assembled() const;

 private:
  friend struct DesignMaker;
  struct Parts;
  explicit Design(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

}  // namespace weft::engine
