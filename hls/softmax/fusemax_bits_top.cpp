// What a flow synthesises of hls/softmax/fusemax_bits.hpp: heads of 32, tiles of 16 keys.
#include "hls/softmax/fusemax_bits.hpp"

#include "hls/common/top.hpp"

void weft_fusemax_bits(weft::hls::Stream& in, weft::hls::Stream& out) {
  weft::hls::softmax::FuseMaxAttention<weft::hls::Types, 32, 32, 16, 64>::frame(in, out);
}
