// A cascade over several problems at once, whose coordinates of one rank lie side by side.
#pragma once

#include <cstdint>

#include "models/einsum/cascade.hpp"

namespace weft::einsum {

// Coordinate r of `rank`, whose extent is `together` times its own, is coordinate r / together of
// problem r % together. Masks follow: `m <= p + M - P` of one is `m <= r / together + M - P`, which
// is `together·m <= r + together·M - R`. For masks in which the rank's coordinate has the
// coefficient 1 on the right, as the engine runs them.
Cascade side_by_side(Cascade cascade, RankId rank, std::int64_t together);

}  // namespace weft::einsum
