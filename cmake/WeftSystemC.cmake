# weft_systemc: the installed SystemC, with the C++ standard that it was built with.
#
# Its library and its headers must agree on SC_CPLUSPLUS, by default the standard that the reader compiles with: the name of
# a symbol says so, and linking fails where they differ. Debian 12 builds 2.3.4 as C++17, others build theirs otherwise, and
# Weft is C++20. So each standard is tried, Weft's own first.
# Another SystemC than the system's: -DWEFT_SYSTEMC=…/libsystemc.so -DWEFT_SYSTEMC_INCLUDE=…/include.
find_library(WEFT_SYSTEMC systemc)
find_path(WEFT_SYSTEMC_INCLUDE systemc)
if(NOT WEFT_SYSTEMC OR NOT WEFT_SYSTEMC_INCLUDE)
  message(FATAL_ERROR "SystemC was not found (library: ${WEFT_SYSTEMC}, headers: ${WEFT_SYSTEMC_INCLUDE}). On Debian install "
    "libsystemc-dev (scripts/setup.sh does); for one built elsewhere give -DWEFT_SYSTEMC=…/libsystemc.so and "
    "-DWEFT_SYSTEMC_INCLUDE=…/include.")
endif()
find_package(Threads REQUIRED)

# weft_probe_systemc(RESULT): the value of SC_CPLUSPLUS with which a program links, found once for each library.
function(weft_probe_systemc result)
  file(SHA256 "${WEFT_SYSTEMC}" digest)
  set(key "${WEFT_SYSTEMC} ${digest} ${WEFT_SYSTEMC_INCLUDE} ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  if(NOT WEFT_SYSTEMC_PROBED STREQUAL key)
    set(standard "")
    set(said "")
    foreach(candidate 202002L 201703L 202302L 201402L 201103L)
      try_compile(fits
        SOURCE_FROM_CONTENT probe.cpp "#include <systemc>\nint sc_main(int, char**) { return static_cast<int>(sc_core::sc_time_stamp().value()); }\n"
        CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${WEFT_SYSTEMC_INCLUDE}"
        COMPILE_DEFINITIONS "-DSC_CPLUSPLUS=${candidate}"
        LINK_LIBRARIES "${WEFT_SYSTEMC}" Threads::Threads
        OUTPUT_VARIABLE output NO_CACHE CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
      if(fits)
        set(standard "${candidate}")
        break()
      endif()
      string(REGEX MATCH "[^\n]*(error|undefined reference)[^\n]*" line "${output}")
      string(APPEND said "\n  SC_CPLUSPLUS=${candidate}: ${line}")
    endforeach()
    if(NOT standard)
      message(FATAL_ERROR "SystemC does not link under C++20 with any C++ standard that it may have been built with: "
        "${WEFT_SYSTEMC}, headers in ${WEFT_SYSTEMC_INCLUDE}.${said}\nUse Debian's libsystemc-dev, or build SystemC with "
        "-DCMAKE_CXX_STANDARD=17 or 20 and the same compiler, and name both parts of it: "
        "-DWEFT_SYSTEMC=…/libsystemc.so -DWEFT_SYSTEMC_INCLUDE=…/include.")
    endif()
    message(STATUS "SystemC: ${WEFT_SYSTEMC}, built with SC_CPLUSPLUS=${standard}")
    set(WEFT_SYSTEMC_CPLUSPLUS "${standard}" CACHE INTERNAL "SC_CPLUSPLUS of the installed SystemC")
    set(WEFT_SYSTEMC_PROBED "${key}" CACHE INTERNAL "for which SystemC that is")
  endif()
  set(${result} "${WEFT_SYSTEMC_CPLUSPLUS}" PARENT_SCOPE)
endfunction()
weft_probe_systemc(systemc_standard)

add_library(weft_systemc INTERFACE)
target_include_directories(weft_systemc SYSTEM INTERFACE "${WEFT_SYSTEMC_INCLUDE}")
target_compile_definitions(weft_systemc INTERFACE SC_CPLUSPLUS=${systemc_standard})
target_link_libraries(weft_systemc INTERFACE "${WEFT_SYSTEMC}" Threads::Threads)
