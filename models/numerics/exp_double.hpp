// exp in double precision with the same bits on every machine: only IEEE additions, multiplications and bit moves,
// never the C library, whose result depends on the processor. Everything in double that reaches a result uses it.
#pragma once

namespace weft::numerics {

// e^x to within 1 ulp, gradual underflow included. exp(±0) = 1; NaN gives the canonical quiet NaN; +inf gives +inf;
// −inf gives +0; above 709.78… +inf; below −745.13… +0.
double exp_double(double x);

}  // namespace weft::numerics
