// Kernels in Siemens' types: ac_int.h, ac_fixed.h and ac_channel.h, of Catapult or of the hls4ml
// wheel. Under Bambu, which has them too, channels are its hls::stream.
#pragma once

#include <ac_fixed.h>
#include <ac_int.h>
#if defined(__BAMBU__)
#include <hls_stream.h>
#else
#include <ac_channel.h>
#endif

namespace weft::hls::ac {

// Members as in hls/common/types_portable.hpp.
struct Types {
  template <int W>
  using Unsigned = ac_int<W, false>;
  template <int W>
  using Signed = ac_int<W, true>;
  template <int W, int I>
  using Fixed = ac_fixed<W, I, true, AC_RND_CONV, AC_SAT>;
#if defined(__BAMBU__)
  template <class T>
  using Channel = ::hls::stream<T>;
#else
  template <class T>
  using Channel = ac_channel<T>;
#endif

  template <int W, int I>
  static Signed<W> raw_of(const Fixed<W, I>& x) {
    return x.template slc<W>(0);
  }
  template <int W, int I>
  static Fixed<W, I> fixed_of(const Signed<W>& raw) {
    Fixed<W, I> x;
    x.set_slc(0, raw);
    return x;
  }
};

}  // namespace weft::hls::ac
