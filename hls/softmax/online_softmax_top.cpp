// What a flow synthesises of hls/softmax/online_softmax.hpp: tiles of 16 scores.
#include "hls/softmax/online_softmax.hpp"

#include "hls/common/top.hpp"

void weft_online_softmax(weft::hls::Stream& in, weft::hls::Stream& out) {
  weft::hls::softmax::OnlineSoftmax<weft::hls::Types, 16, 64>::frame(in, out);
}
