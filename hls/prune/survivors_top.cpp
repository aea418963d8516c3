// What a flow synthesises of hls/prune/survivors.hpp: up to 1024 tokens.
#include "hls/prune/survivors.hpp"

#include "hls/common/top.hpp"

void weft_survivors(weft::hls::Stream& in, weft::hls::Stream& out) {
  weft::hls::prune::Survivors<weft::hls::Types, 1024, 48>::frame(in, out);
}
