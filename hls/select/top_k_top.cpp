// What a flow synthesises of hls/select/top_k.hpp: up to 1024 values of 16 bits.
#include "hls/select/top_k.hpp"

#include "hls/common/top.hpp"

void weft_top_k(weft::hls::Stream& in, weft::hls::Stream& out) {
  weft::hls::select::TopK<weft::hls::Types, 1024, 16>::frame(in, out);
}
