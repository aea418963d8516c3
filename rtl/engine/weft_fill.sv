// Places what a transfer brings, row by row, into the banks of an operand buffer: row r of a
// transfer goes to bank r mod SIDE, and the rows of each SIDE stand behind those of the SIDE
// before. Beats of a transfer come in order.
module weft_fill #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned BANK_BITS = 4,
  parameter int unsigned ADDRESS_BITS = 11
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    valid_i,
  input  logic                    first_i,      // the transfer's first beat
  input  logic [ADDRESS_BITS-1:0] base_i,       // where the transfer's first row begins, in beats
  input  logic [7:0]              row_beats_i,
  output logic [BANK_BITS-1:0]    bank_o,
  output logic [ADDRESS_BITS-1:0] address_o
);
  logic [BANK_BITS-1:0] bank_q;
  logic [7:0] beat_q, beat;
  logic [ADDRESS_BITS-1:0] base_q, base;
  assign bank_o = first_i ? '0 : bank_q;
  assign beat = first_i ? 8'b0 : beat_q;
  assign base = first_i ? base_i : base_q;
  assign address_o = base + ADDRESS_BITS'(beat);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bank_q <= '0;
      beat_q <= '0;
      base_q <= '0;
    end else if (valid_i) begin
      beat_q <= beat + 8'd1;
      bank_q <= bank_o;
      base_q <= base;
      if (beat + 8'd1 == row_beats_i) begin
        beat_q <= '0;
        bank_q <= bank_o + BANK_BITS'(1);
        if (32'(bank_o) == SIDE - 1) begin
          bank_q <= '0;
          base_q <= base + ADDRESS_BITS'(row_beats_i);
        end
      end
    end
  end

`ifndef SYNTHESIS
  a_bank : assert property (@(posedge clk_i) disable iff (!rst_ni)
      valid_i |-> 32'(bank_o) < SIDE && beat < row_beats_i)
    else $error("weft_fill: beat %0d of %0d of a row, in bank %0d", beat, row_beats_i, bank_o);
`endif
endmodule
