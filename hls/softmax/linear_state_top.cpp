// What a flow synthesises of hls/softmax/linear_state.hpp: a state of 32 × 32.
#include "hls/softmax/linear_state.hpp"

#include "hls/common/top.hpp"

void weft_linear_state(weft::hls::Stream& in, weft::hls::Stream& out) {
  weft::hls::softmax::LinearState<weft::hls::Types, 32, 32, 1024>::frame(in, out);
}
