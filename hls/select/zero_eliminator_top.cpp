// What a flow synthesises of hls/select/zero_eliminator.hpp: 16 lanes of 15 bits.
#include "hls/select/zero_eliminator.hpp"

#include "hls/common/top.hpp"

void weft_zero_eliminator(weft::hls::Stream& in, weft::hls::Stream& out) {
  weft::hls::select::ZeroEliminator<weft::hls::Types, 16, 15>::frame(in, out);
}
