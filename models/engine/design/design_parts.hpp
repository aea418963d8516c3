// What a design is made of, shared between it and those that vary it. Seen by design.cpp and its
// parts alone.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "models/einsum/cascade.hpp"
#include "models/engine/binding/lowering_again.hpp"
#include "models/engine/design/assembled.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/design/design_files.hpp"
#include "models/engine/design/mapping.hpp"

namespace weft::engine {

// A cascade as a design runs it.
struct OwnCascade {
  explicit OwnCascade(einsum::Cascade from)
      : cascade(std::move(from)), passes(passes_of(cascade)) {}
  einsum::Cascade cascade;
  einsum::PassAnalysis passes;
};

// A binding with the cascades that it names.
class BoundParts {
 public:
  std::shared_ptr<const Binding> binding;
  std::shared_ptr<const config::Origins> origins;
  // As read, and as run: the beginnings of a mask aligned where the binding says so. The causal
  // ones are null where it names none.
  std::shared_ptr<const OwnCascade> read, causal_read;
  std::shared_ptr<const OwnCascade> cascade, causal_cascade;
  // The mappings that it leaves open; it stands for the first itself. Made when first asked for.
  const std::vector<Binding>& others() const {
    std::call_once(made_, [&] {
      others_ = alternatives_of(*binding);
      others_.erase(others_.begin());
    });
    return others_;
  }
  const Binding& mapping(std::size_t i) const { return i == 0 ? *binding : others()[i - 1]; }

 private:
  mutable std::once_flag made_;
  mutable std::vector<Binding> others_;
};

// All mappings of a binding lowered, with one of its cascades, for an architecture.
struct LoweredSet {
  std::shared_ptr<const Architecture> arch;  // the lowerings point into these two
  std::shared_ptr<const BoundParts> bound;
  std::vector<Lowering> all;
};

struct Design::Parts {
  std::shared_ptr<const DesignFiles> files;
  std::vector<Setting> settings;
  std::shared_ptr<const Architecture> arch;
  std::shared_ptr<const config::Origins> arch_origins;
  std::shared_ptr<const BoundParts> bound;
  std::shared_ptr<const Assembled> assembled;  // of another engine than the spatial one
  // By mask, null where the binding has no cascade for it. Lowered for an architecture and a
  // binding that lower alike, prepared or not: adapted to these, and prepared, when a point first
  // asks.
  std::array<std::shared_ptr<const LoweredSet>, 2> like;
  mutable std::array<std::once_flag, 2> adapt;
  mutable std::array<std::shared_ptr<const LoweredSet>, 2> own;

  mutable std::once_flag hash;
  mutable std::string sha256;  // of the canonical form

  const LoweredSet& lowered(bool causal) const;
  // Both: what varies the design starts from what is prepared once.
  std::array<std::shared_ptr<const LoweredSet>, 2> prepared() const;
};

}  // namespace weft::engine
