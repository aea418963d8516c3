// The shapes in a Hugging Face config.json, by its model_type.
#pragma once

#include <string>
#include <string_view>

#include "models/workload/workload.hpp"

namespace weft::workload {

// Sequence length of models that set none (relative positions).
inline constexpr std::int64_t kDefaultSeq = 1024;

// `text` is the file's content. What of it is not full softmax attention of one shape is in
// `unmodelled`. With `plain`, the keys of an unknown model_type are those of a plain transformer.
// ConfigError names `file`, every key that is missing or wrong, and what is needed.
Workload parse_hugging_face(std::string_view text, const std::string& file,
                            Assume assume = Assume::nothing,
                            const ReadLimits& limits = environment_limits());

}  // namespace weft::workload
