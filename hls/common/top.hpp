// The ports of a top function: two streams of 64-bit words. Every tool makes FIFOs of them,
// unasked.
#pragma once

#include "hls/common/types.hpp"

namespace weft::hls {

using Stream = Types::Channel<Types::Unsigned<64>>;

}  // namespace weft::hls
