/* What a library of Verilated RTL of the FuseMax engine exports: one symbol, weft_rtl_table(),
 * which gives a table of functions. Plain C, so that library and program need not be built by one
 * compiler. docs/units/engine/cosim.md has the rules.
 *
 * A cycle is settle() and then tick(): settle() applies the inputs with the clock low and gives the
 * outputs of this cycle, tick() is the rising edge that ends it. Functions that can fail return 0,
 * or one of the codes below once the RTL has failed (an assertion, $fatal, $stop, $finish) or a
 * wave; then error() says why, and only wave_close(), error() and free() are of use.
 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_RTL_ABI_VERSION 2u
#define WEFT_RTL_FAILED 1
#define WEFT_RTL_WAVE_FAILED 2
#define WEFT_RTL_DATA_WORDS 16u /* of the widest AXI data: 64 bytes */

/* Parameters of the RTL; names as in rtl/engine/weft_fusemax.sv. */
typedef struct weft_rtl_parameters {
  uint32_t side;
  uint32_t contexts;
  uint32_t max_width;
  uint32_t divide_stages;
  uint32_t outstanding;
  uint32_t beat_bytes; /* bytes of AXI data */
  uint64_t buffer_bytes;
} weft_rtl_parameters;

/* The engine's inputs, by name of port without its ending. Data: least significant word first. */
typedef struct weft_rtl_inputs {
  uint32_t axi_rdata[WEFT_RTL_DATA_WORDS];
  uint32_t axil_wdata;
  uint16_t axil_awaddr;
  uint16_t axil_araddr;
  uint8_t rst_n;
  uint8_t axil_awvalid;
  uint8_t axil_wvalid;
  uint8_t axil_wstrb;
  uint8_t axil_bready;
  uint8_t axil_arvalid;
  uint8_t axil_rready;
  uint8_t axi_arready;
  uint8_t axi_rvalid;
  uint8_t axi_rresp;
  uint8_t axi_rlast;
  uint8_t axi_awready;
  uint8_t axi_wready;
  uint8_t axi_bvalid;
  uint8_t axi_bresp;
} weft_rtl_inputs;

/* And its outputs. */
typedef struct weft_rtl_outputs {
  uint64_t axi_araddr;
  uint64_t axi_awaddr;
  uint64_t axi_wstrb;
  uint32_t axi_wdata[WEFT_RTL_DATA_WORDS];
  uint32_t axil_rdata;
  uint8_t axil_awready;
  uint8_t axil_wready;
  uint8_t axil_bvalid;
  uint8_t axil_bresp;
  uint8_t axil_arready;
  uint8_t axil_rvalid;
  uint8_t axil_rresp;
  uint8_t axi_arvalid;
  uint8_t axi_arlen;
  uint8_t axi_arsize;
  uint8_t axi_arburst;
  uint8_t axi_rready;
  uint8_t axi_awvalid;
  uint8_t axi_awlen;
  uint8_t axi_awsize;
  uint8_t axi_awburst;
  uint8_t axi_wvalid;
  uint8_t axi_wlast;
  uint8_t axi_bready;
  uint8_t irq;
  uint8_t busy;
  uint8_t fire_2d_valid;
  uint8_t fire_2d_step;
  uint8_t fire_1d_valid;
  uint8_t fire_1d_step;
  uint8_t fire_transfer_valid;
  uint8_t fire_transfer_target;
} weft_rtl_outputs;

/* One instance of the engine, in reset state with its clock low. */
typedef struct weft_rtl_instance weft_rtl_instance;

typedef struct weft_rtl_api {
  /* These three stay where they are in every version. */
  uint32_t abi_version;
  uint32_t inputs_bytes; /* sizes of the two structs above */
  uint32_t outputs_bytes;
  uint32_t traces;    /* 1: can write waves */
  const char* engine; /* "fusemax" */
  const char*
      source_hash; /* SHA-256 over the RTL's sources and its parameters, 64 hexadecimal digits */
  weft_rtl_parameters parameters;

  /* 0 where there is no memory, or where the RTL fails at once: then failure() of the calling
   * thread says why. */
  weft_rtl_instance* (*create)(void);
  void (*free)(weft_rtl_instance* instance);
  int (*settle)(weft_rtl_instance* instance, const weft_rtl_inputs* inputs,
                weft_rtl_outputs* outputs);
  int (*tick)(weft_rtl_instance* instance);
  /* A VCD of cycles [from, to) of those that begin with the one in which this is called, after its
   * settle(), which is cycle 0. In units of 1 fs, cycle n begins with a rising edge at n /
   * clock_hz. The file is complete after wave_close(), which says whether all of it could be
   * written. */
  int (*wave_open)(weft_rtl_instance* instance, const char* path, uint64_t from, uint64_t to,
                   double clock_hz);
  int (*wave_close)(weft_rtl_instance* instance);
  const char* (*error)(const weft_rtl_instance* instance);
  const char* (*failure)(void);
} weft_rtl_api;

/* The one symbol. */
const weft_rtl_api* weft_rtl_table(void);

#ifdef __cplusplus
}
#endif
