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

# The hash of the sources, for the program: it refuses a library built from others.
set(sources_header "${CMAKE_BINARY_DIR}/generated/weft_rtl_sources.hpp")
add_custom_command(OUTPUT "${sources_header}"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/generated"
  COMMAND "${hash_script}" --header > "${sources_header}"
  DEPENDS ${WEFT_RTL_SOURCES} "${hash_script}" COMMENT "Hashing the RTL" VERBATIM)
add_custom_target(weft_rtl_sources DEPENDS "${sources_header}")

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
      DEPENDS ${WEFT_RTL_SOURCES} ${WEFT_RTL_LIBRARY_PARTS} "${library_script}"
        "${CMAKE_SOURCE_DIR}/sim/rtl/library/fusemax.vlt"
      COMMENT "Verilating the FuseMax engine of side ${side}${variant}" VERBATIM)
    add_custom_target(weft_rtl_library_${side}${variant} DEPENDS "${library}")
    add_dependencies(weft_rtl_libraries weft_rtl_library_${side}${variant})
  endforeach()
endforeach()
