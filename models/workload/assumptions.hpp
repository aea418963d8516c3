// What a model's configuration says and a run leaves out: said on the result, or refused where it
// would change the work.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "models/common/fields.hpp"

namespace weft::workload {

struct Shape;
struct Workload;

// What is run where the configuration asks for something else (`--assume`).
enum class Assume : std::uint8_t {
  nothing,         // refuse it
  full_attention,  // every layer as full attention (causal where the model is), of the stated shape
  plain,  // so too, and the configuration of an unknown model_type is read as that of a plain
          // transformer
};
constexpr auto names(config::Tag<Assume>) {
  return std::array<std::pair<std::string_view, Assume>, 2>{
      {{"full-attention", Assume::full_attention}, {"plain", Assume::plain}}};
}

// One such thing: the key of the configuration and its value as found ("" where a default of the
// model's stands).
struct Unmodelled {
  std::string field;
  std::string value;
  std::string text;     // what the model does: "a query sees the 4096 keys up to its own"
  bool refused = true;  // false: nothing of the attention's work or values changes, or one part of
                        // several is run; it is said
  std::int64_t within = 0;  // of no effect on so many keys or fewer
  bool of_mask = false;     // settled by --causal or --no-causal
};

// What was given beside the workload.
struct Stated {
  Assume assume = Assume::nothing;
  bool mask = false;   // causal or not
  bool batch = false;  // another than the workload's
  bool length = false;
};

// The texts of `assumptions` in weft-result/1 for a run of `layers` layers of the workload.
// ConfigError lists all that is refused, each with the file, the key, its value and the option that
// runs it nevertheless.
std::vector<std::string> assumptions_of(const Workload& workload, const Shape& shape,
                                        std::int64_t layers, const Stated& stated);

}  // namespace weft::workload
