# Precompiled headers, of what is installed alone: a header of the project's own is never in one, so nothing goes stale and a
# change to it compiles what includes it. Sources include what they use all the same; -DWEFT_PRECOMPILE=OFF shows that they do.
option(WEFT_PRECOMPILE "Precompile the headers of the standard library and of other libraries" ON)

if(WEFT_PRECOMPILE)
  # A header is precompiled for position-independent code of one kind: of libraries, for programs too.
  set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)
  if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(weft_flags INTERFACE -fpch-preprocess)  # ccache asks for it
  endif()
endif()

# weft_precompile(NAME LIBRARIES LIBRARY… HEADERS HEADER…): the target NAME, whose precompiled headers others take. A target
# that takes them has LIBRARIES too: macros that those define are part of what is compiled.
function(weft_precompile name)
  cmake_parse_arguments(P "" "" "LIBRARIES;HEADERS" ${ARGN})
  if(NOT WEFT_PRECOMPILE)
    return()
  endif()
  set(source "${CMAKE_BINARY_DIR}/generated/${name}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "// A target has a source; this one is for its headers.\n")
  add_library(${name} OBJECT "${source}")
  target_link_libraries(${name} PRIVATE weft_flags ${P_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${P_HEADERS})
endfunction()

# weft_use_precompiled(TARGET NAME)
function(weft_use_precompiled target name)
  if(WEFT_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

set(standard_headers <algorithm> <array> <bit> <charconv> <cmath> <cstdint> <cstring> <deque> <filesystem> <functional> <limits>
  <map> <memory> <optional> <set> <span> <string> <string_view> <system_error> <utility> <vector>)
weft_precompile(weft_models_headers LIBRARIES fmt::fmt yaml-cpp HEADERS ${standard_headers} <fmt/format.h> <yaml-cpp/yaml.h>)
