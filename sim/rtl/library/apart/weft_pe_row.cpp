// What weft_pe_row.sv beside it calls: a Verilated row of elements for each row of the array.
#include <svdpi.h>
#include <verilated.h>

#include <cstring>
#include <type_traits>

#include "Vweft_pe_row.h"

namespace {

// Words of a port that is wider than 64 bits, and of one that is not.
template <std::size_t words>
void put(VlWide<words>& port, const svBitVecVal* from) {
  std::memcpy(port.data(), from, sizeof(svBitVecVal) * words);
}
template <std::size_t words>
void get(const VlWide<words>& port, svBitVecVal* to) {
  std::memcpy(to, port.data(), sizeof(svBitVecVal) * words);
}

}  // namespace

extern "C" void* weft_pe_row_new() { return new Vweft_pe_row(Verilated::threadContextp(), "row"); }

extern "C" void weft_pe_row_delete(void* handle) {
  auto* row = static_cast<Vweft_pe_row*>(handle);
  row->final();
  delete row;
}

extern "C" void weft_pe_row_edge(void* handle, svBit rst_n, unsigned scale, unsigned control,
                                 unsigned diagonal, unsigned operand, const svBitVecVal* column_in,
                                 const svBitVecVal* partial_in, svBitVecVal* control_out,
                                 svBitVecVal* column_out, svBitVecVal* partial_out) {
  auto& row = *static_cast<Vweft_pe_row*>(handle);
  row.clk_i = 0;
  row.eval();
  row.rst_ni = rst_n;
  row.scale_i = scale;
  row.control_i = static_cast<SData>(control);
  row.diagonal_i = static_cast<std::remove_reference_t<decltype(row.diagonal_i)>>(diagonal);
  row.row_i = static_cast<SData>(operand);
  put(row.column_i, column_in);
  put(row.partial_i, partial_in);
  row.clk_i = 1;
  row.eval();
  get(row.control_o, control_out);
  get(row.column_o, column_out);
  get(row.partial_o, partial_out);
}
