// The default argument of every reader, for headers that need not know what the limits are
// (limits.hpp).
#pragma once

namespace weft {

struct ReadLimits;

// The built-in limits with those of the environment variable WEFT_LIMITS over them, as they were
// when first asked for. ConfigError where the variable is wrong.
const ReadLimits& environment_limits();

}  // namespace weft
