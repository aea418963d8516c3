// What a flow synthesises of hls/quant/bit_split.hpp: 8+4 bits, keys of 32.
#include "hls/quant/bit_split.hpp"

#include "hls/common/top.hpp"

void weft_bit_split(weft::hls::Stream& in, weft::hls::Stream& out) {
  weft::hls::quant::BitSplit<weft::hls::Types, 8, 4, 32>::frame(in, out);
}
