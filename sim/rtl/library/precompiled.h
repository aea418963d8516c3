/* What every file of a Verilated model includes; precompiled, once for all libraries of a build. */
#pragma once

#include "hooks.h"
/* hooks.h says where the runtime prints to, so it is read first. */
#include <verilated.h>
#if VM_TRACE
#include <verilated_vcd_c.h>
#endif
