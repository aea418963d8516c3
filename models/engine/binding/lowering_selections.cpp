// What only a run tells, the engine's schedule does not hold: it is made before the first value is
// there.
#include <algorithm>

#include "models/engine/binding/lowerer.hpp"

namespace weft::engine {

// Selections, coordinates, gathers and masks by value, refused at the Einsum that has them.
void Lowerer::known_before_the_run() {
  for (const einsum::Einsum& einsum : cascade_.einsums) {
    const std::string& name = cascade_.tensors[einsum.outputs[0].tensor].name;
    const auto refuse = [&](const Location& where, const std::string& value, std::string why) {
      problems_.push_back({where, "einsums", value,
                           std::move(why) +
                               "; the engine runs what is known before the run, and the cascade "
                               "can be analysed and interpreted alone"});
    };
    if (einsum.selected != kNone)
      refuse(einsum.where, name,
             "selects coordinates into rank " + cascade_.ranks[einsum.selected].name);
    if (einsum.selected == kNone && einsum.outputs.size() > 1)
      refuse(einsum.outputs[1].where, cascade_.tensors[einsum.outputs[1].tensor].name,
             "holds the coordinates of the values of " + name);
    for (const einsum::Access& access : einsum.inputs) {
      if (access.gathers())
        refuse(access.where, cascade_.tensors[access.tensor].name,
               "is gathered at coordinates that another tensor holds");
    }
    if (einsum.mask && einsum.mask->by_value)
      refuse(einsum.mask->where, "where", "a mask by value, such as a tensor's");
  }
  for (const einsum::Rank& rank : cascade_.ranks) {
    if (rank.kind == einsum::RankKind::dynamic && problems_.empty())
      add("cascade", cascade_.name,
          "rank " + rank.name + " is dynamic: how long it is only a run tells");
  }
}

}  // namespace weft::engine
