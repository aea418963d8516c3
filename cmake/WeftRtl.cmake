# SystemVerilog under test: Verilated libraries, and benches that drive them.
find_program(WEFT_VERILATOR verilator REQUIRED)
mark_as_advanced(WEFT_VERILATOR)
if(NOT WEFT_VERILATOR_ROOT)
  execute_process(COMMAND "${WEFT_VERILATOR}" --getenv VERILATOR_ROOT OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
  set(WEFT_VERILATOR_ROOT "${root}" CACHE INTERNAL "where Verilator's own sources are")
endif()

# -Wall is meant, but for two: a package is read by units that need some of it (UNUSEDPARAM), and `disable iff (!rst_ni)` reads the asynchronous reset in every assertion.
set(WEFT_VERILATOR_FLAGS -Wall -Wno-SYNCASYNCNET -Wno-UNUSEDPARAM -O3 --assert --x-assign unique --x-initial unique)
# A VerilatedContext keeps the time, not a global function. What a class does once, at its start, is not worth optimising.
set(WEFT_VERILATED_CFLAGS "-fPIC -DVL_TIME_CONTEXT")
set(WEFT_VERILATED_LEVELS "OPT_FAST=-O1 OPT_SLOW=-O0")
set(WEFT_VERILATED_LAYOUT "${CMAKE_SOURCE_DIR}/tests/common/repeated.vlt")

# Verilator's runtime, once for all.
add_library(weft_verilated STATIC "${WEFT_VERILATOR_ROOT}/include/verilated.cpp" "${WEFT_VERILATOR_ROOT}/include/verilated_threads.cpp")
target_include_directories(weft_verilated SYSTEM PUBLIC "${WEFT_VERILATOR_ROOT}/include" "${WEFT_VERILATOR_ROOT}/include/vltstd")
target_compile_definitions(weft_verilated PUBLIC VL_TIME_CONTEXT VM_COVERAGE=0 VM_SC=0 VM_TRACE=0)
target_compile_options(weft_verilated PRIVATE -O2 -w)
target_link_libraries(weft_verilated PUBLIC Threads::Threads)

# Its headers, which are most of what compiling a small class costs, precompiled for each of the levels, with the options that
# verilated.mk compiles a class with. Where they do not fit the compiler reads the headers themselves.
if(WEFT_PRECOMPILE)
  set(header "${CMAKE_BINARY_DIR}/verilated/headers.h")
  file(CONFIGURE OUTPUT "${header}" CONTENT "#include <verilated.h>\n")
  string(APPEND WEFT_VERILATED_CFLAGS " -include ${header}")
  set(options -fPIC -DVL_TIME_CONTEXT -faligned-new -fcf-protection=none)
  if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
    string(APPEND WEFT_VERILATED_CFLAGS " -fpch-preprocess")
    list(APPEND options -fpch-preprocess)
  endif()
  foreach(level O0 O1)
    set(made "${header}.gch/${level}.gch")
    add_custom_command(OUTPUT "${made}" COMMAND "${CMAKE_COMMAND}" -E make_directory "${header}.gch"
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} "${CMAKE_CXX_COMPILER}" -x c++-header -${level} ${options}
        -I "${WEFT_VERILATOR_ROOT}/include" -I "${WEFT_VERILATOR_ROOT}/include/vltstd"
        -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=0 -DVM_TRACE_FST=0 -DVM_TRACE_VCD=0 "${header}" -o "${made}"
      COMMENT "Precompiling Verilator's headers at -${level}" VERBATIM)
    list(APPEND WEFT_VERILATED_PRECOMPILED "${made}")
  endforeach()
  add_custom_target(weft_verilated_headers DEPENDS ${WEFT_VERILATED_PRECOMPILED})
  add_dependencies(weft_verilated weft_verilated_headers)
endif()

# weft_verilate(TARGET PREFIX CLASS TOP FILE RTL FOLDER… [ARGS ARGUMENT…]): the C++ class CLASS of the module in FILE
# (named as the file), as the library TARGET. Its submodules are looked for in rtl/FOLDER…, whose packages are read first,
# in that order. ARGS goes to Verilator: -GSTAGES=2 and the like.
function(weft_verilate target)
  cmake_parse_arguments(V "" "PREFIX;TOP" "RTL;ARGS" ${ARGN})
  set(packages "")
  set(sources "")
  set(search "")
  foreach(folder ${V_RTL})
    file(GLOB found CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rtl/${folder}/*_pkg.sv")
    list(APPEND packages ${found})
    file(GLOB found CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rtl/${folder}/*.sv")
    list(APPEND sources ${found})
    list(APPEND search -y "${CMAKE_SOURCE_DIR}/rtl/${folder}")
  endforeach()
  get_filename_component(top "${V_TOP}" NAME_WE)
  set(directory "${CMAKE_CURRENT_BINARY_DIR}/${V_PREFIX}")
  set(archive "${directory}/${V_PREFIX}__ALL.a")
  if(CMAKE_CXX_COMPILER_LAUNCHER)
    set(launcher "${CMAKE_COMMAND}" -E env "OBJCACHE=${CMAKE_CXX_COMPILER_LAUNCHER}")
  endif()
  add_custom_command(OUTPUT "${archive}" BYPRODUCTS "${directory}/${V_PREFIX}.h"
    COMMAND ${launcher} "${WEFT_VERILATOR}" --cc --build -j 1 ${WEFT_VERILATOR_FLAGS} -CFLAGS "${WEFT_VERILATED_CFLAGS}"
      -MAKEFLAGS "${WEFT_VERILATED_LEVELS}"
      --Mdir "${directory}" --prefix ${V_PREFIX} --top-module ${top} ${V_ARGS} ${search} "${WEFT_VERILATED_LAYOUT}" ${packages} "${V_TOP}" > "${directory}.log"
    COMMAND "${CMAKE_COMMAND}" -E touch "${archive}"  # also where nothing had to be compiled again
    DEPENDS ${sources} "${WEFT_VERILATED_LAYOUT}" ${WEFT_VERILATED_PRECOMPILED} COMMENT "Verilating ${top} as ${V_PREFIX} ${V_ARGS}" VERBATIM)
  add_custom_target(${target}_build DEPENDS "${archive}")
  file(MAKE_DIRECTORY "${directory}")
  add_library(${target} STATIC IMPORTED GLOBAL)
  add_dependencies(${target} ${target}_build)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${archive}" INTERFACE_INCLUDE_DIRECTORIES "${directory}"
    INTERFACE_LINK_LIBRARIES weft_verilated)
endfunction()

# weft_rtl_bench([SYSTEMC] VARIANTS "CLASS ARGUMENT…"… [RTL FOLDER…] [LIBRARIES LIBRARY…]), in tests/FOLDER/UNIT: the bench
# of rtl/FOLDER/weft_UNIT.sv is every .cpp of that folder as weft_FOLDER_UNIT_bench, with one Verilated class for each
# variant. RTL: folders of submodules beside the unit's own. SYSTEMC: links weft_sim and weft_sc_main.
# Each of its tests is one of ctest, labelled rtl, or long where its suite's name ends in Long.
function(weft_rtl_bench)
  cmake_parse_arguments(BENCH "SYSTEMC" "" "VARIANTS;RTL;LIBRARIES" ${ARGN})
  file(RELATIVE_PATH path "${CMAKE_SOURCE_DIR}/tests" "${CMAKE_CURRENT_SOURCE_DIR}")
  get_filename_component(folder "${path}" DIRECTORY)
  get_filename_component(unit "${path}" NAME)
  set(bench weft_${folder}_${unit}_bench)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  add_executable(${bench} ${sources})
  foreach(variant ${BENCH_VARIANTS})
    separate_arguments(words UNIX_COMMAND "${variant}")
    list(POP_FRONT words class)
    weft_verilate(${bench}_${class} PREFIX ${class} TOP "${CMAKE_SOURCE_DIR}/rtl/${folder}/weft_${unit}.sv"
      RTL ${BENCH_RTL} ${folder} ARGS ${words})
    target_link_libraries(${bench} PRIVATE ${bench}_${class})
  endforeach()
  if(BENCH_SYSTEMC)
    target_link_libraries(${bench} PRIVATE weft_sc_main weft_sim GTest::gtest ${BENCH_LIBRARIES})
  else()
    target_link_libraries(${bench} PRIVATE weft_flags GTest::gtest_main ${BENCH_LIBRARIES})
  endif()
  weft_use_precompiled(${bench} weft_bench_headers)
  target_compile_definitions(${bench} PRIVATE WEFT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${bench} TEST_PREFIX ${folder}.${unit}. TEST_FILTER "-*Long.*:*Long/*"
    PROPERTIES LABELS rtl TIMEOUT 600 DISCOVERY_TIMEOUT 60)
  gtest_discover_tests(${bench} TEST_PREFIX ${folder}.${unit}. TEST_FILTER "*Long.*:*Long/*" TEST_LIST ${bench}_long
    PROPERTIES LABELS long TIMEOUT 3600 DISCOVERY_TIMEOUT 60)
endfunction()
