// Labels and intervals of loops, in the form that synthesis tools read. A loop of a kernel is
//   WEFT_HLS_LOOP(name) for (…) {
//     WEFT_HLS_PIPELINE(1);  // the expected initiation interval
// Vitis and Bambu read the pragma; Catapult takes intervals by the label, from its directives.
#pragma once

#if defined(__SYNTHESIS__) || defined(__BAMBU__)
#define WEFT_HLS_LOOP(name) \
  name:
#define WEFT_HLS_PRAGMA(text) _Pragma(#text)
#else  // a compiler for tests: the labels must be names and differ, and no one jumps to them
#define WEFT_HLS_LOOP(name) [[gnu::unused]] name:
#define WEFT_HLS_PRAGMA(text)
#endif

#define WEFT_HLS_PIPELINE(interval) WEFT_HLS_PRAGMA(HLS pipeline II = interval)
#define WEFT_HLS_UNROLL WEFT_HLS_PRAGMA(HLS unroll)
