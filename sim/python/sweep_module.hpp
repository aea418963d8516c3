// Sweeps and their stores, for Python.
#pragma once

#include <pybind11/pybind11.h>

namespace weft::python {

void add_sweeps(pybind11::module_& m);

}  // namespace weft::python
