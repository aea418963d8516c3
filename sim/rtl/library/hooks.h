/* Included before every file of the Verilated model and of Verilator's runtime: what they print
 * goes to the instance that runs, and what would end the process throws. */
#pragma once

extern "C" int weft_rtl_print(const char* format, ...) __attribute__((format(printf, 1, 2)));

#define VL_PRINTF weft_rtl_print
#define VL_USER_FINISH
#define VL_USER_STOP
#define VL_USER_FATAL
