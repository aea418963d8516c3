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
find_package(Boost 1.74 REQUIRED)
find_package(Threads REQUIRED)

add_library(weft_flags INTERFACE)
target_include_directories(weft_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(weft_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion  # extents are signed, containers are not
  -ffp-contract=off)    # the same bits on every machine: a MACC is an explicit std::fma
if(WEFT_SANITIZE)
  target_compile_options(weft_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(weft_flags INTERFACE -fsanitize=address,undefined)
endif()
if(WEFT_COVERAGE)
  target_compile_options(weft_flags INTERFACE --coverage)
  target_link_options(weft_flags INTERFACE --coverage)
endif()

# weft_models_folder(NAME [libraries…]): the static library of models/NAME, named weft_NAME.
function(weft_models_folder name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/models/${name}/*.cpp")
  add_library(weft_${name} STATIC ${sources})
  target_link_libraries(weft_${name} PUBLIC weft_flags ${ARGN})
endfunction()

# weft_test_folder(NAME LIBRARIES…): tests/NAME/**/*_test.cpp as one executable, weft_NAME_tests.
function(weft_test_folder name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${name}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(weft_${name}_tests ${sources})
  target_link_libraries(weft_${name}_tests PRIVATE ${ARGN})
  target_compile_definitions(weft_${name}_tests PRIVATE WEFT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(weft_${name}_tests PROPERTIES TIMEOUT 600 DISCOVERY_TIMEOUT 60)
endfunction()
