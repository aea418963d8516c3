// The canonical form of a design.
#include <fmt/format.h>

#include "models/common/sha256.hpp"
#include "models/engine/design/design_parts.hpp"
#include "models/memory/dram_system.hpp"

namespace weft::engine {
namespace {

void append_rank_list(std::string& out, const einsum::Cascade& cascade,
                      const std::vector<einsum::Dimension>& dimensions) {
  for (const einsum::Dimension& dimension : dimensions)
    out += " " + cascade.ranks[dimension.rank].name + (dimension.generational ? "+" : "");
}

// What a cascade computes, in a form that does not change with its comments or its name.
void append_canonical(std::string& out, const std::string& path, const einsum::Cascade& cascade) {
  for (const einsum::Rank& rank : cascade.ranks) {
    out += path + ".ranks." + rank.name + " = " +
           (rank.base == kNone
                ? "base"
                : fmt::format("{} level {}", cascade.ranks[rank.base].name, rank.level)) +
           "\n";
  }
  for (const einsum::Tensor& tensor : cascade.tensors) {
    out += fmt::format("{}.tensors.{} = {}", path, tensor.name, static_cast<int>(tensor.role));
    append_rank_list(out, cascade, tensor.dimensions);
    if (tensor.initial) out += " initial " + config::number_text(*tensor.initial);
    out += "\n";
  }
  for (const einsum::Scalar& scalar : cascade.scalars)
    out += path + ".scalars." + scalar.name + " = " + config::number_text(scalar.value) + "\n";
  for (const einsum::Einsum& einsum : cascade.einsums)
    out += path + ".einsums = " + einsum.text + "\n";
}

}  // namespace

std::string Design::canonical() const {
  std::string out;
  if (parts_->assembled != nullptr) {
    out = parts_->assembled->canonical;
    if (parts_->arch->dram.system != nullptr) out += parts_->arch->dram.system->canonical;
    append_canonical(out, "cascade", parts_->bound->cascade->cascade);
    return out;
  }
  Architecture arch =
      *parts_->arch;  // cycles are what a point's figures come from, however the file says them
  arch.dram.latency_cycles = latency_cycles(arch.dram, arch.clock_hz);
  arch.dram.latency_s.reset();
  config::canonical(arch, "arch", out);
  if (arch.dram.system != nullptr) out += arch.dram.system->canonical;
  const BoundParts& bound = *parts_->bound;
  config::canonical(*bound.binding, "binding", out);
  append_canonical(out, "cascade", bound.cascade->cascade);
  if (bound.causal_cascade) append_canonical(out, "causal_cascade", bound.causal_cascade->cascade);
  return out;
}

const std::string& Design::canonical_sha256() const {
  std::call_once(parts_->hash, [&] { parts_->sha256 = sha256_hex(canonical()); });
  return parts_->sha256;
}

}  // namespace weft::engine
