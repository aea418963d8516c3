// What a flow synthesises of hls/softmax/streaming_int8.hpp: up to 1024 scores.
#include "hls/softmax/streaming_int8.hpp"

#include "hls/common/top.hpp"

void weft_streaming_int8(weft::hls::Stream& in, weft::hls::Stream& out) {
  weft::hls::softmax::StreamingInt8<weft::hls::Types, 128>::frame(in, out);
}
