# Target `synth` of weft_fusemax.core: Yosys's coarse synthesis, with memories left whole, by edalize's procedures. Its own
# script knows synthesis for FPGA families alone.
yosys -import
source edalize_yosys_procs.tcl

verilog_defaults -push
verilog_defaults -add -defer
set_defines
set_incdirs
read_files
set_params
verilog_defaults -pop

yosys synth -top weft_fusemax -run begin:fine
yosys memory -nomap
yosys check -assert
yosys stat
write_json weft_fusemax.json
