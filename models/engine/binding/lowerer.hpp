// How lower() works: a binding read against its cascade and architecture, problems collected on the
// way. Names become ids in lowering.cpp; what must hold between the parts is checked in
// lowering_rules.cpp, what tiles can carry in lowering_tiles.cpp, what a mask may hide in
// lowering_masks.cpp, which heads share what in lowering_heads.cpp, formats in
// lowering_formats.cpp; what only a run tells is refused in lowering_selections.cpp; what comes
// along another rank is in lowering_windows.cpp.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "models/engine/binding/lowering.hpp"

namespace weft::engine {

class Lowerer {
 public:
  Lowerer(const Architecture& arch, const Binding& binding, const einsum::Cascade& cascade,
          const einsum::PassAnalysis& passes, const config::Origins& origins)
      : arch_(arch), binding_(binding), cascade_(cascade), origins_(origins), passes_(passes) {}
  Lowering run();

 private:
  void add(const std::string& path, const std::string& value, std::string message);
  void stop() const;
  std::vector<std::string> base_variables() const;
  RankId base_rank(const std::string& variable, const std::string& path);
  void known_before_the_run();
  void windows();
  void window(TensorId t, const std::string& path, RankId along);
  void ranks();
  void tensors();
  void group(std::size_t index);
  void check_size(const Size& size, const std::string& path);
  void tilings(const Group& in, const std::string& path, LoweredGroup& out);
  void loops(const Group& in, const std::string& path, LoweredGroup& out);
  void step(const Step& in, const std::string& path, std::size_t group, LoweredGroup& out);
  void operations(const std::string& path, const LoweredStep& step);
  void operands(const std::string& path, LoweredStep& step);
  bool is_generational(TensorId t) const;
  bool iterates_base(EinsumId e, RankId base) const;
  bool output_has_base(EinsumId e, RankId base) const;
  void find_pass_rank(LoweredGroup& out) const;
  void stages(const std::string& path, LoweredGroup& out);
  bool same_passes(EinsumId a, EinsumId b) const;
  void shape_rules(const std::string& path, const LoweredGroup& group, const LoweredStep& step);
  void stream_rules(const std::string& path, const LoweredStep& step);
  void tile_rules(const std::string& path, const LoweredGroup& group);
  void sums_over_one(const std::string& path, const LoweredGroup& group, EinsumId e);
  void chain_order(const std::string& path, const LoweredStep& step, EinsumId e);
  void reads_own_tile(const std::string& path, const LoweredGroup& group, const LoweredStep& step,
                      const einsum::Access& access);
  void reads_made_generation(const std::string& path, const LoweredGroup& group, std::size_t s,
                             EinsumId e, const einsum::Access& access);
  void spills_in_time(const LoweredGroup& group, const LoweredStep& step, TensorId t);
  void partitions();
  bool counts_tiles(TensorId t, const LoweredGroup& group) const;
  void stays_on_chip();
  void mask_rules();
  bool made_elsewhere(TensorId t, int made) const;
  void holds(const LoweredGroup& group, int index);
  void complete();
  RankId channel_of(TensorId t) const;
  std::string refused(TensorId t) const;  // formats
  void formats();
  void mask();
  void heads();
  static bool same_mask(const einsum::Mask& a, const einsum::Mask& b);
  const Architecture& arch_;
  const Binding& binding_;
  const einsum::Cascade& cascade_;
  const config::Origins& origins_;
  const einsum::PassAnalysis& passes_;
  Lowering out_;
  std::vector<Problem> problems_;
  std::set<EinsumId> bound_;
};

}  // namespace weft::engine
