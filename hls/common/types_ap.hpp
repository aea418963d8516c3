// Kernels in AMD's types: ap_int.h, ap_fixed.h and hls_stream.h, of Vitis or of the hls4ml wheel.
#pragma once

#include <ap_fixed.h>
#include <ap_int.h>
#include <hls_stream.h>

namespace weft::hls::ap {

// Members as in hls/common/types_portable.hpp.
struct Types {
  template <int W>
  using Unsigned = ap_uint<W>;
  template <int W>
  using Signed = ap_int<W>;
  template <int W, int I>
  using Fixed = ap_fixed<W, I, AP_RND_CONV, AP_SAT>;
  template <class T>
  using Channel = ::hls::stream<T>;

  template <int W, int I>
  static Signed<W> raw_of(const Fixed<W, I>& x) {
    return Signed<W>(x.range(W - 1, 0));
  }
  template <int W, int I>
  static Fixed<W, I> fixed_of(const Signed<W>& raw) {
    Fixed<W, I> x;
    x.range(W - 1, 0) = raw;
    return x;
  }
};

}  // namespace weft::hls::ap
