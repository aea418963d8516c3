/* What a library of Verilated RTL exports: one symbol, weft_rtl_table(), which gives a table of what its engine has (ports,
 * registers, memories, parameters) and of functions. Nothing here is one engine's: who opens a library finds ports and
 * registers by name, once, and goes by pointers and offsets from then on. Plain C, so that library and program need not be
 * built by one compiler. docs/units/engine/cosim.md has the rules.
 *
 * A cycle is settle() and then tick(): settle() lets the outputs of this cycle follow its inputs, with the clock low; tick()
 * is the rising edge that ends it. Inputs are written before settle(), outputs read between settle() and tick().
 *
 * Functions that can fail return 0, or one of the codes below once the RTL has failed (an assertion, $fatal, $stop,
 * $finish) or a wave; then error() says why, and only wave_close(), error() and free() are of use.
 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_RTL_ABI_VERSION 3u
#define WEFT_RTL_FAILED 1
#define WEFT_RTL_WAVE_FAILED 2

/* What a port is. The clock is tick()'s; a reset is an input, active low. Bits of a value above its port's width are 0. */
#define WEFT_RTL_INPUT 0u
#define WEFT_RTL_OUTPUT 1u
#define WEFT_RTL_CLOCK 2u
#define WEFT_RTL_RESET 3u

/* Its value is a uint8_t up to 8 bits, a uint16_t up to 16, a uint32_t up to 32, a uint64_t up to 64, and beyond that
 * words of uint32_t, the least significant one first. */
typedef struct weft_rtl_port {
  const char* name; /* as in the RTL: "axil_awvalid_i" */
  uint32_t kind;
  uint32_t bits;
} weft_rtl_port;

/* Of 32 bits, or of 64: its lower half at `offset` and the upper one behind it. */
typedef struct weft_rtl_register {
  const char* name;
  uint32_t offset; /* bytes */
  uint32_t bits;
} weft_rtl_register;

/* A port to memory: the engine is an AXI4 master by the ports NAME_arvalid_o, NAME_arready_i and so on. */
typedef struct weft_rtl_memory {
  const char* name;
  uint32_t data_bits;
  uint32_t address_bits;
} weft_rtl_memory;

typedef struct weft_rtl_parameter {
  const char* name; /* as in the RTL, in small letters */
  uint64_t value;
} weft_rtl_parameter;

/* One instance of the engine, in reset state with its clock low. */
typedef struct weft_rtl_instance weft_rtl_instance;

typedef struct weft_rtl_api {
  uint32_t abi_version; /* stays where it is in every version */
  uint32_t table_bytes; /* sizeof(weft_rtl_api) */
  uint32_t traces;      /* 1: can write waves */
  uint32_t port_count;
  uint32_t register_count;
  uint32_t memory_count;
  uint32_t parameter_count;
  const char* engine;       /* "fusemax" */
  const char* source_hash;  /* SHA-256 over the RTL's sources and its parameters, 64 hexadecimal digits */
  const char* register_bus; /* AXI4-Lite slave by the ports NAME_awvalid_i and so on; "" without registers */
  const weft_rtl_port* ports;
  const weft_rtl_register* registers;
  const weft_rtl_memory* memories;
  const weft_rtl_parameter* parameters;

  /* 0 where there is no memory, or where the RTL fails at once: then failure() of the calling thread says why. */
  weft_rtl_instance* (*create)(void);
  void (*free)(weft_rtl_instance* instance);
  /* Where the value of ports[index] is, for as long as the instance lives; 0 beyond the last. */
  void* (*port)(weft_rtl_instance* instance, uint32_t index);
  int (*settle)(weft_rtl_instance* instance);
  int (*tick)(weft_rtl_instance* instance);
  /* A VCD of cycles [from, to) of those that begin with the one in which this is called, after its settle(), which is cycle 0.
   * In units of 1 fs, cycle n begins with a rising edge at n / clock_hz. The file is complete after wave_close(), which
   * says whether all of it could be written. */
  int (*wave_open)(weft_rtl_instance* instance, const char* path, uint64_t from, uint64_t to, double clock_hz);
  int (*wave_close)(weft_rtl_instance* instance);
  const char* (*error)(const weft_rtl_instance* instance);
  const char* (*failure)(void);
} weft_rtl_api;

/* The one symbol. */
const weft_rtl_api* weft_rtl_table(void);

#ifdef __cplusplus
}
#endif
