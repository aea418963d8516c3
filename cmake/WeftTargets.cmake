# What every target of the project shares: language, warnings, floating-point rules, third-party packages.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(Threads REQUIRED)

add_library(weft_flags INTERFACE)
target_include_directories(weft_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(weft_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion  # extents are signed, containers are not
  -Wno-restrict -Wno-maybe-uninitialized  # GCC 12 sees ghosts inside std::string and std::optional
  -ffp-contract=off)    # the same bits on every machine: a MACC is an explicit std::fma
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(weft_flags INTERFACE -Wno-missing-field-initializers)  # it warns of designated ones too, which leave out defaults
endif()
if(WEFT_FUZZ)
  target_compile_options(weft_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(WEFT_SANITIZE)
  target_compile_options(weft_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(weft_flags INTERFACE -fsanitize=address,undefined)
endif()
if(WEFT_COVERAGE)
  target_compile_options(weft_flags INTERFACE --coverage)
  target_link_options(weft_flags INTERFACE --coverage)
endif()

include(WeftPrecompiled)
include(WeftUnity)

# weft_compute_rows(SOURCE…): sources whose loops over values are most of a run's time; the others compile sooner with -O2, which
# leaves loops of unknown length as they are. Precompiled headers are of one level alone.
function(weft_compute_rows)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
    COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3;-fno-semantic-interposition>")
endfunction()

# Suites of malformed input; scripts/test.sh runs the tests with this label a second time under sanitizers.
set(WEFT_BAD_INPUT_SUITES "*Bad*.*:*Faults.*:Errors.*:Mutation.*")

# weft_test_folder(NAME LIBRARIES…): tests/NAME/*.cpp as one executable, weft_NAME_tests; each of its tests is a test of
# ctest, labelled with the folder's name, or bad_input where its suite is one of those above, or long where its suite's name
# ends in Long. Folders below it are benches
# of RTL units (WeftRtl.cmake).
function(weft_test_folder name)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(weft_${name}_tests ${sources})
  target_link_libraries(weft_${name}_tests PRIVATE ${ARGN})
  weft_use_precompiled(weft_${name}_tests weft_tests_headers)
  weft_batches(weft_${name}_tests 10)
  target_compile_definitions(weft_${name}_tests PRIVATE WEFT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(weft_${name}_tests TEST_PREFIX ${name}. TEST_FILTER "-${WEFT_BAD_INPUT_SUITES}:*Long.*:*Long/*"
    PROPERTIES LABELS ${name} TIMEOUT 600 DISCOVERY_TIMEOUT 60)
  gtest_discover_tests(weft_${name}_tests TEST_PREFIX ${name}. TEST_FILTER "*Long.*:*Long/*" TEST_LIST weft_${name}_long
    PROPERTIES LABELS long TIMEOUT 3600 DISCOVERY_TIMEOUT 60)
  gtest_discover_tests(weft_${name}_tests TEST_PREFIX ${name}. TEST_FILTER "${WEFT_BAD_INPUT_SUITES}" TEST_LIST weft_${name}_bad_input
    PROPERTIES LABELS bad_input TIMEOUT 600 DISCOVERY_TIMEOUT 60)
endfunction()

# The same for tests that link SystemC: libsystemc brings a `main`, beside which gtest_main would silently run no test.
function(weft_systemc_test_folder name)
  weft_test_folder(${name} weft_sim GTest::gtest ${ARGN})
  if(TARGET weft_${name}_tests)
    target_link_libraries(weft_${name}_tests PRIVATE weft_sc_main)
  endif()
endfunction()
