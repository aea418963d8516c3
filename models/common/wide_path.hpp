// A wider path through hot loops where the processor has one, chosen at run time; it gives the same
// bits. A function marked WEFT_WIDE_PATH is compiled, with all that it calls, for AVX2 and FMA:
// call it only where wide_path() holds. An explicit std::fma in it is one instruction and no call;
// nothing else is fused (-ffp-contract=off).
#pragma once

namespace weft {

#if defined(__x86_64__) && defined(__GNUC__)
#define WEFT_WIDE_PATH __attribute__((target("avx2,fma"), flatten))
inline bool wide_path() {
  static const bool there =
      __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return there;
}
#else
#define WEFT_WIDE_PATH
inline bool wide_path() { return false; }
#endif

}  // namespace weft
