# Libraries of the Verilated engines in lib/weft-rtl/ of the build: FuseMax's, one a side, and SpAtten's, one a scale;
# --fidelity rtl opens them. What they export is sim/rtl/abi.h; scripts/rtl/build_library.sh is the recipe, of `weft rtl build` too.
# WEFT_RTL_LIBRARY_PARTS: what every library is made of, of any engine.
set(WEFT_RTL_SIDES 4 8 16 CACHE STRING "Sides whose library of RTL the build makes")
set(WEFT_RTL_LIBRARIES "${CMAKE_BINARY_DIR}/lib/weft-rtl")
set(WEFT_RTL_SHARED "${CMAKE_BINARY_DIR}/rtl/shared")  # what they have alike

file(GLOB_RECURSE WEFT_RTL_SOURCES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rtl/*.sv"
  "${CMAKE_SOURCE_DIR}/rtl/*.interface")
set(hash_script "${CMAKE_SOURCE_DIR}/scripts/rtl/source_hash.sh")
set(library_script "${CMAKE_SOURCE_DIR}/scripts/rtl/build_library.sh")
set(library "${CMAKE_SOURCE_DIR}/sim/rtl/library")
set(WEFT_RTL_LIBRARY_PARTS "${hash_script}" "${CMAKE_SOURCE_DIR}/scripts/rtl/verilate_library.sh"
  "${CMAKE_SOURCE_DIR}/scripts/rtl/library_tables.sh" "${CMAKE_SOURCE_DIR}/sim/rtl/abi.h" "${library}/entry.cpp"
  "${library}/hooks.h" "${library}/precompiled.h" "${library}/wave_file.hpp" "${library}/exports.map")

# weft_rtl_sources(ENGINE): generated/ENGINE_sources.hpp, the hash of all that rtl/engine/ENGINE.sv is made of, for the
# program, which refuses a library built from others. It is written anew where it has changed, and the libraries depend on it:
# a unit that the engine does not have rebuilds nothing of it.
function(weft_rtl_sources engine)
  set(header "${CMAKE_BINARY_DIR}/generated/${engine}_sources.hpp")
  string(TOUPPER "${engine}_SOURCES_SHA256" macro)
  add_custom_command(OUTPUT "${header}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/generated"
    COMMAND "${hash_script}" --top "${CMAKE_SOURCE_DIR}/rtl/engine/${engine}.sv" --rtl "${CMAKE_SOURCE_DIR}/rtl" --header ${macro}
      > "${header}.new"
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${header}.new" "${header}"
    COMMAND "${CMAKE_COMMAND}" -E rm "${header}.new"
    DEPENDS ${WEFT_RTL_SOURCES} "${hash_script}" COMMENT "Hashing the RTL of ${engine}" VERBATIM)
  add_custom_target(${engine}_sources DEPENDS "${header}")
endfunction()
weft_rtl_sources(weft_fusemax)
weft_rtl_sources(weft_spatten)

set(launcher "")
if(CMAKE_CXX_COMPILER_LAUNCHER)
  set(launcher --launcher "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()
add_custom_target(weft_rtl_libraries ALL)

# weft_rtl_library(NAME ENGINE SIZE WHICH WORDS… DEPENDS FILES…): both of libweft_ENGINE_SIZE.so, with assertions and waves, and
# with neither, for speed, as the targets weft_rtl_library_NAME and …_fast; by WORDS the recipe knows which it is.
function(weft_rtl_library name engine size)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "WHICH;DEPENDS")
  foreach(variant "" _fast)
    set(library "${WEFT_RTL_LIBRARIES}/libweft_${engine}_${size}${variant}.so")
    set(options "")
    if(variant)
      set(options --fast)
    endif()
    # One compiler: Ninja runs the libraries beside one another. Never sanitized, nor measured for coverage.
    add_custom_command(OUTPUT "${library}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/rtl"
      COMMAND "${library_script}" ${arg_WHICH} --out "${WEFT_RTL_LIBRARIES}" --work "${CMAKE_BINARY_DIR}/rtl/${name}${variant}"
        --shared "${WEFT_RTL_SHARED}"
        --jobs 1 --compiler "${CMAKE_CXX_COMPILER}" ${launcher} ${options}
      DEPENDS "${CMAKE_BINARY_DIR}/generated/weft_${engine}_sources.hpp" ${WEFT_RTL_LIBRARY_PARTS} "${library_script}" ${arg_DEPENDS}
      COMMENT "Verilating ${engine}, size ${size}${variant}" VERBATIM)
    add_custom_target(weft_rtl_library_${name}${variant} DEPENDS "${library}")
    add_dependencies(weft_rtl_libraries weft_rtl_library_${name}${variant})
  endforeach()
endfunction()

foreach(side ${WEFT_RTL_SIDES})
  weft_rtl_library(${side} fusemax ${side} WHICH --side ${side}
    DEPENDS "${CMAKE_SOURCE_DIR}/configs/arch/fusemax-cloud.yaml" "${CMAKE_SOURCE_DIR}/sim/rtl/library/fusemax.vlt")
endforeach()
# Those of kSpattenScales (sim/rtl/spatten_library.hpp).
foreach(scale smallest:16 double:32)
  string(REPLACE ":" ";" scale ${scale})
  list(GET scale 0 design)
  list(GET scale 1 multipliers)
  weft_rtl_library(spatten_${multipliers} spatten ${multipliers} WHICH --design spatten-rtl-${design}
    DEPENDS "${CMAKE_SOURCE_DIR}/configs/arch/spatten-rtl-${design}.yaml" "${CMAKE_SOURCE_DIR}/sim/rtl/library/spatten.vlt")
endforeach()
