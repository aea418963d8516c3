"""cmake/WeftSystemC.cmake: the C++ standard of the installed SystemC is found; libraries of other standards played by small ones."""
from __future__ import annotations

import os
import subprocess

from support import ROOT, TreeTest

# As SystemC does it: the headers refer to a symbol named for SC_CPLUSPLUS, which the library has once.
HEADER = """#pragma once
#ifndef SC_CPLUSPLUS
#define SC_CPLUSPLUS __cplusplus
#endif
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
namespace sc_core {
struct sc_time { unsigned long long value() const { return 0; } };
struct JOIN(sc_api_version_9_9_9_cxx, SC_CPLUSPLUS) { JOIN(sc_api_version_9_9_9_cxx, SC_CPLUSPLUS)(); };
static JOIN(sc_api_version_9_9_9_cxx, SC_CPLUSPLUS) api_version_check;
inline sc_time sc_time_stamp() { return {}; }
}
"""
LIBRARY = """#include <systemc>
sc_core::JOIN(sc_api_version_9_9_9_cxx, SC_CPLUSPLUS)::JOIN(sc_api_version_9_9_9_cxx, SC_CPLUSPLUS)() {}
int sc_main(int, char**);
int main(int argc, char** argv) { return sc_main(argc, argv); }
"""
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(probe LANGUAGES CXX)
list(APPEND CMAKE_MODULE_PATH "%s/cmake")
include(WeftSystemC)
message(STATUS "standard=${systemc_standard}")
"""


class SystemCTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("project/CMakeLists.txt", PROJECT % ROOT)
        self.put("include/systemc", HEADER)
        self.put("library.cpp", LIBRARY)

    def library(self, standard: str) -> None:
        subprocess.run(["c++", "-std=c++20", "-shared", "-fPIC", f"-DSC_CPLUSPLUS={standard}", "-I", self.tree / "include",
                        "-o", self.tree / "libsystemc.so", self.tree / "library.cpp"], check=True)

    def configure(self, *options: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("CMAKE_")}
        return subprocess.run(["cmake", "-G", "Ninja", "-S", self.tree / "project", "-B", self.tree / "build", *options],
                              env=env, capture_output=True, text=True, check=False)

    def ours(self) -> subprocess.CompletedProcess[str]:
        return self.configure(f"-DWEFT_SYSTEMC={self.tree}/libsystemc.so", f"-DWEFT_SYSTEMC_INCLUDE={self.tree}/include")

    def test_each_standard_is_found_and_a_new_library_asked_again(self) -> None:
        for standard in ("202002L", "201703L", "201402L"):
            self.library(standard)
            got = self.ours()
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertIn(f"-- standard={standard}\n", got.stdout)
            self.assertIn("built with", got.stdout)
        self.assertNotIn("built with", self.ours().stdout)  # nothing has changed: nothing is compiled

    def test_none_that_fits_is_said_with_what_to_do(self) -> None:
        self.library("199711L")
        got = self.ours()
        self.assertNotEqual(got.returncode, 0)
        said = " ".join(got.stderr.split())
        for part in (f"{self.tree}/libsystemc.so", "SC_CPLUSPLUS=202002L", "SC_CPLUSPLUS=201703L", "undefined reference",
                     "libsystemc-dev", "-DCMAKE_CXX_STANDARD=17"):
            self.assertIn(part, said)

    def test_none_at_all(self) -> None:
        got = self.configure("-DCMAKE_FIND_ROOT_PATH=/nowhere", "-DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY",
                             "-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY")
        self.assertNotEqual(got.returncode, 0)
        self.assertIn("scripts/setup.sh", got.stderr)

    def test_the_installed_one_links(self) -> None:
        self.put("project/CMakeLists.txt", PROJECT % ROOT + "add_executable(real real.cpp)\nset_target_properties(real PROPERTIES "
                 "CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)\ntarget_link_libraries(real weft_systemc)\n")
        self.put("project/real.cpp", "#include <systemc>\nint sc_main(int, char**) { sc_core::sc_start(3, sc_core::SC_NS);\n"
                 "  return sc_core::sc_time_stamp() == sc_core::sc_time(3, sc_core::SC_NS) ? 0 : 1; }\n")
        self.assertEqual(self.configure().returncode, 0)
        subprocess.run(["ninja", "-C", self.tree / "build"], check=True, capture_output=True)
        self.assertEqual(subprocess.run([self.tree / "build/real"], capture_output=True, check=False).returncode, 0)
