// The type set that a flow is built with: -DWEFT_HLS_AP, -DWEFT_HLS_AC, or neither.
#pragma once

#if defined(WEFT_HLS_AP)
#include "hls/common/types_ap.hpp"
namespace weft::hls {
using Types = ap::Types;
}
#elif defined(WEFT_HLS_AC)
#include "hls/common/types_ac.hpp"
namespace weft::hls {
using Types = ac::Types;
}
#else
#include "hls/common/types_portable.hpp"
namespace weft::hls {
using Types = portable::Types;
}
#endif
