# Libraries of the Verilated FuseMax engine, one a side, in lib/weft-rtl/ of the build; --fidelity rtl opens them. What
# they export is sim/rtl/abi.h; scripts/rtl/build_library.sh is the recipe, of `weft rtl build` too.
# WEFT_RTL_LIBRARY_PARTS: what every library is made of, of any engine.
set(WEFT_RTL_SIDES 4 8 16 CACHE STRING "Sides whose library of RTL the build makes")
set(WEFT_RTL_LIBRARIES "${CMAKE_BINARY_DIR}/lib/weft-rtl")

file(GLOB_RECURSE WEFT_RTL_SOURCES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rtl/*.sv"
  "${CMAKE_SOURCE_DIR}/rtl/*.interface")
set(hash_script "${CMAKE_SOURCE_DIR}/scripts/rtl/source_hash.sh")
set(library_script "${CMAKE_SOURCE_DIR}/scripts/rtl/build_library.sh")
set(library "${CMAKE_SOURCE_DIR}/sim/rtl/library")
set(WEFT_RTL_LIBRARY_PARTS "${hash_script}" "${CMAKE_SOURCE_DIR}/scripts/rtl/verilate_library.sh"
  "${CMAKE_SOURCE_DIR}/scripts/rtl/library_tables.sh" "${CMAKE_SOURCE_DIR}/sim/rtl/abi.h" "${library}/entry.cpp"
  "${library}/hooks.h" "${library}/wave_file.hpp" "${library}/exports.map")

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
set(fusemax_sources "${CMAKE_BINARY_DIR}/generated/weft_fusemax_sources.hpp")

set(launcher "")
if(CMAKE_CXX_COMPILER_LAUNCHER)
  set(launcher --launcher "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()
add_custom_target(weft_rtl_libraries ALL)
foreach(side ${WEFT_RTL_SIDES})
  foreach(variant "" _fast)  # with assertions and waves; with neither, for speed
    set(library "${WEFT_RTL_LIBRARIES}/libweft_fusemax_${side}${variant}.so")
    set(options "")
    if(variant)
      set(options --fast)
    endif()
    # One compiler: Ninja runs the sides beside one another. Never sanitized, nor measured for coverage.
    add_custom_command(OUTPUT "${library}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/rtl"
      COMMAND "${library_script}" --side ${side} --out "${WEFT_RTL_LIBRARIES}" --work "${CMAKE_BINARY_DIR}/rtl/${side}${variant}"
        --jobs 1 --compiler "${CMAKE_CXX_COMPILER}" ${launcher} ${options}
      DEPENDS "${fusemax_sources}" ${WEFT_RTL_LIBRARY_PARTS} "${library_script}" "${CMAKE_SOURCE_DIR}/configs/arch/fusemax-cloud.yaml"
        "${CMAKE_SOURCE_DIR}/sim/rtl/library/fusemax.vlt"
      COMMENT "Verilating the FuseMax engine of side ${side}${variant}" VERBATIM)
    add_custom_target(weft_rtl_library_${side}${variant} DEPENDS "${library}")
    add_dependencies(weft_rtl_libraries weft_rtl_library_${side}${variant})
  endforeach()
endforeach()
